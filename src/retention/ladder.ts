/**
 * The ladder: levels of restore points, counted in runs. The first level holds the last N points. Of every k points of a
 * level, in the order of their numbers, the last good one is promoted to the next level once the k are complete, and that
 * level holds its last M. A missed night makes no number and so costs nothing. A point that is held (an unusual run) stays
 * until it is released, but takes no place on a level and is not promoted; the good one before it in the same k is
 * promoted in its stead.
 */

export interface LadderLevel {
  /** Points the level holds, at least 1. */
  keep: number;
  /** Points of the level below for each one of this; undefined for the first level. */
  every?: number | undefined;
}

/** A restore point as the rules of a plan see it. */
export interface Point {
  id: string;
  /** Milliseconds since 1970. */
  timeMs: number;
  /** Its time as the snapshot has it, for rules about days of the clock it was made by (RFC 3339). */
  time: string;
  /** Number among the points of the plan, from 1; survives the removal of others. Undefined for one made elsewhere. */
  sequence: number | undefined;
  tags: readonly string[];
  /** When it was last proven readable; undefined when it is not proven. */
  provenMs: number | undefined;
  /** Whether it is of an unusual run that nobody has released yet. */
  isHeld: boolean;
  /**
   * Whether it is worth less than a good one: of a run that was no success, or made while an unusual run was held. It takes
   * no place of a good one; of such points only the newest few stay, beside the ladder and the rules.
   */
  isLesser?: boolean;
}
