import { AppError } from '../base/errors.ts';
import type { LadderLevel, Point } from './ladder.ts';

export interface NumberedPoint extends Point {
  sequence: number;
}

/** Where a point stands on a level. */
export interface Place {
  point: NumberedPoint;
  /** From 1. */
  level: number;
  /** From 1, counted from the newest on the level. */
  rank: number;
  /** How many the level holds. */
  keep: number;
  /** The next level would promote this one if its group were complete now. */
  isNext: boolean;
  /** Further good points after which it stands there no more. */
  leavesAfter: number;
}

export interface Ladder {
  /** Levels rise; on each the newest comes first. */
  places: readonly Place[];
  /** For a point that has no place: which level took others instead. */
  whyNot(point: NumberedPoint): string;
}

/** A level with all the points that ever came up to it and still exist, whether it holds them or not. */
interface Rung {
  level: number;
  keep: number;
  /** Numbers a group of this level spans: one of each becomes a member. */
  width: number;
  /** Newest first. */
  members: readonly NumberedPoint[];
}

/**
 * Groups of a level are numbers in a row: with k points of the level below for each one, group g of the second level is
 * g·k+1 to g·k+k, and k of its groups are one of the third. They begin with number 1 and not with the oldest point there
 * is, so what was removed before makes no difference. A group is complete when a point with its last number or a later
 * one exists, whether that is a good one or not.
 *
 * The first level holds the newest good points; the newest of all is what an incomplete group of any level would promote.
 * So that one is never lost, however short the first level is.
 * @param good points that are not held, highest number first
 * @param latest highest number of all points, held ones too
 * @throws {AppError} `usage` for a level that holds nothing or takes a part of a point
 */
export function climb(good: readonly NumberedPoint[], latest: number, levels: readonly LadderLevel[]): Ladder {
  const rungs = rungsOf(good, latest, levels);
  const places = rungs.flatMap(({ level, keep, width, members }) =>
    members.slice(0, keep).map((point, index) => ({
      point,
      level,
      rank: index + 1,
      keep,
      isNext: index === 0 && isAwaited(point, rungs[level], latest),
      leavesAfter: (Math.floor(latest / width) + keep - index) * width - latest,
    })),
  );
  return { places, whyNot: explainer(rungs, latest) };
}

function rungsOf(good: readonly NumberedPoint[], latest: number, levels: readonly LadderLevel[]): Rung[] {
  const rungs: Rung[] = [];
  for (const [index, { keep, every }] of levels.entries()) {
    const below = rungs.at(-1);
    const share = below === undefined ? 1 : every;
    if (!isCount(keep) || !isCount(share))
      throw new AppError('usage', { detail: `level ${index + 1} of the ladder keeps ${keep}, one of every ${share}` });
    const width = (below?.width ?? 1) * share;
    const members = below === undefined ? good : promoted(below.members, width, latest);
    rungs.push({ level: index + 1, keep, width, members });
  }
  return rungs;
}

function isCount(value: number | undefined): value is number {
  return Number.isSafeInteger(value) && value! >= 1;
}

/** The last one of each complete group. Groups of groups need no other look, as the last of them has the last point. */
function promoted(members: readonly NumberedPoint[], width: number, latest: number): NumberedPoint[] {
  let group: number | undefined;
  return members.filter((point) => {
    const own = groupOf(point, width);
    if (own === group || lastOf(own, width) > latest) return false;
    group = own;
    return true;
  });
}

function isAwaited(point: NumberedPoint, next: Rung | undefined, latest: number): boolean {
  return next !== undefined && lastOf(groupOf(point, next.width), next.width) > latest;
}

function explainer(rungs: readonly Rung[], latest: number): Ladder['whyNot'] {
  const reached = new Map<NumberedPoint, Rung>();
  for (const rung of rungs) for (const point of rung.members) reached.set(point, rung);
  const takers = rungs.map(({ width, members }) => new Map(members.map((point) => [groupOf(point, width), point])));
  return (point) => {
    const { level, keep } = reached.get(point)!;
    const full = `level ${level} holds ${keep} newer ${keep === 1 ? 'one' : 'ones'}`;
    const next = rungs[level];
    if (next === undefined || isAwaited(point, next, latest)) return full;
    const group = groupOf(point, next.width);
    const taker = takers[level]!.get(group)!;
    const [first, last] = [lastOf(group - 1, next.width) + 1, lastOf(group, next.width)];
    return `${full}, level ${next.level} took number ${taker.sequence} of ${first} to ${last}`;
  };
}

function groupOf({ sequence }: NumberedPoint, width: number): number {
  return Math.floor((sequence - 1) / width);
}

function lastOf(group: number, width: number): number {
  return (group + 1) * width;
}
