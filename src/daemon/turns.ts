/** The times to come, for people. Pure. */
import { type Config, when } from '../config.ts';
import { subjectsOf } from './schedule.ts';

export interface ComingTurn {
  dueMs: number;
  kind: string;
  /** Plan, vault or cluster; empty for the summary. */
  subject: string;
  /** The schedule in words. */
  describes: string;
}

/** The next `count` times of everything that is scheduled, the soonest first. @throws {AppError} `config` */
export function nextTurns(config: Config, { nowMs, count }: { nowMs: number; count: number }): ComingTurn[] {
  const { summary } = config.notifications;
  const subjects = subjectsOf(config, when.parseWhen).map(({ kind, subject, turns, randomDelayMs }) => {
    const schedule = when.parseWhen(turns.text, turns.timezone);
    const delay = randomDelayMs === 0 ? '' : `, up to ${Math.round(randomDelayMs / 60_000)} min later`;
    return { kind: kind as string, subject, schedule, describes: `${schedule.describe()}${delay}` };
  });
  if (summary !== undefined) {
    const schedule = when.parseWhen(summary.at, summary.timezone ?? config.timezone);
    subjects.push({ kind: 'summary', subject: '', schedule, describes: schedule.describe() });
  }
  const turns = subjects.flatMap(({ schedule, ...each }) => {
    const found: ComingTurn[] = [];
    let dueMs = schedule.next(nowMs);
    for (; dueMs !== undefined && found.length < count; dueMs = schedule.next(dueMs)) found.push({ ...each, dueMs });
    return found;
  });
  return turns.sort((a, b) => a.dueMs - b.dueMs);
}
