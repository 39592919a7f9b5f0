/** Commands at a shelf that somebody wants to hear of: taken down in the ledger, and told like runs of plans. */
import { AppError, textOf } from '../base/errors.ts';
import type { RunStatus } from '../ledger.ts';
import type { RunWorld } from './model.ts';
import { tellOutcome } from './outcome.ts';
import { markActive, sweep } from './run.ts';

/**
 * Does the work as a run of the shelf. A failure leaves as a notice, and the first success after it as well.
 * @throws what the work throws, after that was told; `plan-busy` when a run of the shelf is under way
 */
export async function recordShelfRun(
  world: RunWorld,
  { shelf, signal }: { shelf: string; signal: AbortSignal },
  work: () => Promise<'incomplete' | undefined>,
): Promise<'incomplete' | undefined> {
  await sweep(world);
  const { ledger, clock } = world;
  const run = ledger.beginRun({
    kind: 'shelf',
    subject: shelf,
    trigger: 'manual',
    dueMs: undefined,
    startedMs: clock.nowMs(),
    logFile: undefined,
    process: world.process,
  });
  using _active = markActive(world, run.id);
  const { outcome, failure } = await work().then(
    (ended) => ({ outcome: ended, failure: undefined }),
    (error: unknown) => ({ outcome: undefined, failure: error ?? new Error('failed without a reason') }),
  );
  const status = statusOf(outcome, failure, signal);
  const errorCode = failure instanceof AppError ? failure.code : failure === undefined ? undefined : 'bug';
  const ended = ledger.endRun(run.id, {
    status,
    endedMs: clock.nowMs(),
    ...(status === 'incomplete' ? { errorCode: 'incomplete', errorText: 'not everything could be done' } : {}),
    ...(failure === undefined ? {} : { errorCode, errorText: textOf(failure) }),
  });
  await tellOutcome(world, ended);
  if (failure !== undefined) throw failure;
  return outcome;
}

function statusOf(
  outcome: 'incomplete' | undefined,
  failure: unknown,
  signal: AbortSignal,
): Exclude<RunStatus, 'running' | 'lost'> {
  if (failure !== undefined) return signal.aborted ? 'interrupted' : 'failed';
  return outcome === 'incomplete' ? 'incomplete' : 'success';
}
