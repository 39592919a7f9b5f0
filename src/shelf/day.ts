/** Days of a shelf: calendar days of its time zone, counted without clocks or daylight saving in between. */
import { AppError } from '../base/errors.ts';
import type { Day } from './model.ts';

const DAY_MS = 24 * 60 * 60 * 1000;

/** Names as dumps carry them (strftime(3), `%a` in the C locale), Monday first. */
export const WEEKDAYS = ['Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat', 'Sun'] as const;

/**
 * `today`, `-1` (yesterday), `2013/04/13` or `2013-04-13`.
 * @throws {AppError} `usage`
 */
export function parseDay(text: string, today: Day): Day {
  if (text === 'today') return today;
  if (/^-\d{1,5}$/.test(text)) return addDays(today, Number(text));
  const match = /^(\d{4})([/-])(\d\d?)\2(\d\d?)$/.exec(text);
  const day = match === null ? undefined : dayOf(Number(match[1]), Number(match[3]), Number(match[4]));
  if (day !== undefined) return day;
  throw new AppError('usage', {
    detail: `not a day: ${text}`,
    hint: 'Write today, -1 for yesterday, or a date such as 2013/04/13.',
  });
}

/** Undefined when the calendar has no such day. */
export function dayOf(year: number, month: number, day: number): Day | undefined {
  const made = dayAtNumber(numberOf({ year, month, day }));
  return made.year === year && made.month === month && made.day === day ? made : undefined;
}

/** `2013/05/17`, as the folders are named. */
export function formatDay({ year, month, day }: Day): string {
  return `${four(year)}/${two(month)}/${two(day)}`;
}

/** Days since 1970-01-01 by the calendar. */
export function numberOf({ year, month, day }: Day): number {
  return new Date(0).setUTCFullYear(year, month - 1, day) / DAY_MS;
}

export function dayAtNumber(days: number): Day {
  const date = new Date(days * DAY_MS);
  return { year: date.getUTCFullYear(), month: date.getUTCMonth() + 1, day: date.getUTCDate() };
}

export function addDays(day: Day, count: number): Day {
  return dayAtNumber(numberOf(day) + count);
}

export function isSameDay(a: Day | undefined, b: Day): boolean {
  return a !== undefined && numberOf(a) === numberOf(b);
}

export function weekdayOf(day: Day): (typeof WEEKDAYS)[number] {
  // 1970-01-01 was a Thursday.
  return WEEKDAYS[(((numberOf(day) + 3) % 7) + 7) % 7]!;
}

/** What the clock of a time zone shows. */
export interface LocalTime {
  day: Day;
  /** `104702` */
  time: string;
}

const formats = new Map<string | undefined, Intl.DateTimeFormat>();

/**
 * @param timezone name of the IANA database; this machine's own when undefined
 * @throws {AppError} `config` when there is no such zone
 */
export function localTime(timeMs: number, timezone: string | undefined): LocalTime {
  const parts = new Map(
    formatOf(timezone)
      .formatToParts(timeMs)
      .map(({ type, value }) => [type, Number(value)]),
  );
  const part = (type: Intl.DateTimeFormatPartTypes): number => parts.get(type) ?? 0;
  return {
    day: { year: part('year'), month: part('month'), day: part('day') },
    time: [part('hour'), part('minute'), part('second')].map(two).join(''),
  };
}

/** Days as `2013/05/08, 2013/05/10–2013/05/12`. */
export function formatDays(days: readonly Day[]): string {
  return rangesOf(days).map(formatRange).join(', ');
}

/** Neighbours in one range, oldest first. */
export function rangesOf(days: readonly Day[]): DayRange[] {
  const ranges: DayRange[] = [];
  for (const day of [...days].sort((a, b) => numberOf(a) - numberOf(b))) {
    const last = ranges.at(-1);
    if (last !== undefined && numberOf(day) === numberOf(last.to) + 1) last.to = day;
    else ranges.push({ from: day, to: day });
  }
  return ranges;
}

export interface DayRange {
  from: Day;
  to: Day;
}

export function formatRange({ from, to }: DayRange): string {
  return isSameDay(from, to) ? formatDay(from) : `${formatDay(from)}–${formatDay(to)}`;
}

function formatOf(timezone: string | undefined): Intl.DateTimeFormat {
  const known = formats.get(timezone);
  if (known !== undefined) return known;
  const digits = '2-digit';
  try {
    const made = new Intl.DateTimeFormat('en-US', {
      ...(timezone === undefined ? {} : { timeZone: timezone }),
      calendar: 'gregory',
      hourCycle: 'h23',
      year: 'numeric',
      month: digits,
      day: digits,
      hour: digits,
      minute: digits,
      second: digits,
    });
    formats.set(timezone, made);
    return made;
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    throw new AppError('config', { detail: `no such time zone: ${timezone}`, hint: 'Write it like Europe/Berlin.' });
  }
}

function two(value: number): string {
  return String(value).padStart(2, '0');
}

function four(value: number): string {
  return String(value).padStart(4, '0');
}
