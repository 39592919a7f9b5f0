import { AppError } from '../base/errors.ts';
import { NOTIFY_RETRIES_MAX, NOTIFY_WAITING_MAX } from '../base/limits.ts';
import type { Clock } from '../host.ts';
import { Account, type NoticeRecord, type OwedRecord, storyOf } from './account.ts';
import { type Attempted, deliver, inLane, type Lane, newLane } from './lane.ts';
import type { Notice, Route, Target } from './model.ts';
import { isDue, isExpired, matters, type OwedStory, storiesOf } from './owed.ts';
import { type DeliveryState, isOver as isOverRate, planDelivery } from './plan.ts';
import { isTakenBySome } from './trouble.ts';

export interface NotifierOptions {
  /** By name, with how many messages each may get an hour. */
  targets: ReadonlyMap<string, { target: Target; atMost: number }>;
  routes: readonly Route[];
  /** Where what was sent and what is owed is taken down. When it fails with `ledger-failed` or `storage-full`, notices leave all the same. */
  record: NoticeRecord;
  clock: Clock;
  /** For times in the text; UTC when absent. */
  timezone?: string | undefined;
  /** Everything that could not be delivered, or taken down; `target` is undefined for the latter. */
  onProblem(problem: { target: string | undefined; notice: Notice | undefined; error: AppError }): void;
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

/** Whom a notice concerns beyond what is in it. */
export type Audience = Pick<DeliveryState, 'ofPlan' | 'ofVault'>;

export interface Notifier {
  /**
   * Tells all whom the notice concerns; resolves when each has it or will not get it. A target gets one message at a time,
   * in the order of the calls. Failures are in the result; only bugs are thrown.
   * @param to `ofPlan`: targets that count instead of the routes; for a `test` those that are asked for
   */
  tell(notice: Notice, to: Audience, signal: AbortSignal): Promise<Delivered[]>;
  /**
   * Tries what is owed and due once more. What failed is in `onProblem`, and stays owed.
   * @param sinceMs everything that was not tried since then is due, whatever its pause
   */
  tellOwed(sinceMs: number | undefined, signal: AbortSignal): Promise<void>;
}

const HOUR_MS = 60 * 60_000;

interface Parts extends NotifierOptions {
  account: Account;
  lanes: ReadonlyMap<string, Lane>;
}

/** Sends notices to targets by the rules of `planDelivery`, with retries, and remembers what did not get out. */
export function createNotifier(options: NotifierOptions): Notifier {
  const { targets, record, onProblem } = options;
  const account = new Account(record, (notice, error) => onProblem({ target: undefined, notice, error }));
  const lanes = new Map([...targets.keys()].map((name) => [name, newLane()]));
  const parts: Parts = { ...options, account, lanes };
  return {
    tell: (notice, to, signal) => tell(parts, { notice, signal }, to),
    tellOwed: (sinceMs, signal) => tellOwed(parts, sinceMs, signal),
  };
}

interface Telling {
  notice: Notice;
  signal: AbortSignal;
}

async function tell(parts: Parts, { notice, signal }: Telling, to: Audience): Promise<Delivered[]> {
  const { routes, account } = parts;
  const nowMs = parts.clock.nowMs();
  const plan = planDelivery(notice, { ...to, ...rates(parts, notice), routes, nowMs });
  const settled = await Promise.allSettled(
    plan.map(async ({ target, isHeld }): Promise<Delivered> => {
      const held = { target, outcome: 'held', attempts: 0, error: undefined } as const;
      if (account.wasToldLately(notice, { target, nowMs })) return held;
      if (isHeld) {
        account.note(notice, { target, isDelivered: false, nowMs });
        return held;
      }
      const { attempts, error } = await queue(parts, { name: target, notice, signal });
      if (error !== undefined) parts.onProblem({ target, notice, error });
      return { target, outcome: error === undefined ? 'delivered' : 'failed', attempts, error };
    }),
  );
  return settled.map((each) => {
    if (each.status === 'rejected') throw each.reason;
    return each.value;
  });
}

/** What targets may get, and messages of the last hour by target, with those that are on their way. */
function rates(parts: Parts, notice: Notice | undefined): Pick<DeliveryState, 'targets' | 'sentMs'> {
  const { targets, account, lanes, clock } = parts;
  const sent = account.sent(notice, { sinceMs: clock.nowMs() - HOUR_MS });
  const sentMs = new Map([...lanes].map(([name, lane]) => [name, [...lane.waitingMs]]));
  for (const { target, sentMs: atMs, isDelivered } of sent) if (isDelivered) sentMs.get(target)?.push(atMs);
  const known = [...targets].map(
    ([name, { target, atMost }]) => [name, { atMost, wants: target.wants.bind(target) }] as const,
  );
  return { targets: new Map(known), sentMs };
}

interface Turn extends Telling {
  name: string;
}

/** Waits for its turn at the target, then delivers. */
async function queue(parts: Parts, { name, notice, signal }: Turn): Promise<Attempted> {
  const { account, clock } = parts;
  const target = parts.targets.get(name)?.target;
  const lane = parts.lanes.get(name);
  if (target === undefined || lane === undefined)
    return { attempts: 0, error: new AppError('config', { detail: `there is no notification target ${name}` }) };
  if (lane.waitingMs.length >= NOTIFY_WAITING_MAX) {
    account.note(notice, { target: name, isDelivered: false, nowMs: clock.nowMs() });
    keepOwed(parts, target, notice);
    return { attempts: 0, error: new AppError('notify-failed', { detail: `${name}: too many messages wait for it` }) };
  }
  return inLane(lane, clock, async () => {
    const [story] = earlierOf(parts, target, notice);
    const sending = {
      notice,
      earlier: story,
      signal,
      retries: lane.isFailing ? 0 : NOTIFY_RETRIES_MAX,
      isAgain: false,
    };
    const attempted = await deliver(parts, { target, lane }, sending);
    const { error } = attempted;
    if (error !== undefined && !isTakenBySome(error)) keepOwed(parts, target, notice);
    return attempted;
  });
}

function earlierOf({ account }: Parts, target: Target, notice: Notice): OwedStory[] {
  if (!matters(notice, target)) return [];
  const own = account.owed(notice).filter((record) => record.target === target.name);
  return storiesOf(own).filter(({ notices }) => storyOf(notices[0]!) === storyOf(notice));
}

function keepOwed({ account, clock }: Parts, target: Target, notice: Notice): void {
  if (!matters(notice, target)) return;
  const nowMs = clock.nowMs();
  const dropped = account.owe(notice, { target: target.name, nowMs });
  for (const { notice: text } of dropped)
    account.note(JSON.parse(text) as Notice, { target: target.name, isDelivered: false, nowMs });
}

async function tellOwed(parts: Parts, sinceMs: number | undefined, signal: AbortSignal): Promise<void> {
  const { account, targets } = parts;
  const owed = account.owed();
  if (owed.length === 0) return;
  const kept = owed.filter((record) => !isOver(parts, record));
  const stories = Map.groupBy(storiesOf(kept), ({ target }) => target);
  await Promise.all(
    [...stories].map(async ([name, all]) => {
      const { target } = targets.get(name)!;
      // When one does not get through, the others would not either.
      for (const story of all) if (!(await retry(parts, target, { story, sinceMs, signal }))) return;
    }),
  );
}

/** Targets that are gone, and what is too old to be news: the latter is named in the next message. */
function isOver({ account, targets, clock }: Parts, record: OwedRecord): boolean {
  const nowMs = clock.nowMs();
  const isKnown = targets.has(record.target);
  if (isKnown && !isExpired(record, nowMs)) return false;
  const notice = JSON.parse(record.notice) as Notice;
  account.settle(notice, [record]);
  if (isKnown) account.note(notice, { target: record.target, isDelivered: false, nowMs });
  return true;
}

interface Retry {
  story: OwedStory;
  sinceMs: number | undefined;
  signal: AbortSignal;
}

/** @returns whether the target may be tried with more */
async function retry(parts: Parts, target: Target, { story, sinceMs, signal }: Retry): Promise<boolean> {
  const { account, clock, lanes } = parts;
  const { name } = target;
  const lane = lanes.get(name)!;
  const notice = story.notices.at(-1)!;
  const firstMs = Math.min(...story.records.map(({ triedMs }) => triedMs));
  const sent = account.sent(undefined, { target: name, sinceMs: firstMs });
  const nowMs = clock.nowMs();
  if (!isDue(story, { nowMs, sinceMs, sent })) return true;
  if (isOverRate(name, notice.severity, { ...rates(parts, undefined), nowMs })) return false;
  const attempted = await inLane(lane, clock, async () => {
    // Another process, or a later message that took it along, may have been quicker.
    if (!account.claim(story.records, clock.nowMs())) return undefined;
    const earlier = { ...story, notices: story.notices.slice(0, -1) };
    return await deliver(parts, { target, lane }, { notice, earlier, signal, retries: 0, isAgain: true });
  });
  const error = attempted?.error;
  if (error === undefined) return true;
  parts.onProblem({ target: name, notice, error });
  return false;
}
