import { AppError } from '../base/errors.ts';
import type { Duration } from './duration.ts';

/** A point in time, and the clock of the zone it was written in. */
export interface Moment {
  /** Nanoseconds since 1970-01-01T00:00:00Z. */
  epochNs: bigint;
  /** What must be added to UTC to get the zone's clock; minutes. */
  offsetMinutes: number;
}

const RFC3339 = /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:\.(\d{1,9})\d*)?(?:Z|([+-])(\d\d):(\d\d))$/i;
const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;
/** Longer than any date can reach back (ECMA-262, 21.4.1.1). */
const SPAN_MS_MAX = 2 * 8.64e15;
const NS_PER_MS = 1_000_000n;

/** Reads RFC 3339 text. @throws {AppError} `file-damaged` */
export function parseMoment(text: string): Moment {
  const match = RFC3339.exec(text);
  const clockMs = match === null ? Number.NaN : Date.parse(`${match[1]!.toUpperCase()}Z`);
  if (match === null || Number.isNaN(clockMs))
    throw new AppError('file-damaged', { detail: `a snapshot has no valid time: ${text}` });
  const [, , fraction = '', sign, hours = '0', minutes = '0'] = match;
  const offsetMinutes = (Number(hours) * 60 + Number(minutes)) * (sign === '-' ? -1 : 1);
  const epochMs = clockMs - offsetMinutes * MINUTE_MS;
  return { epochNs: BigInt(epochMs) * NS_PER_MS + BigInt(fraction.padEnd(9, '0')), offsetMinutes };
}

/** Keys that are equal exactly for moments in the same hour, day, ISO 8601 week, month or year of their own clocks. */
export const hourOf = (moment: Moment): string => clockOf(moment).toISOString().slice(0, -11);
export const dayOf = (moment: Moment): string => clockOf(moment).toISOString().slice(0, -14);
export const monthOf = (moment: Moment): string => clockOf(moment).toISOString().slice(0, -17);
export const yearOf = (moment: Moment): string => String(clockOf(moment).getUTCFullYear());

/** A week belongs to the year its Thursday is in. */
export function weekOf(moment: Moment): string {
  const clock = clockOf(moment);
  const daysSinceMonday = (clock.getUTCDay() + 6) % 7;
  const thursday = new Date(clock.getTime() + (3 - daysSinceMonday) * DAY_MS);
  const year = thursday.getUTCFullYear();
  const daysIntoYear = Math.floor((thursday.getTime() - startOfYear(year)) / DAY_MS);
  return `${year}-W${Math.floor(daysIntoYear / 7) + 1}`;
}

function startOfYear(year: number): number {
  return new Date(0).setUTCFullYear(year, 0, 1);
}

/**
 * The moment earlier by the calendar of its zone: first years, months and days, where a day the month does not have runs
 * over into the next (31 March less a month is 3 March, or 2 in a leap year), then hours.
 * @returns nanoseconds since 1970
 */
export function before(moment: Moment, { years, months, days, hours }: Duration): bigint {
  const clock = clockOf(moment);
  const start = clock.getTime();
  clock.setUTCFullYear(clock.getUTCFullYear() - years, clock.getUTCMonth() - months, clock.getUTCDate() - days);
  const elapsedMs = start - clock.getTime() + hours * HOUR_MS;
  return moment.epochNs - BigInt(Number.isNaN(elapsedMs) ? SPAN_MS_MAX : elapsedMs) * NS_PER_MS;
}

/** A date whose UTC fields show the zone's clock. */
function clockOf({ epochNs, offsetMinutes }: Moment): Date {
  const epochMs = (epochNs - (((epochNs % NS_PER_MS) + NS_PER_MS) % NS_PER_MS)) / NS_PER_MS;
  return new Date(Number(epochMs) + offsetMinutes * MINUTE_MS);
}
