import { AppError, hasCode } from '../base/errors.ts';
import {
  NOTIFY_MISSED_MS,
  NOTIFY_PAUSE_FACTOR,
  NOTIFY_PAUSE_MS,
  NOTIFY_RETRIES_MAX,
  NOTIFY_WAITING_MAX,
} from '../base/limits.ts';
import type { Clock } from '../host.ts';
import type { Notice, Route, Target } from './model.ts';
import { planDelivery } from './plan.ts';

/** What was told, or was to be told; the ledger keeps it. */
interface Sent {
  target: string;
  /** What it was about: `failure etc`. */
  key: string;
  sentMs: number;
  isDelivered: boolean;
}

export interface NotifierOptions {
  /** By name, with how many messages each may get an hour. */
  targets: ReadonlyMap<string, { target: Target; atMost: number }>;
  routes: readonly Route[];
  /** Where what was sent is taken down; `sent` gives it back in that order. When it fails with `ledger-failed` or `storage-full`, notices leave all the same. */
  record: { noteSent(sent: Sent): void; sent(query: { target?: string; sinceMs: number }): readonly Sent[] };
  clock: Clock;
  /** Everything that could not be delivered, or taken down; `target` is undefined for the latter. */
  onProblem(problem: { target: string | undefined; notice: Notice; error: AppError }): void;
}

/** What came of one notice at one target. `held`: it had too many within an hour, and is told of this in its next message. */
export interface Delivered {
  target: string;
  outcome: 'delivered' | 'held' | 'failed';
  /** Times it was tried. */
  attempts: number;
  /** Why it failed. */
  error: AppError | undefined;
}

export interface Notifier {
  /**
   * Tells all whom the notice concerns; resolves when each has it or will not get it. A target gets one message at a time,
   * in the order of the calls. Failures are in the result; only bugs are thrown.
   * @param ofPlan targets that count instead of the routes; for a `test` those that are asked for
   */
  tell(notice: Notice, to: { ofPlan: readonly string[] | undefined }, signal: AbortSignal): Promise<Delivered[]>;
}

/** What one target has before it. */
interface Lane {
  /** Settles when the last one of those waiting is done; never rejects. */
  last: Promise<unknown>;
  /** When those were told that are not done. */
  waitingMs: number[];
  /** The last message could not be delivered: the next gets one attempt, so that a dead target holds up little. */
  isFailing: boolean;
}

type Attempted = Pick<Delivered, 'attempts' | 'error'>;

const HOUR_MS = 60 * 60_000;

/** Sends notices to targets by the rules of `planDelivery`, with retries, and remembers what did not get out. */
export function createNotifier(options: NotifierOptions): Notifier {
  const lanes = new Map([...options.targets.keys()].map((name) => [name, newLane()]));
  return {
    async tell(notice, { ofPlan }, signal) {
      const nowMs = options.clock.nowMs();
      const targets = new Map(
        [...options.targets].map(([name, { target, atMost }]) => [name, { atMost, wants: target.wants.bind(target) }]),
      );
      const sentMs = listSent(options, notice, lanes);
      const plan = planDelivery(notice, { targets, routes: options.routes, ofPlan, sentMs, nowMs });
      const settled = await Promise.allSettled(
        plan.map(async ({ target, isHeld }) => {
          if (isHeld) return finish(options, notice, { target, outcome: 'held', attempts: 0, error: undefined });
          const { attempts, error } = await queue(options, { name: target, lane: lanes.get(target), notice, signal });
          const outcome = error === undefined ? 'delivered' : 'failed';
          return finish(options, notice, { target, outcome, attempts, error });
        }),
      );
      return settled.map((each) => {
        if (each.status === 'rejected') throw each.reason;
        return each.value;
      });
    },
  };
}

function newLane(): Lane {
  return { last: Promise.resolve(), waitingMs: [], isFailing: false };
}

/** Messages of the last hour by target, with those that are on their way. */
function listSent(options: NotifierOptions, notice: Notice, lanes: ReadonlyMap<string, Lane>): Map<string, number[]> {
  const sinceMs = options.clock.nowMs() - HOUR_MS;
  const sent = recorded(options, notice, () => options.record.sent({ sinceMs })) ?? [];
  const times = new Map([...lanes].map(([name, lane]) => [name, [...lane.waitingMs]]));
  for (const { target, sentMs, isDelivered } of sent) if (isDelivered) times.get(target)?.push(sentMs);
  return times;
}

interface Turn {
  name: string;
  lane: Lane | undefined;
  notice: Notice;
  signal: AbortSignal;
}

/** Waits for its turn at the target, then delivers. */
async function queue(options: NotifierOptions, { name, lane, notice, signal }: Turn): Promise<Attempted> {
  const target = options.targets.get(name)?.target;
  if (target === undefined || lane === undefined)
    return { attempts: 0, error: new AppError('config', { detail: `there is no notification target ${name}` }) };
  if (lane.waitingMs.length >= NOTIFY_WAITING_MAX) {
    note(options, notice, { target: name, isDelivered: false });
    return { attempts: 0, error: new AppError('notify-failed', { detail: `${name}: too many messages wait for it` }) };
  }
  const toldMs = options.clock.nowMs();
  lane.waitingMs.push(toldMs);
  const turn = lane.last.then(async () => {
    const whole = withMissed(notice, listMissed(options, target, notice));
    const attempted = await attempt(options, target, {
      notice: whole,
      signal,
      retries: lane.isFailing ? 0 : NOTIFY_RETRIES_MAX,
    });
    lane.isFailing = attempted.error !== undefined;
    // Taken down before the next one asks what was missed.
    note(options, notice, { target: name, isDelivered: attempted.error === undefined });
    return attempted;
  });
  const done = () => void lane.waitingMs.splice(lane.waitingMs.indexOf(toldMs), 1);
  lane.last = turn.then(done, done);
  return turn;
}

async function attempt(
  { clock }: NotifierOptions,
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

/** Keys of what the target was to be told since it last got a message, and was not. Signs of life are not made up for. */
function listMissed(options: NotifierOptions, target: Target, notice: Notice): string[] {
  if (notice.kind === 'test' || target.wants('success')) return [];
  const sinceMs = options.clock.nowMs() - NOTIFY_MISSED_MS;
  const sent = recorded(options, notice, () => options.record.sent({ target: target.name, sinceMs })) ?? [];
  const news = sent.filter(({ key }) => key.split(' ')[0] !== 'test');
  return news.slice(news.findLastIndex(({ isDelivered }) => isDelivered) + 1).map(({ key }) => key);
}

function withMissed(notice: Notice, missed: readonly string[]): Notice {
  if (missed.length === 0) return notice;
  const counts = Map.groupBy(missed, (key) => key);
  const words = [...counts].map(([key, all]) => (all.length === 1 ? key : `${key} (${all.length} times)`)).join(', ');
  const count = missed.length === 1 ? '1 earlier message was' : `${missed.length} earlier messages were`;
  const line = `${count} held back or could not be delivered: ${words}.`;
  return { ...notice, lines: [...notice.lines, '', line], facts: { ...notice.facts, missed: missed.length } };
}

function finish(options: NotifierOptions, notice: Notice, delivered: Delivered): Delivered {
  const { target, outcome, error } = delivered;
  if (outcome === 'held') note(options, notice, { target, isDelivered: false });
  if (error !== undefined) options.onProblem({ target, notice, error });
  return delivered;
}

function note(
  options: NotifierOptions,
  notice: Notice,
  { target, isDelivered }: Pick<Sent, 'target' | 'isDelivered'>,
): void {
  const key = notice.plan === undefined ? notice.kind : `${notice.kind} ${notice.plan}`;
  const sentMs = options.clock.nowMs();
  recorded(options, notice, () => options.record.noteSent({ target, key, sentMs, isDelivered }));
}

/** A ledger that is broken is what people have to hear of, so it must not keep a notice from leaving. */
function recorded<T>({ onProblem }: NotifierOptions, notice: Notice, work: () => T): T | undefined {
  try {
    return work();
  } catch (error) {
    if (!hasCode(error, 'ledger-failed', 'storage-full')) throw error;
    onProblem({ target: undefined, notice, error });
    return undefined;
  }
}
