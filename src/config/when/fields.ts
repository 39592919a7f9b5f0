/** The numbers that a moment of the calendar may have, whichever notation they were written in. */

/** What one place of a notation may hold. */
export interface Range {
  /** In messages: `minute`. */
  readonly name: string;
  readonly min: number;
  readonly max: number;
}

export const SECOND: Range = { name: 'second', min: 0, max: 59 };
export const MINUTE: Range = { name: 'minute', min: 0, max: 59 };
export const HOUR: Range = { name: 'hour', min: 0, max: 23 };
export const DAY: Range = { name: 'day', min: 1, max: 31 };
export const MONTH: Range = { name: 'month', min: 1, max: 12 };
/** 0 is Sunday. */
export const WEEKDAY: Range = { name: 'weekday', min: 0, max: 6 };
/** The years systemd.time(7) knows. */
export const YEAR: Range = { name: 'year', min: 1970, max: 2199 };

/** Each list is sorted, without doubles, and not empty. */
export interface Fields {
  readonly seconds: readonly number[];
  readonly minutes: readonly number[];
  readonly hours: readonly number[];
  /** `last`: the last day of the month. */
  readonly days: readonly number[] | 'last';
  readonly months: readonly number[];
  readonly weekdays: readonly number[];
  readonly years: readonly number[];
  /** A day in either counts, as in cron when both are restricted (crontab(5)); then neither is all. Else it must be in both. */
  readonly isEither: boolean;
}

/** All numbers from `from` to `to`, every `step`-th. */
export function span(from: number, to: number, step = 1): number[] {
  return Array.from({ length: Math.max(0, Math.floor((to - from) / step) + 1) }, (_, at) => from + at * step);
}

export function all({ min, max }: Range): number[] {
  return span(min, max);
}

export function sorted(numbers: readonly number[]): number[] {
  return [...new Set(numbers)].sort((a, b) => a - b);
}

export function isAll(numbers: readonly number[] | 'last', { min, max }: Range): boolean {
  return numbers !== 'last' && numbers.length === max - min + 1;
}

/** Neighbours drawn together: `[1, 2, 3, 7]` is `[[1, 3], [7, 7]]`. */
export function runsOf(numbers: readonly number[]): [first: number, last: number][] {
  const runs: [number, number][] = [];
  for (const number of numbers) {
    const run = runs.at(-1);
    if (run !== undefined && run[1] === number - 1) run[1] = number;
    else runs.push([number, number]);
  }
  return runs;
}
