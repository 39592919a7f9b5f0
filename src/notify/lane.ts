/** One message at a time to each target, with what has to be told beside it. */
import { AppError } from '../base/errors.ts';
import { NOTIFY_MISSED_MS, NOTIFY_PAUSE_FACTOR, NOTIFY_PAUSE_MS } from '../base/limits.ts';
import type { Clock } from '../host.ts';
import { type Account, keyOf } from './account.ts';
import type { Notice, Target } from './model.ts';
import { type OwedStory, withEarlier } from './owed.ts';
import { isTakenBySome } from './trouble.ts';

/** What one target has before it. */
export interface Lane {
  /** Settles when the last one of those waiting is done; never rejects. */
  last: Promise<unknown>;
  /** When those were told that are not done. */
  waitingMs: number[];
  /** The last message could not be delivered: the next gets one attempt, so that a dead target holds up little. */
  isFailing: boolean;
}

export interface LaneParts {
  account: Account;
  clock: Clock;
  timezone?: string | undefined;
}

export interface Attempted {
  /** Times it was tried. */
  attempts: number;
  /** Why it failed. */
  error: AppError | undefined;
}

export function newLane(): Lane {
  return { last: Promise.resolve(), waitingMs: [], isFailing: false };
}

/** One message at a time, in the order of the calls. */
export function inLane<T>(lane: Lane, clock: Clock, work: () => Promise<T>): Promise<T> {
  const toldMs = clock.nowMs();
  lane.waitingMs.push(toldMs);
  const turn = lane.last.then(work);
  const done = () => void lane.waitingMs.splice(lane.waitingMs.indexOf(toldMs), 1);
  lane.last = turn.then(done, done);
  return turn;
}

export interface Sending {
  notice: Notice;
  signal: AbortSignal;
  /** What the target has not taken about the same. */
  earlier: OwedStory | undefined;
  /** Further attempts when the first fails. */
  retries: number;
  /** It was taken down as undelivered before. */
  isAgain: boolean;
}

/** Sends it with what is to be told beside it, and takes down what came of it before the next one asks what was missed. */
export async function deliver(
  parts: LaneParts,
  { target, lane }: { target: Target; lane: Lane },
  { notice, earlier, signal, retries, isAgain }: Sending,
): Promise<Attempted> {
  const { account, clock, timezone } = parts;
  const whole = withMissed(withEarlier(notice, earlier?.notices ?? [], timezone), listMissed(parts, target, notice));
  const attempted = await attempt(clock, target, { notice: whole, signal, retries });
  const { error } = attempted;
  const isDelivered = error === undefined;
  lane.isFailing = !isDelivered;
  if (isDelivered || !isAgain) account.note(notice, { target: target.name, isDelivered, nowMs: clock.nowMs() });
  if (earlier !== undefined && (isDelivered || isTakenBySome(error))) account.settle(notice, earlier.records);
  return attempted;
}

async function attempt(
  clock: Clock,
  target: Target,
  { notice, signal, retries }: { notice: Notice; signal: AbortSignal; retries: number },
): Promise<Attempted> {
  for (let attempts = 1, pauseMs = NOTIFY_PAUSE_MS; ; attempts++, pauseMs *= NOTIFY_PAUSE_FACTOR) {
    if (signal.aborted) return { attempts: attempts - 1, error: interruption(target, signal) };
    try {
      await target.send(notice, signal);
      return { attempts, error: undefined };
    } catch (error) {
      if (signal.aborted) return { attempts, error: interruption(target, signal) };
      if (!(error instanceof AppError)) throw error;
      if (!error.canRetry || attempts > retries) return { attempts, error };
    }
    // Whether the pause was cut short is seen at the head of the loop.
    await clock.sleep(pauseMs, signal).catch(() => undefined);
  }
}

function interruption({ name }: Target, { reason }: AbortSignal): AppError {
  return new AppError('interrupted', { detail: `message to ${name}`, cause: reason });
}

/**
 * Keys of what the target was to be told since it last got a message, and was not; what is owed to it comes by itself.
 * Signs of life are not made up for.
 */
function listMissed({ account, clock }: LaneParts, target: Target, notice: Notice): string[] {
  if (notice.kind === 'test' || target.wants('success')) return [];
  const sent = account.sent(notice, { target: target.name, sinceMs: clock.nowMs() - NOTIFY_MISSED_MS });
  const news = sent.filter(({ key }) => key.split(' ')[0] !== 'test');
  const owed = account.owed(notice).filter((record) => record.target === target.name);
  const coming = new Set(owed.map((record) => keyOf(JSON.parse(record.notice) as Notice)));
  const missed = news.slice(news.findLastIndex(({ isDelivered }) => isDelivered) + 1).map(({ key }) => key);
  return missed.filter((key) => !coming.has(key));
}

function withMissed(notice: Notice, missed: readonly string[]): Notice {
  if (missed.length === 0) return notice;
  const counts = Map.groupBy(missed, (key) => key);
  const words = [...counts].map(([key, all]) => (all.length === 1 ? key : `${key} (${all.length} times)`)).join(', ');
  const count = missed.length === 1 ? '1 earlier message was' : `${missed.length} earlier messages were`;
  const line = `${count} held back or could not be delivered: ${words}.`;
  return { ...notice, lines: [...notice.lines, '', line], facts: { ...notice.facts, missed: missed.length } };
}
