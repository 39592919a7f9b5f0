/**
 * Times as the format writes them: RFC 3339 with nanoseconds, fraction without trailing zeros.
 * Always written in UTC (`Z`), so that trees do not depend on the zone of the machine; read with any offset.
 */
import { assert } from '../base/assert.ts';

const DAY_SECONDS = 86_400;
const NANOS = 1_000_000_000;
/** Days from 0000-03-01, where years that end with February begin to count, to 1970-01-01. */
const EPOCH_DAYS = 719_468;
/** Days of 400 years, after which the calendar repeats. */
const ERA_DAYS = 146_097;

const TWO_DIGITS = Array.from({ length: 60 }, (_, value) => String(value).padStart(2, '0'));

/** An instant: seconds since 1970-01-01T00:00:00Z rounded down, and nanoseconds 0..999,999,999 after that. */
export interface Instant {
  seconds: number;
  nanos: number;
}

/** Nanoseconds since 1970 as text. */
export function encodeTime(ns: bigint): string {
  const { seconds, nanos } = instantOf(ns);
  return encodeTimeParts(seconds, nanos);
}

export function instantOf(ns: bigint): Instant {
  let seconds = ns / 1_000_000_000n;
  let nanos = ns % 1_000_000_000n;
  if (nanos < 0n) {
    seconds -= 1n;
    nanos += 1_000_000_000n;
  }
  return { seconds: Number(seconds), nanos: Number(nanos) };
}

/** The same from an `Instant`'s parts; years are brought into 0..9999 as restic does, keeping month, day and time. */
export function encodeTimeParts(seconds: number, nanos: number): string {
  assert(nanos >= 0 && nanos < NANOS, 'nanoseconds of a time');
  const day = Math.floor(seconds / DAY_SECONDS);
  const rest = seconds - day * DAY_SECONDS;
  const hour = Math.floor(rest / 3600);
  const minute = Math.floor((rest - hour * 3600) / 60);
  const clock = `${TWO_DIGITS[hour]}:${TWO_DIGITS[minute]}:${TWO_DIGITS[rest - hour * 3600 - minute * 60]}`;
  return `${dateOf(day)}T${clock}${nanos === 0 ? '' : fraction(nanos)}Z`;
}

/** @returns undefined when `text` is not an RFC 3339 time */
export function parseInstant(text: string): Instant | undefined {
  const instant = { seconds: 0, nanos: 0 };
  const bytes = Buffer.from(text, 'latin1');
  return parseInstantInto(bytes, { from: 0, to: bytes.length }, instant) ? instant : undefined;
}

/** Parses the bytes of the range. @returns false, with `out` undefined in content, when they are no RFC 3339 time */
export function parseInstantInto(bytes: Uint8Array, { from, to }: { from: number; to: number }, out: Instant): boolean {
  if (to - from < 20 || !hasSeparators(bytes, from)) return false;
  const year = digits(bytes, from, 4);
  const month = digits(bytes, from + 5, 2);
  const day = digits(bytes, from + 8, 2);
  const hour = digits(bytes, from + 11, 2);
  const minute = digits(bytes, from + 14, 2);
  const second = digits(bytes, from + 17, 2);
  if (year < 0 || month < 1 || month > 12 || day < 1 || day > monthDays(year, month)) return false;
  if (hour < 0 || hour > 23 || minute < 0 || minute > 59 || second < 0 || second > 59) return false;
  const zoneAt = parseFraction(bytes, { from: from + 19, to }, out);
  const offset = zoneSeconds(bytes, zoneAt, to);
  if (offset === undefined) return false;
  out.seconds = daysOf(year, month, day) * DAY_SECONDS + hour * 3600 + minute * 60 + second - offset;
  return true;
}

/** Entries of one directory mostly share few days. */
let lastDay = Number.NaN;
let lastDate = '';

function dateOf(day: number): string {
  if (day === lastDay) return lastDate;
  lastDate = computeDate(day);
  lastDay = day;
  return lastDate;
}

function computeDate(day: number): string {
  const sinceMarch = day + EPOCH_DAYS;
  const era = Math.floor(sinceMarch / ERA_DAYS);
  const dayOfEra = sinceMarch - era * ERA_DAYS;
  const leapDays = Math.floor(dayOfEra / 1460) - Math.floor(dayOfEra / 36_524) + Math.floor(dayOfEra / 146_096);
  const yearOfEra = Math.floor((dayOfEra - leapDays) / 365);
  const dayOfYear = dayOfEra - 365 * yearOfEra - Math.floor(yearOfEra / 4) + Math.floor(yearOfEra / 100);
  const monthFromMarch = Math.floor((5 * dayOfYear + 2) / 153);
  const dayOfMonth = dayOfYear - Math.floor((153 * monthFromMarch + 2) / 5) + 1;
  const month = monthFromMarch < 10 ? monthFromMarch + 3 : monthFromMarch - 9;
  const year = era * 400 + yearOfEra + (month <= 2 ? 1 : 0);
  return clampedDate(year, month, dayOfMonth);
}

function clampedDate(year: number, month: number, day: number): string {
  const kept = Math.min(9999, Math.max(0, year));
  const text = String(kept).padStart(4, '0');
  // a 29 February brought to a year without one becomes 1 March, as in Go's time.AddDate
  if (day > monthDays(kept, month)) return `${text}-03-01`;
  return `${text}-${TWO_DIGITS[month]}-${TWO_DIGITS[day]}`;
}

function fraction(nanos: number): string {
  const text = String(nanos + NANOS);
  let end = text.length;
  while (text.charCodeAt(end - 1) === 0x30) end--;
  return `.${text.slice(1, end)}`;
}

function hasSeparators(bytes: Uint8Array, at: number): boolean {
  return (
    bytes[at + 4] === 0x2d &&
    bytes[at + 7] === 0x2d &&
    bytes[at + 10] === 0x54 &&
    bytes[at + 13] === 0x3a &&
    bytes[at + 16] === 0x3a
  );
}

/** Value of `count` decimal digits, or below zero when one is not a digit. */
function digits(bytes: Uint8Array, at: number, count: number): number {
  let value = 0;
  for (let i = at; i < at + count; i++) {
    const digit = bytes[i]! - 0x30;
    if (!(digit >= 0 && digit <= 9)) return -1;
    value = value * 10 + digit;
  }
  return value;
}

/** Reads `.123` into `out.nanos`; digits past the ninth are dropped. @returns where the zone begins */
function parseFraction(bytes: Uint8Array, { from, to }: { from: number; to: number }, out: Instant): number {
  out.nanos = 0;
  if (bytes[from] !== 0x2e) return from;
  let at = from + 1;
  let scale = NANOS / 10;
  for (; at < to; at++) {
    const digit = bytes[at]! - 0x30;
    if (!(digit >= 0 && digit <= 9)) break;
    out.nanos += digit * Math.floor(scale);
    scale /= 10;
  }
  return at === from + 1 ? from : at;
}

/** Seconds east of UTC of `Z` or `±hh:mm`, which must end the text. */
function zoneSeconds(bytes: Uint8Array, at: number, to: number): number | undefined {
  const sign = bytes[at];
  if (sign === 0x5a) return at + 1 === to ? 0 : undefined;
  if ((sign !== 0x2b && sign !== 0x2d) || at + 6 !== to || bytes[at + 3] !== 0x3a) return undefined;
  const hours = digits(bytes, at + 1, 2);
  const minutes = digits(bytes, at + 4, 2);
  if (hours < 0 || hours > 23 || minutes < 0 || minutes > 59) return undefined;
  return (sign === 0x2d ? -1 : 1) * (hours * 3600 + minutes * 60);
}

function daysOf(year: number, month: number, day: number): number {
  const marchYear = month <= 2 ? year - 1 : year;
  const era = Math.floor(marchYear / 400);
  const yearOfEra = marchYear - era * 400;
  const monthFromMarch = month > 2 ? month - 3 : month + 9;
  const dayOfYear = Math.floor((153 * monthFromMarch + 2) / 5) + day - 1;
  const dayOfEra = yearOfEra * 365 + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100) + dayOfYear;
  return era * ERA_DAYS + dayOfEra - EPOCH_DAYS;
}

function monthDays(year: number, month: number): number {
  if (month === 2) return year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0) ? 29 : 28;
  return month === 4 || month === 6 || month === 9 || month === 11 ? 30 : 31;
}
