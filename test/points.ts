/** Histories of points for tests of retention, played night by night. */
import fc from 'fast-check';
import { parseDuration } from '../src/retention/duration.ts';
import type { Point } from '../src/retention/ladder.ts';
import type { PointPlan, PointPolicy } from '../src/retention/point-policy.ts';
import { planPoints } from '../src/retention/points.ts';

export const START_MS = Date.UTC(2026, 0, 1, 2);
export const DAY_MS = 24 * 60 * 60_000;

/** One run that made a point. */
export interface Night {
  timeMs: number;
  isProven: boolean;
  isHeld: boolean;
  /** Number of the run after which a person released it; never when undefined. */
  releasedAt: number | undefined;
}

export const NOTHING: PointPolicy = { ladder: undefined, rules: {}, pins: [], keepAtLeast: 1 };
export const SEVEN_FIVE: PointPolicy = { ...NOTHING, ladder: [{ keep: 7 }, { keep: 5, every: 7 }] };

/** Ids begin with the number in decimal digits, so that they can be read and pinned. */
export function idOf(sequence: number): string {
  return `${sequence}f`.padEnd(64, '0');
}

export function night(index: number, given: Partial<Night> = {}): Night {
  return { timeMs: START_MS + index * DAY_MS, isProven: true, isHeld: false, releasedAt: undefined, ...given };
}

export function pointAt(nights: readonly Night[], sequence: number, latest: number): Point {
  const { timeMs, isProven, isHeld, releasedAt } = nights[sequence - 1]!;
  return {
    id: idOf(sequence),
    timeMs,
    time: new Date(timeMs).toISOString(),
    sequence,
    tags: [],
    provenMs: isProven ? timeMs : undefined,
    isHeld: isHeld && (releasedAt === undefined || latest < releasedAt),
  };
}

export function points(nights: readonly Night[], latest = nights.length): Point[] {
  return Array.from({ length: latest }, (_, index) => pointAt(nights, index + 1, latest));
}

/** So many usual nights, one after the other. */
export function nightsOf(count: number): Night[] {
  return Array.from({ length: count }, (_, index) => night(index));
}

/**
 * Plans after each run with what the plan before left.
 * @param isPlanned whether there is a plan after that run; when not, everything stays until the next
 * @returns the plan after each run, undefined where there was none
 */
export function play(
  nights: readonly Night[],
  policy: PointPolicy,
  isPlanned: (sequence: number) => boolean = () => true,
): (PointPlan | undefined)[] {
  let left: number[] = [];
  return nights.map(({ timeMs }, index) => {
    const latest = index + 1;
    left.push(latest);
    if (!isPlanned(latest)) return undefined;
    const existing = left.map((sequence) => pointAt(nights, sequence, latest));
    const plan = planPoints(existing, policy, { nowMs: timeMs + 1 });
    left = plan.keep.map(({ point }) => point.sequence!).reverse();
    return plan;
  });
}

export function keptNumbers({ keep }: PointPlan): (number | undefined)[] {
  return keep.map(({ point }) => point.sequence);
}

/** A run every night from the one after on, without end. */
export function* nightly(afterMs: number): Generator<number> {
  for (let timeMs = afterMs + DAY_MS; ; timeMs += DAY_MS) yield timeMs;
}

/** Plans what there is after `count` usual nights, with a run every night from then on. */
export function planAfter(count: number, policy: PointPolicy, change: (point: Point) => Point = (point) => point) {
  const nowMs = START_MS + (count - 1) * DAY_MS + 1;
  return planPoints(points(nightsOf(count)).map(change), policy, { nowMs, upcomingMs: nightly(nowMs - 1) });
}

/** `50: level 1 (1 of 7), newest good point`, and the days from the first night to the one it goes. */
export function told(plan: ReturnType<typeof planPoints>): string[] {
  return plan.keep.map(({ point, reasons, goesMs }) => {
    const goes = goesMs === undefined ? '' : ` until ${(goesMs - START_MS) / DAY_MS + 1}`;
    return `${point.sequence}: ${reasons.map(({ text }) => text).join(' & ')}${goes}`;
  });
}

/** Some missed, some unusual, of which some are released later. */
export const histories: fc.Arbitrary<Night[]> = fc
  .array(
    fc.record({
      gapHours: fc.oneof(fc.constant(24), fc.integer({ min: 1, max: 24 * 12 })),
      isProven: fc.boolean(),
      isHeld: fc.oneof({ weight: 4, arbitrary: fc.constant(false) }, fc.boolean()),
      releasedAfter: fc.option(fc.integer({ min: 1, max: 30 }), { nil: undefined }),
    }),
    { minLength: 1, maxLength: 70, size: 'max' },
  )
  .map((list) => {
    let timeMs = START_MS;
    return list.map(({ gapHours, isProven, isHeld, releasedAfter }, index) => {
      timeMs += gapHours * 3_600_000;
      const releasedAt = releasedAfter === undefined ? undefined : index + 1 + releasedAfter;
      return { timeMs, isProven, isHeld, releasedAt };
    });
  });

/** One to four levels, also such as hold less than a group of the next. */
export const ladders = fc
  .tuple(
    fc.integer({ min: 1, max: 8 }),
    fc.array(fc.record({ keep: fc.integer({ min: 1, max: 5 }), every: fc.integer({ min: 1, max: 7 }) }), {
      maxLength: 3,
    }),
  )
  .map(([keep, others]) => [{ keep }, ...others]);

const count = fc.oneof(fc.constant(0), fc.integer({ min: -1, max: 6 }));

const span = fc.constantFrom('2d', '20d', '90d36h').map(parseDuration);

/** restic's rules but for those about spans of each period, which see the oldest point there is: removals change them. */
const rules = fc.record(
  { last: count, hourly: count, daily: count, weekly: count, monthly: count, yearly: count, within: span },
  { requiredKeys: [] },
);

/** Everything there is, and at least a ladder or a rule. */
export const policies: fc.Arbitrary<PointPolicy> = fc
  .record({
    ladder: fc.option(ladders, { nil: undefined }),
    rules: fc.oneof(fc.constant({}), rules),
    pins: fc.subarray(['3', '12f', '40']),
    keepAtLeast: fc.integer({ min: 1, max: 5 }),
  })
  .map((policy) => (policy.ladder === undefined ? { ...policy, rules: { ...policy.rules, last: 2 } } : policy));
