/** Commands at a shelf that somebody wants to hear of: taken down in the ledger, and told like runs of plans. */
import { AppError, textOf } from '../base/errors.ts';
import type { Run, RunOutcome, RunStatus } from '../ledger.ts';
import type { RunWorld } from './model.ts';
import { tellOutcome } from './outcome.ts';
import { markActive, sweep } from './run.ts';
import { RunLog } from './run-log.ts';
import { type ShelfScope, scopeNote } from './shelf-scope.ts';

export type { ShelfScope } from './shelf-scope.ts';

/** What the commands tell on their way, for the log of the run. */
export interface ShelfLog {
  line(level: 'info' | 'warning', text: string): void;
  /** What is wrong with one archive or day. The first few are told with the failure. */
  problem(text: string): void;
}

export interface ShelfCalled {
  shelf: string;
  scope: ShelfScope;
  signal: AbortSignal;
}

type Ended = 'incomplete' | undefined;

/** Enough to see what it is about; all of them are in the log. */
const PROBLEMS_TOLD_MAX = 5;

/**
 * Does the work as a run of the shelf, with a log of its own. A failure leaves as a notice, and so does the first success
 * after it that covers all of what had failed.
 * @throws what the work throws, after that was told; `plan-busy` when a run of the shelf is under way
 */
export async function recordShelfRun(
  world: RunWorld,
  { shelf, scope, signal }: ShelfCalled,
  work: (log: ShelfLog) => Promise<Ended>,
): Promise<Ended> {
  await sweep(world);
  const { ledger, clock, config } = world;
  const startedMs = clock.nowMs();
  using log = new RunLog({
    stateDirectory: config.stateDirectory,
    kind: 'shelf',
    subject: shelf,
    startedMs,
    clock,
    // The commands read no secrets.
    clean: (text) => text,
  });
  const run = begin(world, log, { shelf, scope, startedMs });
  using _active = markActive(world, run.id);
  const problems: string[] = [];
  const problem = (text: string): void => {
    log.line('error', text);
    problems.push(text);
  };
  const { outcome, failure } = await work({ line: (level, text) => log.line(level, text), problem }).then(
    (ended) => ({ outcome: ended, failure: undefined }),
    (error: unknown) => ({ outcome: undefined, failure: error ?? new Error('failed without a reason') }),
  );
  const status = statusOf(outcome, failure, signal);
  const told = whatHappened(status, failure);
  log.conclude(status === 'success' ? 'info' : 'error', [status, told.errorText].filter(Boolean).join(': '));
  const notes = [...run.notes, ...firstOf(problems), ...(log.failure === undefined ? [] : [log.failure])];
  const ended = ledger.endRun(run.id, { status, endedMs: clock.nowMs(), ...told, notes });
  await tellOutcome(world, ended);
  if (failure !== undefined) throw failure;
  return outcome;
}

/** @throws {AppError} `plan-busy`; then there is no log either */
function begin(
  { ledger, process }: RunWorld,
  log: RunLog,
  { shelf, scope, startedMs }: { shelf: string; scope: ShelfScope; startedMs: number },
): Run {
  try {
    return ledger.beginRun({
      kind: 'shelf',
      subject: shelf,
      trigger: 'manual',
      dueMs: undefined,
      startedMs,
      logFile: log.file,
      process,
      // From the beginning, as of a killed run nothing else says what it was to do.
      notes: [scopeNote(scope)],
    });
  } catch (error) {
    log.discard();
    throw error;
  }
}

function whatHappened(status: RunStatus, failure: unknown): Pick<RunOutcome, 'errorCode' | 'errorText'> {
  if (failure !== undefined)
    return { errorCode: failure instanceof AppError ? failure.code : 'bug', errorText: textOf(failure) };
  return status === 'incomplete' ? { errorCode: 'incomplete', errorText: 'not everything could be done' } : {};
}

function firstOf(problems: readonly string[]): string[] {
  const left = problems.length - PROBLEMS_TOLD_MAX;
  return [...problems.slice(0, PROBLEMS_TOLD_MAX), ...(left > 0 ? [`and ${left} more: see the log`] : [])];
}

function statusOf(outcome: Ended, failure: unknown, signal: AbortSignal): Exclude<RunStatus, 'running' | 'lost'> {
  if (failure !== undefined) return signal.aborted ? 'interrupted' : 'failed';
  return outcome === 'incomplete' ? 'incomplete' : 'success';
}
