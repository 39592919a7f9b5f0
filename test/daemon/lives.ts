/**
 * A machine on which the scheduler lives, dies and lives again, with one ledger and one clock for all its lives. Runs take
 * the time and come to the end that they are told to.
 */
import assert from 'node:assert/strict';
import { AppError } from '../../src/base/errors.ts';
import type { Subject } from '../../src/daemon/schedule.ts';
import { Scheduler } from '../../src/daemon/scheduler.ts';
import type { Runner, RunRequest } from '../../src/daemon.ts';
import type { Ledger, Run, RunOutcome } from '../../src/ledger.ts';
import type { settableClock } from './world.ts';

export interface Plot {
  ledger: Ledger;
  clock: ReturnType<typeof settableClock>;
  subjects: readonly Subject[];
  runsAtOnce: number;
  /** How long the next run takes, and how it ends. */
  nextRun(request: RunRequest): { durationMs: number; status: RunOutcome['status'] };
}

export class Lives {
  readonly #plot: Plot;
  readonly begun: RunRequest[] = [];
  readonly events: string[] = [];
  readonly ledgerErrors: (AppError | undefined)[] = [];
  /** Runs under way in the life that lasts, by subject. */
  #busy = new Map<string, RunRequest>();
  mostAtOnce = 0;
  #life = 0;
  #stop = new AbortController();
  #ended: Promise<void> | undefined;
  scheduler: Scheduler | undefined;

  constructor(plot: Plot) {
    this.#plot = plot;
  }

  /** Boots: sweeps what the last life left, and begins to schedule. */
  start(): void {
    const { ledger, clock, subjects, runsAtOnce } = this.#plot;
    this.#life++;
    this.#busy = new Map();
    this.#stop = new AbortController();
    ledger.sweepLost((process) => process === String(this.#life), clock.nowMs());
    this.scheduler = new Scheduler(
      {
        clock,
        ledger,
        hostname: 'head1',
        runner: this.#runnerOf(this.#life),
        log: (_level, event) => void this.events.push(event),
        onEnd: () => undefined,
        onLedger: (error) => void this.ledgerErrors.push(error),
      },
      { subjects, runsAtOnce },
    );
    this.#ended = this.scheduler.run(this.#stop.signal);
  }

  /** kill -9: nothing that was under way says a word any more. */
  kill(): void {
    this.#life++;
    this.#stop.abort(new Error('killed'));
    this.#ended?.catch(() => undefined);
  }

  /** SIGTERM, and it waits until all has ended. */
  async stop(): Promise<void> {
    this.#stop.abort(new AppError('interrupted'));
    await this.#ended;
  }

  whenEnded(): Promise<void> {
    return this.#ended!;
  }

  #runnerOf(life: number): Runner {
    return async (request, { signal }) => {
      const { ledger, clock } = this.#plot;
      const { kind, subject } = request;
      const key = `${kind} ${subject}`;
      const startedMs = clock.nowMs();
      const run = ledger.beginRun({ ...request, startedMs, logFile: undefined, process: String(life) });
      this.begun.push(request);
      assert.ok(!this.#busy.has(key), `${key} runs twice at once`);
      this.#busy.set(key, request);
      this.mostAtOnce = Math.max(this.mostAtOnce, this.#busy.size);
      const { durationMs, status } = this.#plot.nextRun(request);
      const isWhole = await clock.sleep(durationMs, signal).then(
        () => true,
        () => false,
      );
      if (life !== this.#life) return await new Promise<Run>(() => undefined);
      this.#busy.delete(key);
      const how = isWhole ? status : 'interrupted';
      const snapshotId = how === 'success' ? `snapshot${run.id}` : undefined;
      return ledger.endRun(run.id, { status: how, endedMs: clock.nowMs(), snapshotId });
    };
  }
}

/** Runs of each turn that came to an end of their own are one at most, and no later run is of an earlier turn. */
export function assertNothingTwice(ledger: Ledger): void {
  for (const [key, runs] of Map.groupBy(ledger.runs({}).toReversed(), ({ kind, subject }) => `${kind} ${subject}`)) {
    const ended = runs.filter(({ status }) => status === 'success' || status === 'failed');
    const dues = ended.map(({ dueMs }) => dueMs!);
    assert.deepEqual(
      dues,
      [...new Set(dues)].sort((a, b) => a - b),
      key,
    );
    for (const [due, all] of Map.groupBy(runs, ({ dueMs }) => dueMs))
      assert.ok(all.filter(({ status }) => status === 'lost').length <= 2, `${key} ${due} was begun too often`);
  }
}
