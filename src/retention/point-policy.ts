import type { LadderLevel, Point } from './ladder.ts';
import type { RetentionPolicy } from './rules.ts';

/** Everything that decides which points of a plan stay. A point stays when anything wants it. */
export interface PointPolicy {
  ladder: readonly LadderLevel[] | undefined;
  /** restic's rules; empty when none. */
  rules: RetentionPolicy;
  /** Ids, or first digits of ids, of points that stay whatever else holds. */
  pins: readonly string[];
  /** So many of the newest good ones of the plan stay whatever else holds; at least 1. */
  keepAtLeast: number;
}

export type ReasonKind =
  | 'ladder'
  | 'rule'
  | 'pin'
  | 'floor'
  /** The newest point that is proven readable. */
  | 'proven'
  /** Of an unusual run, or the last good point before one. */
  | 'held'
  /** Of a run that was no success, or made while an unusual one was held: the newest few of such. */
  | 'lesser'
  /** Nothing says that it may go: the policy is empty, or the point has no number and so is not of this plan. */
  | 'no-policy';

export interface Reason {
  kind: ReasonKind;
  /** For a person: `level 2 (3 of 5)`, `daily snapshot`, `newest proven point`. */
  text: string;
}

export interface KeptPoint {
  point: Point;
  reasons: readonly Reason[];
  /** Highest level it is on, from 1; undefined when it is on none. */
  level: number | undefined;
  /** When it will go if every run of the schedule succeeds; undefined when that cannot be told, or never. */
  goesMs: number | undefined;
}

export interface PointPlan {
  /** Newest first. */
  keep: readonly KeptPoint[];
  /** Newest first, each with why nothing wants it. */
  remove: readonly { point: Point; text: string }[];
}

export interface PointPlanOptions {
  nowMs: number;
  /** The times of the next runs; the n-th is when the n-th further point will be there. May end. */
  upcomingMs?: Iterable<number>;
}
