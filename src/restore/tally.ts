/** Adds up what the threads report and tells the caller. */
import type { EntryTable } from './entries.ts';
import { type JobReport, newCounts } from './jobs.ts';
import type { EntryAction, RestoreEvent, RestorePhase } from './options.ts';

export class Tally {
  readonly counts = newCounts();
  errors = 0;
  readonly #entries: EntryTable;
  readonly #bytesTotal: number;
  readonly #filesTotal: number;
  readonly #onEvent: (event: RestoreEvent) => void;
  #bytesDone = 0;
  #filesBefore = 0;

  constructor(parts: {
    entries: EntryTable;
    totals: { files: number; bytes: number };
    onEvent: (event: RestoreEvent) => void;
  }) {
    this.#entries = parts.entries;
    this.#filesTotal = parts.totals.files;
    this.#bytesTotal = parts.totals.bytes;
    this.#onEvent = parts.onEvent;
  }

  /** What comes now is measured anew where it goes through all bytes once more. */
  begin(phase: RestorePhase): void {
    if (phase === 'verifying') {
      this.#bytesDone = 0;
      this.#filesBefore = this.#filesDone();
    }
    this.#onEvent({ kind: 'phase', phase });
  }

  add(report: JobReport, current: string): void {
    for (const key of Object.keys(this.counts) as (keyof JobReport['counts'])[]) this.counts[key] += report.counts[key];
    this.#bytesDone += report.bytesDone;
    for (const { entry, message } of report.problems) this.complain(this.#entries.pathOf(entry), message);
    for (const { entry, action } of report.listed) this.tell(action, this.#entries.pathOf(entry));
    this.#onEvent({
      kind: 'progress',
      filesDone: this.#filesDone() - this.#filesBefore,
      filesTotal: this.#filesTotal,
      bytesDone: this.#bytesDone,
      bytesTotal: this.#bytesTotal,
      current,
      errors: this.errors,
    });
  }

  complain(path: string, message: string): void {
    this.errors++;
    this.#onEvent({ kind: 'problem', problem: { path, message } });
  }

  tell(action: EntryAction, path: string): void {
    this.#onEvent({ kind: 'entry', action, path });
  }

  #filesDone(): number {
    const { restored, unchanged, skipped, verified } = this.counts;
    return restored + unchanged + skipped + verified;
  }
}
