/** Days that should have an archive and have none, or too few. Pure. */
import { SHELF_DAYS_MAX } from '../base/limits.ts';
import { dayAtNumber, numberOf } from './day.ts';
import type { Archive, Day, ShelfItem } from './model.ts';

export interface DayCount {
  day: Day;
  found: number;
  expected: number;
}

export interface Gaps {
  /** Days before today with too few, oldest first. */
  missing: DayCount[];
  /** Today, when it does not have all yet: due, not missing. */
  due: DayCount | undefined;
  /** There is no archive of the item at all. */
  isEmpty: boolean;
}

/**
 * From the first day that has an archive on, at most a month back. What an item had before that, nobody can tell from
 * what is there; so a name without any archive is `isEmpty` and has no missing days.
 * @param archives those of the item that count
 */
export function gapsOf(archives: readonly Archive[], { perDay }: Pick<ShelfItem, 'perDay'>, today: Day): Gaps {
  const counts = countByDay(archives);
  const isEmpty = counts.size === 0;
  if (perDay === 0 || isEmpty) return { missing: [], due: undefined, isEmpty };
  const last = numberOf(today);
  const count = (number: number): DayCount => ({
    day: dayAtNumber(number),
    found: counts.get(number) ?? 0,
    expected: perDay,
  });
  const missing: DayCount[] = [];
  for (let number = Math.max(Math.min(...counts.keys()), last - SHELF_DAYS_MAX); number < last; number++)
    if ((counts.get(number) ?? 0) < perDay) missing.push(count(number));
  const now = count(last);
  return { missing, due: now.found < perDay ? now : undefined, isEmpty };
}

/** How many a day has, by the number of the day. */
export function countByDay(archives: readonly Archive[]): Map<number, number> {
  const counts = new Map<number, number>();
  for (const { day } of archives) {
    if (day === undefined) continue;
    const number = numberOf(day);
    counts.set(number, (counts.get(number) ?? 0) + 1);
  }
  return counts;
}
