import { assert } from '../base/assert.ts';
import { FORECAST_RUNS_MAX } from '../base/limits.ts';
import {
  type Claim,
  floorClaims,
  holdClaims,
  ladderClaims,
  lesserClaims,
  pinClaims,
  provenClaims,
  ruleClaims,
} from './claims.ts';
import { type Upcoming, upcomingOf } from './forecast.ts';
import type { Point } from './ladder.ts';
import { climb, type Ladder, type NumberedPoint } from './levels.ts';
import type { KeptPoint, PointPlan, PointPlanOptions, PointPolicy } from './point-policy.ts';
import { isEmptyPolicy } from './policy.ts';

/**
 * Says which points of a plan stay and why, and which go and why. A point stays when anything wants it: the ladder, a
 * rule about the calendar, a pin, the floor, that it is the newest proven one, or that it is held or the last good one
 * before one that is; of lesser ones the newest few. Everything stays under a policy with neither ladder nor rules, and so does what has no number.
 *
 * Points are in the order of their numbers, whatever their times; only rules about the calendar look at times. Planning
 * after every run with what is left gives the same as planning once with all there ever were, as long as times rise with
 * the numbers, proofs are not taken back, and no rule is about a span in months or years (which may reach further back
 * than a day before) or about a span of each period (which, as in restic, also wants the oldest point there is).
 * @param points in any order; two of one number take two places
 * @throws {AppError} `usage` for a ladder, a count or a pin that makes no sense; `file-damaged` when there are rules and
 *   a point has no valid time
 */
export function planPoints(points: readonly Point[], policy: PointPolicy, options: PointPlanOptions): PointPlan {
  const numbered = points.filter(isNumbered).sort(highestFirst);
  const good = numbered.filter(isGood);
  const ladder = climb(good, numbered[0]?.sequence ?? 0, policy.ladder ?? []);
  const upcoming = options.upcomingMs && upcomingOf(options.upcomingMs, FORECAST_RUNS_MAX);
  const wanted = byPoint([
    ...ladderClaims(ladder.places),
    ...ruleClaims(points.filter(isGood), policy, { nowMs: options.nowMs, upcoming }),
    ...pinClaims(points, policy),
    ...floorClaims(good, policy),
    ...provenClaims(good),
    ...holdClaims(points, numbered),
    ...lesserClaims(numbered, policy),
  ]);
  const stays = staysAnyway(policy);
  const whyNot = explainer(policy, ladder);
  const keep: KeptPoint[] = [];
  const remove: { point: Point; text: string }[] = [];
  for (const point of newestFirst(points, numbered)) {
    const claims = [...(wanted.get(point) ?? []), ...stays(point, wanted)];
    if (claims.length > 0) keep.push(keptPoint(point, claims, upcoming));
    else remove.push({ point, text: isLesserOnly(point) ? 'newer ones that are no better stay' : whyNot(point) });
  }
  return { keep, remove };
}

function isGood({ isHeld, isLesser }: Point): boolean {
  return !isHeld && !isLesser;
}

function isLesserOnly({ isHeld, isLesser }: Point): boolean {
  return !isHeld && isLesser === true;
}

function isNumbered(point: Point): point is NumberedPoint {
  const { sequence } = point;
  assert(sequence === undefined || (Number.isSafeInteger(sequence) && sequence >= 1), `point number ${sequence}`);
  return sequence !== undefined;
}

function highestFirst(a: NumberedPoint, b: NumberedPoint): number {
  return b.sequence - a.sequence || (a.id < b.id ? -1 : 1);
}

function byPoint(claims: readonly Claim[]): Map<Point, Claim[]> {
  const found = new Map<Point, Claim[]>();
  for (const claim of claims) {
    const own = found.get(claim.point);
    if (own === undefined) found.set(claim.point, [claim]);
    else own.push(claim);
  }
  return found;
}

/** Nothing goes that no rule speaks of, and nothing that the plan did not number. */
function staysAnyway(policy: PointPolicy): (point: Point, wanted: ReadonlyMap<Point, unknown>) => Claim[] {
  const isWithout = !hasLadder(policy) && isEmptyPolicy(policy.rules);
  const claim = (point: Point, text: string): Claim[] => [
    { point, kind: 'no-policy', text, leavesAfter: Number.POSITIVE_INFINITY },
  ];
  return (point, wanted) => {
    if (isWithout) return claim(point, 'no rule lets it go');
    return point.sequence === undefined && !wanted.has(point) ? claim(point, 'not of this plan') : [];
  };
}

function hasLadder({ ladder = [] }: PointPolicy): boolean {
  return ladder.length > 0;
}

/** Points with a number in the order of those; each without one comes before the first that is older. */
function newestFirst(points: readonly Point[], numbered: readonly NumberedPoint[]): Point[] {
  const others = points
    .filter(({ sequence }) => sequence === undefined)
    .sort((a, b) => b.timeMs - a.timeMs || (a.id < b.id ? -1 : 1));
  const order: Point[] = [];
  let next = 0;
  for (const point of numbered) {
    while (next < others.length && others[next]!.timeMs > point.timeMs) order.push(others[next++]!);
    order.push(point);
  }
  return [...order, ...others.slice(next)];
}

function keptPoint(point: Point, claims: readonly Claim[], upcoming: Upcoming | undefined): KeptPoint {
  const levels = claims.flatMap(({ level }) => level ?? []);
  const isOfPlan = point.sequence !== undefined;
  const leavesAfter = isOfPlan ? Math.max(...claims.map((claim) => claim.leavesAfter)) : Number.POSITIVE_INFINITY;
  return {
    point,
    reasons: claims.map(({ kind, text }) => ({ kind, text })),
    level: levels.length === 0 ? undefined : Math.max(...levels),
    goesMs: Number.isFinite(leavesAfter) ? upcoming?.(leavesAfter) : undefined,
  };
}

/** Of points with a number that are not held; no others go. */
function explainer(policy: PointPolicy, ladder: Ladder): (point: Point) => string {
  const ofRules = isEmptyPolicy(policy.rules) ? [] : ['no keep rule wants it'];
  if (!hasLadder(policy)) return () => ofRules.join();
  return (point) => [ladder.whyNot(point as NumberedPoint), ...ofRules].join('; ');
}
