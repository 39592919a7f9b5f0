/**
 * When rules about the calendar will let go of what they want now, if every further run makes a good point. A rule wants
 * ever fewer of the points there are as further ones come; so for each rule it is enough to know after which it is.
 */
import { type Duration, isZero } from './duration.ts';
import { before, type Moment } from './moment.ts';
import { hasTags, PERIODS, type RetentionPolicy, UNLIMITED, WITHIN } from './rules.ts';

/** Newest first, as the rules see them. */
export type Dates = readonly { moment: Moment; tags: readonly string[] }[];

/** The time of the n-th further point from 1, in milliseconds since 1970; undefined when it cannot be told. */
export type Upcoming = (n: number) => number | undefined;

/** For the point at an index: further points after which the rule wants it no more, Infinity for never, 0 when not now. */
type Leaving = (index: number) => number;

/** Reads times only as far as they are asked for, and no more than `max`. */
export function upcomingOf(timesMs: Iterable<number>, max: number): Upcoming {
  const iterator = timesMs[Symbol.iterator]();
  const known: number[] = [];
  let isOver = false;
  return (n) => {
    while (!isOver && known.length < Math.min(n, max)) {
      const next = iterator.next();
      if (next.done === true) isOver = true;
      else known.push(next.value);
    }
    return known[n - 1];
  };
}

/**
 * Further points after which no rule wants the point at an index. Infinity for never, and for all when that cannot be
 * told: when a point is of a later time than the next run, as after a clock that was ahead. The clock of the zone of
 * further points is taken to be that of the newest one.
 */
export function forecastRules(dates: Dates, policy: RetentionPolicy, upcoming: Upcoming): (index: number) => number {
  const [newest] = dates;
  if (newest === undefined) return () => Number.POSITIVE_INFINITY;
  const future = (n: number): Moment | undefined => {
    const timeMs = upcoming(n);
    if (timeMs === undefined) return undefined;
    return { epochNs: BigInt(Math.round(timeMs)) * 1_000_000n, offsetMinutes: newest.moment.offsetMinutes };
  };
  const first = future(1);
  if (first === undefined || first.epochNs <= newest.moment.epochNs) return () => Number.POSITIVE_INFINITY;
  const leavings = leavingsOf(dates, policy, future);
  return (index) => Math.max(...leavings.map((leaving) => leaving(index)));
}

type Future = (n: number) => Moment | undefined;

function leavingsOf(dates: Dates, policy: RetentionPolicy, future: Future): Leaving[] {
  const { tags = [] } = policy;
  const byTags: Leaving = (index) =>
    tags.some((set) => hasTags(dates[index]!.tags, set)) ? Number.POSITIVE_INFINITY : 0;
  const span = (given: Duration | undefined, periodOf?: (moment: Moment) => string): Leaving[] =>
    given === undefined || isZero(given) ? [] : [spanLeaving(dates, future, { span: given, periodOf })];
  return [
    byTags,
    ...span(policy.within),
    ...countLeaving(dates, future, { count: policy.last }),
    ...PERIODS.flatMap(([name, periodOf]) => [
      ...countLeaving(dates, future, { count: policy[name], periodOf }),
      ...span(policy[WITHIN[name]], periodOf),
    ]),
  ];
}

interface CountRule {
  count: number | undefined;
  periodOf?: (moment: Moment) => string;
}

/**
 * A point that is the newest of its period goes when so many newer periods have points, and when a newer point comes in
 * the same one. The oldest point stays as long as the periods do not use up the count.
 */
function countLeaving(dates: Dates, future: Future, { count = 0, periodOf }: CountRule): Leaving[] {
  if (count === 0) return [];
  const limit = count === UNLIMITED ? Number.POSITIVE_INFINITY : count;
  const { ranks, isNewest, total, isShared } = periodsOf(dates, future, periodOf);
  const arrival = arrivalOf(future, periodOf, periodOf?.(dates[0]!.moment));
  const leaving: Leaving = (index) => {
    const rank = ranks[index]!;
    const isOldest = index === dates.length - 1;
    const isWanted = isNewest[index] ? rank < limit : isOldest && total < limit;
    if (!isWanted) return 0;
    const staysNewest = isNewest[index] && !(isShared && rank === 0);
    if (staysNewest) return arrival(limit - rank);
    return isOldest ? arrival(limit - total) : 1;
  };
  return [leaving];
}

interface Periods {
  /** Of each point: how many periods are newer. */
  ranks: readonly number[];
  /** Of each point: whether none in its period is newer. */
  isNewest: readonly boolean[];
  /** How many periods have a point. */
  total: number;
  /** Whether the next run is in the period of the newest point. */
  isShared: boolean;
}

function periodsOf(dates: Dates, future: Future, periodOf?: (moment: Moment) => string): Periods {
  const ranks: number[] = [];
  const isNewest: boolean[] = [];
  let previous: string | undefined;
  for (const { moment } of dates) {
    const period = periodOf?.(moment);
    const isNew = ranks.length === 0 || period === undefined || period !== previous;
    ranks.push((ranks.at(-1) ?? -1) + (isNew ? 1 : 0));
    isNewest.push(isNew);
    previous = period;
  }
  const isShared = periodOf !== undefined && periodOf(future(1)!) === periodOf(dates[0]!.moment);
  return { ranks, isNewest, total: ranks.at(-1)! + 1, isShared };
}

/** @returns after how many further points there are so many new periods; the first point for none at all */
function arrivalOf(
  future: Future,
  periodOf?: (moment: Moment) => string,
  present?: string,
): (periods: number) => number {
  const firsts: number[] = [];
  let seen = 0;
  let previous = present;
  return (periods) => {
    if (periods <= 0) return 1;
    if (periods === Number.POSITIVE_INFINITY) return periods;
    while (firsts.length < periods) {
      const moment = future(seen + 1);
      if (moment === undefined) return Number.POSITIVE_INFINITY;
      seen++;
      const period = periodOf?.(moment);
      if (period === undefined || period !== previous) firsts.push(seen);
      previous = period;
    }
    return firsts[periods - 1]!;
  };
}

interface SpanRule {
  span: Duration;
  periodOf: ((moment: Moment) => string) | undefined;
}

/** What is out of the span of one further point is gone, though the calendar may have a later one reach further back. */
function spanLeaving(dates: Dates, future: Future, { span, periodOf }: SpanRule): Leaving {
  const { ranks, isNewest, isShared } = periodsOf(dates, future, periodOf);
  const oldest = dates.length - 1;
  const reaches: bigint[] = [];
  const outAfter = (moment: Moment): number => {
    for (let n = firstBeyond(reaches, moment.epochNs); ; n++) {
      if (n < reaches.length) return n + 1;
      const next = future(n + 1);
      if (next === undefined) return Number.POSITIVE_INFINITY;
      const reach = before(next, span);
      const last = reaches.at(-1);
      reaches.push(last !== undefined && last > reach ? last : reach);
      if (reaches[n]! >= moment.epochNs) return n + 1;
    }
  };
  return (index) => {
    if (!isNewest[index] && index !== oldest) return 0;
    const isDisplaced = isShared && ranks[index] === 0 && index !== oldest;
    return isDisplaced ? 1 : outAfter(dates[index]!.moment);
  };
}

/** Index of the first that is not less; their number when there is none. */
function firstBeyond(rising: readonly bigint[], value: bigint): number {
  let [low, high] = [0, rising.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (rising[middle]! >= value) high = middle;
    else low = middle + 1;
  }
  return low;
}
