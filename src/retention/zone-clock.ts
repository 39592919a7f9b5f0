import { AppError } from '../base/errors.ts';

/** The clock on the wall of a zone. */
export interface ZoneClock {
  /** `2026-11-21` */
  dateOf(timeMs: number): string;
  /** RFC 3339 with the offset of that day: `2026-11-21T02:00:00+01:00`. */
  timeOf(timeMs: number): string;
}

const MINUTE_MS = 60_000;

/** @param timeZone IANA name, or UTC. @throws {AppError} `usage` for one that is not known */
export function zoneClock(timeZone: string): ZoneClock {
  const format = formatOf(timeZone);
  /** A time whose UTC fields show the clock of the zone. */
  const clockMs = (timeMs: number): number => {
    const parts = Object.fromEntries(format.formatToParts(timeMs).map(({ type, value }) => [type, Number(value)]));
    const field = (name: string): number => parts[name]!;
    return Date.UTC(field('year'), field('month') - 1, field('day'), field('hour'), field('minute'), field('second'));
  };
  const textOf = (timeMs: number): string => new Date(timeMs).toISOString().slice(0, 19);
  return {
    dateOf: (timeMs) => textOf(clockMs(timeMs)).slice(0, 10),
    timeOf: (timeMs) => {
      const clock = clockMs(timeMs);
      return textOf(clock) + offsetText(Math.round((clock - timeMs) / MINUTE_MS));
    },
  };
}

function formatOf(timeZone: string): Intl.DateTimeFormat {
  try {
    return new Intl.DateTimeFormat('en-US', {
      timeZone,
      calendar: 'gregory',
      hourCycle: 'h23',
      year: 'numeric',
      month: 'numeric',
      day: 'numeric',
      hour: 'numeric',
      minute: 'numeric',
      second: 'numeric',
    });
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    throw new AppError('usage', { detail: `not a time zone: ${timeZone}`, hint: 'Write zones like Europe/Berlin.' });
  }
}

function offsetText(minutes: number): string {
  const two = (value: number): string => String(value).padStart(2, '0');
  const size = Math.abs(minutes);
  return `${minutes < 0 ? '-' : '+'}${two(Math.floor(size / 60))}:${two(size % 60)}`;
}
