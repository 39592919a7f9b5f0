/** Runs for tests. */
import type { Ledger, NewRun, Run, RunOutcome } from './model.ts';
import { openLedger } from './open.ts';

/** A time of the schedule: 5 January 2026, 02:00 UTC. */
export const DUE = Date.UTC(2026, 0, 5, 2);

export const newLedger = (): Promise<Ledger> => openLedger({ file: ':memory:' });

export function newRun(given: Partial<NewRun> = {}): NewRun {
  return {
    kind: 'backup',
    subject: 'etc',
    trigger: 'schedule',
    dueMs: undefined,
    startedMs: DUE + 1000,
    logFile: undefined,
    process: 'p1',
    ...given,
  };
}

/** Begins and ends a run. */
export function done(ledger: Ledger, run: Partial<NewRun> = {}, outcome: Partial<RunOutcome> = {}): Run {
  const { id } = ledger.beginRun(newRun(run));
  return ledger.endRun(id, { status: 'success', endedMs: DUE + 2000, ...outcome });
}
