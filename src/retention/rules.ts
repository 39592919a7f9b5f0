import { AppError } from '../base/errors.ts';
import { type Duration, formatDuration, isZero } from './duration.ts';
import { before, dayOf, hourOf, type Moment, monthOf, weekOf, yearOf } from './moment.ts';

/** Keeps every one there is. */
export const UNLIMITED = -1;

/** Which snapshots stay. A snapshot stays when any rule wants it; what is absent, 0 or empty wants none. */
export interface RetentionPolicy {
  /** The newest n; here and below `UNLIMITED` means all. */
  last?: number;
  /** The newest of each of the last n hours that have a snapshot; days, weeks, months and years alike. */
  hourly?: number;
  daily?: number;
  weekly?: number;
  monthly?: number;
  yearly?: number;
  /** Everything younger than this, counted back from the newest snapshot that is not in the future. */
  within?: Duration;
  /** The newest of each hour (day, …) within the span. */
  withinHourly?: Duration;
  withinDaily?: Duration;
  withinWeekly?: Duration;
  withinMonthly?: Duration;
  withinYearly?: Duration;
  /** Snapshots that have all tags of one of these sets; the set `['']` means those without tags. */
  tags?: readonly (readonly string[])[];
  /** Lets a policy remove every snapshot of a group; an empty policy then removes all there are. */
  unsafeAllowRemoveAll?: boolean;
}

/** One snapshot as the rules see it; they are asked from the newest to the oldest. */
interface Candidate {
  moment: Moment;
  tags: readonly string[];
  /** No older one follows. */
  isOldest: boolean;
}

/** Remembers what it kept before. @returns why the snapshot stays, or undefined */
type Rule = (candidate: Candidate) => string | undefined;

/** A rule's name, and the key that is equal for moments of one period. */
export type Period = [name: 'hourly' | 'daily' | 'weekly' | 'monthly' | 'yearly', periodOf: (moment: Moment) => string];

export const PERIODS: readonly Period[] = [
  ['hourly', hourOf],
  ['daily', dayOf],
  ['weekly', weekOf],
  ['monthly', monthOf],
  ['yearly', yearOf],
];

export const WITHIN = {
  hourly: 'withinHourly',
  daily: 'withinDaily',
  weekly: 'withinWeekly',
  monthly: 'withinMonthly',
  yearly: 'withinYearly',
} as const satisfies Record<Period[0], keyof RetentionPolicy>;

/**
 * The rules of a policy, in the order their reasons are named. None for a policy that wants nothing.
 * @throws {AppError} `usage` for a count below `UNLIMITED` or not whole
 */
export function rulesOf(policy: RetentionPolicy, latest: Moment | undefined): Rule[] {
  const rules: (Rule | undefined)[] = [
    ...(policy.tags ?? []).map(tagRule),
    withinRule(policy.within, latest),
    countRule('last', policy.last),
    ...PERIODS.map(([name, periodOf]) => countRule(name, policy[name], periodOf)),
    ...PERIODS.map((period) => periodWithinRule(period, policy[WITHIN[period[0]]], latest)),
  ];
  return rules.filter((rule) => rule !== undefined);
}

/** Whether a snapshot has all tags of a set; an empty tag in front stands for having none at all. */
export function hasTags(own: readonly string[], wanted: readonly string[]): boolean {
  if (wanted[0] === '' && own.length === 0) return true;
  return wanted.every((tag) => own.includes(tag));
}

function tagRule(wanted: readonly string[]): Rule {
  const reason = `has tags [${wanted.join(', ')}]`;
  return ({ tags }) => (hasTags(tags, wanted) ? reason : undefined);
}

function withinRule(span: Duration | undefined, latest: Moment | undefined): Rule | undefined {
  if (span === undefined || isZero(span)) return undefined;
  const isWithin = reachOf(span, latest);
  const reason = `within ${formatDuration(span)}`;
  return ({ moment }) => (isWithin(moment) ? reason : undefined);
}

/** Without a period every snapshot is one of its own. The oldest stays as long as the count is not used up. */
function countRule(name: string, count = 0, periodOf?: (moment: Moment) => string): Rule | undefined {
  if (count === 0) return undefined;
  if (!Number.isInteger(count) || count < UNLIMITED)
    throw new AppError('usage', { detail: `not a number of snapshots to keep (${name}): ${count}` });
  let left = count === UNLIMITED ? Number.POSITIVE_INFINITY : count;
  let previous: string | undefined;
  return ({ moment, isOldest }) => {
    if (left <= 0) return undefined;
    const period = periodOf?.(moment);
    const isNew = period === undefined || period !== previous;
    if (!isNew && !isOldest) return undefined;
    previous = period;
    left--;
    return isNew ? `${name} snapshot` : `oldest ${name} snapshot`;
  };
}

function periodWithinRule(
  [name, periodOf]: Period,
  span: Duration | undefined,
  latest: Moment | undefined,
): Rule | undefined {
  if (span === undefined || isZero(span)) return undefined;
  const isWithin = reachOf(span, latest);
  const reason = `${name} within ${formatDuration(span)}`;
  let previous: string | undefined;
  return ({ moment, isOldest }) => {
    if (!isWithin(moment)) return undefined;
    const period = periodOf(moment);
    const isNew = period !== previous;
    previous = period;
    if (isNew) return reason;
    return isOldest ? `oldest ${reason}` : undefined;
  };
}

/** When all snapshots are in the future nothing can be counted back from, and everything is within. */
function reachOf(span: Duration, latest: Moment | undefined): (moment: Moment) => boolean {
  if (latest === undefined) return () => true;
  const startNs = before(latest, span);
  return (moment) => moment.epochNs > startNs;
}
