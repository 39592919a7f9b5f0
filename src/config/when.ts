/**
 * When something is due. Written as a cron expression of five or six fields (crontab(5)) or in calendar words
 * (systemd.time(7)): `daily`, `22:30`, `Mon..Fri 22:00`, `*-*-01 03:00`, `*:0/15`.
 *
 * Where clocks are put forward, a time that is skipped is due at the first moment after the gap, and all that is skipped
 * at once is due once. Where they are put back, a time that comes twice is due the first time. Times of every hour or
 * minute are about distances instead: none falls into the gap, and the doubled hour has its own.
 */
import { Cron } from 'croner';
import { AppError } from '../base/errors.ts';
import { parseCalendar } from './when/calendar.ts';
import { parseCron } from './when/cron.ts';
import { DAY, type Fields, HOUR, isAll, MINUTE, MONTH, SECOND, WEEKDAY, YEAR } from './when/fields.ts';
import { cronField, cronOf, describeFields, onCalendarOf } from './when/text.ts';

export interface When {
  /** As it was written. */
  readonly text: string;
  /** IANA name; the machine's own zone when undefined. */
  readonly timezone: string | undefined;
  /** The first time after `afterMs`, or undefined when none comes. Milliseconds since 1970. */
  next(afterMs: number): number | undefined;
  /** The last time before `beforeMs`, or undefined when there was none. */
  previous(beforeMs: number): number | undefined;
  /** The usual distance of two times in milliseconds (24 h for `Mon..Fri 22:00`); Infinity when it comes but once or never. */
  readonly intervalMs: number;
  /** For people: `Monday to Friday at 22:00`. */
  describe(): string;
  /** Values for lines OnCalendar= of systemd.timer(5), any of which makes it due, with the time zone. */
  toOnCalendar(): readonly string[];
  /** Five fields of crontab(5), in this time zone; undefined when cron cannot say it. */
  toCron(): string | undefined;
}

/** The usual distance is the median of so many, from a Monday on: two weeks of one a day and more. */
const DISTANCES = 50;
const MONDAY_MS = Date.UTC(2025, 0, 6);
const WORDS_LENGTH_MAX = 200;

/** `timezone` is an IANA name. @throws {AppError} `config`, saying what is wrong with the words or the zone */
export function parseWhen(text: string, timezone?: string): When {
  if (text.length > WORDS_LENGTH_MAX) throw new AppError('config', { detail: 'too long for a time' });
  const words = text.trim();
  const fields = parseCron(words) ?? parseCalendar(words);
  if (timezone !== undefined) refuseUnknownZone(timezone);
  const cron = new Cron(patternOf(fields), {
    paused: true,
    mode: '7-part',
    domAndDow: !fields.isEither,
    fixedTimeRule: 'no-wildcard',
    ...(timezone === undefined ? {} : { timezone }),
  });
  const next = (afterMs: number): number | undefined => cron.nextRun(new Date(afterMs))?.getTime();
  let intervalMs: number | undefined;
  return {
    text,
    timezone,
    next,
    previous: (beforeMs) => cron.previousRuns(1, new Date(beforeMs))[0]?.getTime(),
    get intervalMs() {
      intervalMs ??= usualDistance(next);
      return intervalMs;
    },
    describe: () => `${describeFields(fields)}${timezone === undefined ? '' : ` (${timezone})`}`,
    toOnCalendar: () => onCalendarOf(fields, timezone),
    toCron: () => cronOf(fields),
  };
}

/** @throws {AppError} `config` */
export function refuseUnknownZone(timezone: string): void {
  try {
    new Intl.DateTimeFormat('en', { timeZone: timezone });
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    const hint = 'Use a name of the time zone database, such as Europe/Berlin or UTC.';
    throw new AppError('config', { detail: `${timezone} is no time zone`, hint });
  }
}

/** Seven fields as croner has them. */
function patternOf({ seconds, minutes, hours, days, months, weekdays, years }: Fields): string {
  return [
    cronField(seconds, SECOND),
    cronField(minutes, MINUTE),
    cronField(hours, HOUR),
    days === 'last' ? 'L' : cronField(days, DAY),
    cronField(months, MONTH),
    cronField(weekdays, WEEKDAY),
    isAll(years, YEAR) ? '*' : cronField(years, YEAR),
  ].join(' ');
}

function usualDistance(next: (afterMs: number) => number | undefined): number {
  const distances: number[] = [];
  let last = next(MONDAY_MS);
  while (last !== undefined && distances.length < DISTANCES) {
    const following = next(last);
    if (following !== undefined) distances.push(following - last);
    last = following;
  }
  return distances.sort((a, b) => a - b)[Math.floor(distances.length / 2)] ?? Number.POSITIVE_INFINITY;
}
