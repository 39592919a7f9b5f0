/** What a target has not taken yet: when it is tried again, and how it goes along with later news about the same. */
import { NOTIFY_OWED_MS, NOTIFY_OWED_PAUSE_MS, NOTIFY_OWED_PAUSE_MS_MAX } from '../base/limits.ts';
import { type OwedRecord, type Sent, storyOf } from './account.ts';
import type { Notice, Target } from './model.ts';
import { formatMoment, headlineOf } from './text.ts';

/** Everything about one thing that one target has not taken: one message, the newest with those before it. */
export interface OwedStory {
  target: string;
  records: readonly OwedRecord[];
  notices: readonly Notice[];
}

/**
 * Whether the notice is tried again after it was not taken. A late sign of life would be taken for one of now, and a
 * summary or a test is soon followed by another.
 */
export function matters({ kind, severity }: Notice, target: Pick<Target, 'wants'>): boolean {
  if (target.wants('success')) return false;
  return severity === 'critical' || ['failure', 'recovery', 'overdue'].includes(kind);
}

/** In the order of what is owed for longest. */
export function storiesOf(records: readonly OwedRecord[]): OwedStory[] {
  const read = records.map((record) => ({ record, notice: JSON.parse(record.notice) as Notice }));
  const groups = Map.groupBy(read, ({ record, notice }) => `${record.target}\n${storyOf(notice)}`);
  return [...groups.values()].map((group) => ({
    target: group[0]!.record.target,
    records: group.map(({ record }) => record),
    notices: group.map(({ notice }) => notice),
  }));
}

export interface Moment {
  nowMs: number;
  /** Everything that was not tried since then is due. */
  sinceMs: number | undefined;
  /** What the target was told lately: when it takes messages again, nothing waits for the end of its pause. */
  sent: readonly Sent[];
}

/** Whether it is time to try again. */
export function isDue({ records }: OwedStory, { nowMs, sinceMs, sent }: Moment): boolean {
  return records.some(({ triedMs, attempts }) => {
    const pauseMs = Math.min(NOTIFY_OWED_PAUSE_MS * 2 ** (attempts - 1), NOTIFY_OWED_PAUSE_MS_MAX);
    const isOver = triedMs + pauseMs <= nowMs || triedMs > nowMs;
    const isBack = sent.some(({ sentMs, isDelivered }) => isDelivered && sentMs > triedMs);
    return isOver || isBack || (sinceMs !== undefined && triedMs < sinceMs);
  });
}

/** Given up: nobody waits for it any more. */
export function isExpired({ owedMs }: OwedRecord, nowMs: number): boolean {
  return owedMs < nowMs - NOTIFY_OWED_MS;
}

/** The notice with those before it that did not arrive, so that one message tells the whole story. */
export function withEarlier(notice: Notice, earlier: readonly Notice[], timezone: string | undefined): Notice {
  if (earlier.length === 0) return notice;
  const lines = earlier.flatMap((each) => [
    '',
    `Could not be delivered at ${formatMoment(each.atMs, timezone)}: ${headlineOf(each)}`,
    ...each.lines.map((line) => `  ${line}`),
  ]);
  return { ...notice, lines: [...notice.lines, ...lines], facts: { ...notice.facts, earlier: earlier.length } };
}
