/** Who wants a point, why, and for how long. Each function knows one kind of reason; a point stays as long as any holds. */
import { assert } from '../base/assert.ts';
import { AppError } from '../base/errors.ts';
import { POINTS_LESSER_MAX } from '../base/limits.ts';
import { forecastRules, type Upcoming } from './forecast.ts';
import type { Point } from './ladder.ts';
import type { NumberedPoint, Place } from './levels.ts';
import type { PointPolicy, Reason } from './point-policy.ts';
import { isEmptyPolicy, judgeByRules } from './policy.ts';

export interface Claim extends Reason {
  point: Point;
  level?: number;
  /** Further good points after which it holds no more; Infinity for never, and when that cannot be told. */
  leavesAfter: number;
}

const NEVER = Number.POSITIVE_INFINITY;
/** Digits of an id, up to all of them. */
const PIN = /^[0-9a-f]{1,64}$/i;

export function ladderClaims(places: readonly Place[]): Claim[] {
  return places.map(({ point, level, rank, keep, isNext, leavesAfter }) => {
    const text = `level ${level} (${rank} of ${keep})${isNext ? `, next for level ${level + 1}` : ''}`;
    return { point, kind: 'ladder', text, level, leavesAfter };
  });
}

/**
 * The rules see good points only, so that an unusual one takes no day from a good one; those made elsewhere count.
 * @param upcoming undefined when nobody asks how long
 */
export function ruleClaims(
  good: readonly Point[],
  { rules }: PointPolicy,
  { nowMs, upcoming }: { nowMs: number; upcoming: Upcoming | undefined },
): Claim[] {
  if (isEmptyPolicy(rules)) return [];
  const judged = judgeByRules(good, rules, nowMs);
  const leavesAfter =
    upcoming === undefined
      ? () => NEVER
      : forecastRules(
          judged.map(({ item, moment }) => ({ tags: item.tags, moment })),
          rules,
          upcoming,
        );
  return judged.flatMap(({ item, reasons }, index) => {
    if (reasons.length === 0) return [];
    const until = leavesAfter(index);
    return reasons.map((text): Claim => ({ point: item, kind: 'rule', text, leavesAfter: until }));
  });
}

/** @throws {AppError} `usage` for a pin that can be no id: the point somebody meant by it would go */
export function pinClaims(points: readonly Point[], { pins }: PointPolicy): Claim[] {
  const wrong = pins.find((pin) => !PIN.test(pin));
  if (wrong !== undefined)
    throw new AppError('usage', {
      detail: `a pin is not the id of a snapshot: ${JSON.stringify(wrong)}`,
      hint: 'Pins are ids of snapshots, or their first digits: 0 to 9 and a to f.',
    });
  const prefixes = pins.map((pin) => pin.toLowerCase());
  return points
    .filter(({ id }) => prefixes.some((prefix) => id.startsWith(prefix)))
    .map((point) => ({ point, kind: 'pin', text: 'pinned', leavesAfter: NEVER }));
}

/** @param good highest number first */
export function floorClaims(good: readonly NumberedPoint[], { keepAtLeast }: PointPolicy): Claim[] {
  assert(Number.isSafeInteger(keepAtLeast) && keepAtLeast >= 1, `keep at least ${keepAtLeast}`);
  const text = keepAtLeast === 1 ? 'newest good point' : `one of the newest ${keepAtLeast} good points`;
  return good
    .slice(0, keepAtLeast)
    .map((point, index) => ({ point, kind: 'floor', text, leavesAfter: keepAtLeast - index }));
}

/** @param good highest number first */
export function provenClaims(good: readonly NumberedPoint[]): Claim[] {
  const point = good.find(({ provenMs }) => provenMs !== undefined);
  return point === undefined ? [] : [{ point, kind: 'proven', text: 'newest proven point', leavesAfter: 1 }];
}

/**
 * The last good point before every held one stays, and not only that before the first: when the first is released, the
 * one before the second must still be there.
 * @param numbered highest number first
 */
export function holdClaims(points: readonly Point[], numbered: readonly NumberedPoint[]): Claim[] {
  const held = points.filter(({ isHeld }) => isHeld);
  const before = lastGoodOnes(numbered);
  return [
    ...held.map((point): Claim => ({ point, kind: 'held', text: 'unusual, until released', leavesAfter: NEVER })),
    ...before.map(
      (point): Claim => ({ point, kind: 'held', text: 'last good point before an unusual one', leavesAfter: NEVER }),
    ),
  ];
}

/** Of each held point the good one next below it, passing over those that are no better. */
function lastGoodOnes(numbered: readonly NumberedPoint[]): NumberedPoint[] {
  const found: NumberedPoint[] = [];
  let isWanted = false;
  for (const point of numbered) {
    if (point.isHeld) isWanted = true;
    else if (isWanted && !point.isLesser) {
      found.push(point);
      isWanted = false;
    }
  }
  return found;
}

/**
 * The newest few of the lesser points: as many as the first level holds. They are better than nothing when the good ones
 * are lost, and must neither push those out nor fill the vault.
 */
export function lesserClaims(numbered: readonly NumberedPoint[], { ladder }: PointPolicy): Claim[] {
  const lesser = numbered.filter(({ isHeld, isLesser }) => !isHeld && isLesser);
  const keep = ladder?.[0]?.keep ?? POINTS_LESSER_MAX;
  return lesser.slice(0, keep).map((point, index): Claim => {
    const text = `incomplete or in doubt (${index + 1} of ${keep})`;
    return { point, kind: 'lesser', text, leavesAfter: NEVER };
  });
}
