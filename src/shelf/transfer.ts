/** Brings to a target what a plan says it lacks. */
import { AppError, hasCode } from '../base/errors.ts';
import type { Clock, Random } from '../host.ts';
import { Digester } from './digest.ts';
import type { Archive, ShelfEnd } from './model.ts';
import { type Sending, type Sent, type Stage, sendArchive } from './transfer-archive.ts';
import { lockToken, type TransferLock, takeLock } from './transfer-lock.ts';
import type { TransferPlan, TransferStep } from './transfer-plan.ts';
import { type RetryEvent, retried } from './transfer-retry.ts';
import { TargetRoom } from './transfer-room.ts';

export { planTransfer, type TransferPlan } from './transfer-plan.ts';
export { type RetryEvent, retried } from './transfer-retry.ts';

export interface TransferOptions {
  /** Bytes a second at most. */
  bandwidth?: number | undefined;
  /** Further attempts after one that did not reach the host; those that got further do not count. */
  retries: number;
  /** For one archive, pauses included. */
  timeLimitMs: number;
  /** What an archive at the target has when it is finished. */
  sidecars: readonly ('dna' | 'sha256')[];
}

export type TransferEvent =
  | { kind: 'waiting'; holder: string }
  | { kind: 'begin'; archive: Archive; why: string }
  | { kind: 'progress'; archive: Archive; stage: Stage['stage']; bytes: number }
  | { kind: 'restart'; archive: Archive; why: string }
  /** Without an archive: before the first, when the target was not reached. */
  | ({ kind: 'retry'; archive: Archive | undefined } & RetryEvent)
  | { kind: 'end'; outcome: TransferOutcome };

export interface TransferDeps {
  source: ShelfEnd;
  target: ShelfEnd;
  options: TransferOptions;
  /** Who transfers, as `processIdentity` names processes. */
  identity: string;
  clock: Clock;
  random: Random;
  signal: AbortSignal;
  onEvent?: (event: TransferEvent) => void;
}

/**
 * `sent`, or `completed` (all bytes were there, right sidecars were not): compared at the target just now. `left`: not
 * tried, because of what happened before.
 */
export interface TransferOutcome {
  archive: Archive;
  result: Sent['result'] | 'failed' | 'left';
  /** That went over, those of attempts that failed included. */
  sentBytes: number;
  /** Why it failed or was left. */
  error: AppError | undefined;
}

export interface TransferReport {
  /** One for each step of the plan, in its order. */
  outcomes: TransferOutcome[];
  sentBytes: number;
  /** How many are not at the target now. */
  missing: number;
}

/**
 * One archive after the other. One that fails does not keep the others from being sent, but a target that is full, a host
 * that refuses and a lock that was lost do. A host that could not be reached for one archive, for all its retries, gets
 * one attempt for each of the others.
 * @throws {AppError} `shelf-busy` when another transfer to this target is under way, what taking the lock ends with, and
 *   the reason of an abort; what has arrived stays, to be gone on from
 */
export async function executeTransfer(plan: TransferPlan, deps: TransferDeps): Promise<TransferReport> {
  const report: TransferReport = { outcomes: [], sentBytes: 0, missing: 0 };
  if (plan.steps.length === 0) return report;
  await using lock = await lockTarget(deps);
  for (const path of plan.litter) await removeLitter(path, deps.target);
  await using digester = new Digester();
  const room = new TargetRoom(deps.target);
  let isReached = true;
  let end: AppError | undefined;
  for (const step of plan.steps) {
    const retries: number = isReached ? deps.options.retries : 0;
    const outcome: TransferOutcome =
      end === undefined ? await transferOne(step, { deps, lock, digester, room, retries }) : left(step, end);
    isReached = !hasCode(outcome.error, 'host-unreachable');
    if (hasCode(outcome.error, 'storage-full', 'host-refused', 'shelf-busy')) end ??= outcome.error;
    report.outcomes.push(outcome);
    report.sentBytes += outcome.sentBytes;
    if (outcome.error !== undefined) report.missing++;
    deps.onEvent?.({ kind: 'end', outcome });
  }
  return report;
}

function lockTarget(deps: TransferDeps): Promise<TransferLock> {
  const { onEvent, clock, signal, options } = deps;
  const token = lockToken(deps.random);
  const take = () => takeLock({ ...deps, token, onWatch: (holder) => onEvent?.({ kind: 'waiting', holder }) });
  const onRetry = (event: RetryEvent) => onEvent?.({ kind: 'retry', archive: undefined, ...event });
  return retried(take, { retries: options.retries, clock, signal, onRetry });
}

/** What it takes is small and harms nobody; a host that was not reached just now is told by what follows. */
async function removeLitter(path: string, target: ShelfEnd): Promise<void> {
  try {
    await target.remove(path);
  } catch (error) {
    if (!hasCode(error, 'host-unreachable', 'command-timeout')) throw error;
  }
}

interface One {
  deps: TransferDeps;
  lock: TransferLock;
  digester: Digester;
  room: TargetRoom;
  retries: number;
}

async function transferOne(step: TransferStep, { deps, lock, digester, room, retries }: One): Promise<TransferOutcome> {
  const { archive } = step;
  const { clock, options, onEvent } = deps;
  const outcome: TransferOutcome = { archive, result: 'failed', sentBytes: 0, error: undefined };
  onEvent?.({ kind: 'begin', archive, why: step.why });
  const limit = new TimeLimit(clock, options.timeLimitMs, archive.path);
  const signal = AbortSignal.any([deps.signal, lock.lost, limit.signal]);
  let furthest = 0;
  let isAgain = false;
  const attempt = async (progressed: () => void): Promise<Sent> => {
    // While nobody was reached nothing could keep the lock.
    if (isAgain) await lock.check();
    isAgain = true;
    const attempted = new AbortController();
    const sending: Sending = {
      ...deps,
      ...options,
      digester,
      room,
      bandwidth: options.bandwidth,
      signal: AbortSignal.any([signal, attempted.signal]),
      onStage: (stage) => onEvent?.({ kind: 'progress', archive, ...stage }),
      onRestart: (why) => onEvent?.({ kind: 'restart', archive, why }),
      onSent: (bytes) => {
        outcome.sentBytes += bytes;
      },
      onPresent: (bytes) => {
        if (bytes > furthest) progressed();
        furthest = Math.max(furthest, bytes);
      },
    };
    try {
      return await sendArchive(step, sending);
    } finally {
      attempted.abort();
    }
  };
  try {
    const onRetry = (event: RetryEvent) => onEvent?.({ kind: 'retry', archive, ...event });
    const { result } = await retried(attempt, { retries, clock, signal, onRetry });
    return { ...outcome, result };
  } catch (error) {
    deps.signal.throwIfAborted();
    if (!(error instanceof AppError)) throw error;
    return { ...outcome, error };
  } finally {
    await limit.end();
  }
}

function left({ archive }: TransferStep, error: AppError): TransferOutcome {
  return { archive, result: 'left', sentBytes: 0, error };
}

/** Aborts after a time on the given clock, unless it was ended before. */
class TimeLimit {
  readonly #ended = new AbortController();
  readonly #passed = new AbortController();
  readonly #waiting: Promise<void>;

  constructor(clock: Clock, timeLimitMs: number, path: string) {
    const expire = () =>
      this.#passed.abort(
        new AppError('command-timeout', {
          detail: `${path} was not there after ${timeLimitMs / 1000} s`,
          hint: 'What has arrived stays; transfer again, or allow more time for one archive.',
        }),
      );
    this.#waiting = clock.sleep(timeLimitMs, this.#ended.signal).then(expire, () => {});
  }

  get signal(): AbortSignal {
    return this.#passed.signal;
  }

  async end(): Promise<void> {
    this.#ended.abort();
    await this.#waiting;
  }
}
