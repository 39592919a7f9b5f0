/** Which plans have had no good run for too long. Pure: a judgement on evidence, and none means overdue in time. */
import { CLOCK_AHEAD_MS_MAX } from '../base/limits.ts';
import type { Turns } from './schedule.ts';

export interface OverdueFacts {
  /** When good runs of the plan ended, newest first. */
  successesMs: readonly number[];
  /** When the plan was first seen: what never succeeded counts from here. */
  firstSeenMs: number;
  nowMs: number;
}

export interface OverdueRule {
  turns: Turns | undefined;
  randomDelayMs: number;
  /** Instead of two turns of the schedule. */
  overdueAfterMs: number | undefined;
}

export interface OverdueJudgement {
  isOverdue: boolean;
  /** When it became or will become overdue; undefined when nothing says when it should run. */
  deadlineMs: number | undefined;
}

/**
 * Overdue: the newest success is older than `overdueAfterMs`, or than two turns of the schedule. Turns are counted as they
 * come, so that `Mon..Fri` is not overdue on a Sunday, nor anything by an hour when the clocks change. A success counts
 * from its end, as far behind the turn before it as the next may be behind its own. One that lies far ahead was noted by a
 * wrong clock and proves nothing.
 */
export function judgeOverdue(rule: OverdueRule, { successesMs, firstSeenMs, nowMs }: OverdueFacts): OverdueJudgement {
  const believed = successesMs.find((ms) => ms <= nowMs + CLOCK_AHEAD_MS_MAX);
  const deadlineMs = deadlineAfter(rule, believed ?? Math.min(firstSeenMs, nowMs));
  return { isOverdue: deadlineMs !== undefined && nowMs > deadlineMs, deadlineMs };
}

function deadlineAfter({ turns, randomDelayMs, overdueAfterMs }: OverdueRule, fromMs: number): number | undefined {
  if (overdueAfterMs !== undefined) return fromMs + overdueAfterMs;
  const first = turns?.next(fromMs);
  const second = first === undefined ? undefined : turns?.next(first);
  if (first === undefined || second === undefined) return undefined;
  const behindMs = fromMs - (turns?.previous(fromMs + 1) ?? fromMs);
  return second + Math.min(behindMs, second - first) + randomDelayMs;
}
