/** Words of the configuration that stand for a number: durations, sizes, shares. Each is checked here and nowhere else. */
import { z } from 'zod';
import { GIB, KIB, MIB } from '../base/bytes.ts';

const SECOND_MS = 1000;
const MINUTE_MS = 60 * SECOND_MS;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;

const DURATION_UNITS: Readonly<Record<string, number>> = {
  s: SECOND_MS,
  m: MINUTE_MS,
  h: HOUR_MS,
  d: DAY_MS,
  w: 7 * DAY_MS,
};
const SIZE_UNITS: Readonly<Record<string, number>> = { '': 1, k: KIB, m: MIB, g: GIB, t: 1024 * GIB };

const DURATION = /^(?:\d+(?:s|m|h|d|w))+$/;
const SIZE = /^(\d+(?:\.\d+)?) ?([KMGT]?)(?:i?B)?$/i;
const PERCENT = /^(\d+(?:\.\d+)?) ?%$/;
const FRACTION = /^(\d+)\/(\d+)$/;

/** Longer durations are slips, and milliseconds of them would no longer be exact. */
const DURATION_MS_MAX = 100 * 366 * DAY_MS;
const DURATION_WORDS = 'a duration such as 90s, 1h30m or 7d';

const written = z.string().regex(DURATION, DURATION_WORDS);

/** `90s`, `1h30m`, `7d` as milliseconds. */
export const duration = written
  .transform(lengthOf)
  .refine((ms) => ms <= DURATION_MS_MAX, 'a duration of at most a hundred years');

/** A duration after which something is given up. */
export const limit = written
  .transform(lengthOf)
  .refine((ms) => ms > 0 && ms <= DURATION_MS_MAX, 'a duration above 0s, of at most a hundred years');

function lengthOf(given: string): number {
  const parts = [...given.matchAll(/(\d+)(s|m|h|d|w)/g)];
  return parts.reduce((sum, part) => sum + Number(part[1]) * DURATION_UNITS[part[2]!]!, 0);
}

/** `512 MiB`, `10G`, `100` as bytes; units are powers of 1024. */
export const size = z
  .union([z.number().int().nonnegative(), z.string().regex(SIZE, 'a size such as 512M or 10 GiB')])
  .transform((given) => {
    if (typeof given === 'number') return given;
    const [, number, unit] = SIZE.exec(given)!;
    return Math.round(Number(number) * SIZE_UNITS[unit!.toLowerCase()]!);
  });

/** `5%` or `1/30` as a number from 0 to 1. */
export const share = z
  .string()
  .refine((given) => {
    const value = shareOf(given);
    return value !== undefined && value <= 1;
  }, 'a share such as 5% or 1/30')
  .transform((given) => shareOf(given)!);

function shareOf(given: string): number | undefined {
  const percent = PERCENT.exec(given);
  if (percent !== null) return Number(percent[1]) / 100;
  const fraction = FRACTION.exec(given);
  if (fraction === null || Number(fraction[2]) === 0) return undefined;
  return Number(fraction[1]) / Number(fraction[2]);
}
