/**
 * What is in doubt after unusual points. What changed in them is usual for those that follow, so that nothing is unusual
 * about these any more; until a person has looked, they are worth less than those before. Pure.
 */
import type { Hold } from '../ledger.ts';

/** What is known of a point that was unusual when it was made. */
export interface Mark {
  /** Its place among the points of the plan, or the number of its run. */
  at: number;
  /** `held`: nobody has looked yet. `right`, `wrong`: what a person said. */
  state: 'held' | 'right' | 'wrong';
  /** When a person said it was wrong. */
  untilMs: number;
}

export function markOf({ releasedMs, isWrong }: Pick<Hold, 'releasedMs' | 'isWrong'>, at: number): Mark {
  if (releasedMs === undefined) return { at, state: 'held', untilMs: Number.POSITIVE_INFINITY };
  return { at, state: isWrong ? 'wrong' : 'right', untilMs: releasedMs };
}

/**
 * Judged by the newest mark before it, or its own. What was made after a person found an earlier one wrong is judged by itself.
 * @param madeMs when the point was made
 */
export function isInDoubt(at: number, madeMs: number, marks: readonly Mark[]): boolean {
  const upTo = marks.filter((mark) => mark.at <= at);
  const newest = upTo.reduce<Mark | undefined>(
    (best, mark) => (best === undefined || mark.at >= best.at ? mark : best),
    undefined,
  );
  if (newest === undefined || newest.state === 'right') return false;
  return newest.at === at || madeMs < newest.untilMs;
}
