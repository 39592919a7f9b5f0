import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { formatAge, formatClock, formatDuration, formatTime, formatTimeNs } from './time.ts';

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;

test('times are local, to the second', () => {
  assert.equal(formatTime(new Date(2026, 0, 5, 3, 4, 9, 999).getTime()), '2026-01-05 03:04:09');
  const timeMs = new Date(2026, 10, 21, 12, 0, 1).getTime();
  assert.equal(formatTimeNs(BigInt(timeMs) * 1_000_000n + 999_999_999n), '2026-11-21 12:00:01');
});

test('a nanosecond before a second belongs to the second before, also before 1970', () => {
  const timeMs = new Date(1965, 5, 1, 12, 0, 1).getTime();
  assert.equal(formatTimeNs(BigInt(timeMs) * 1_000_000n - 1n), '1965-06-01 12:00:00');
});

test('durations show the two largest units', () => {
  const cases: [number, string][] = [
    [0, '0 ms'],
    [850, '850 ms'],
    [999.7, '1.0 s'],
    [12_340, '12.3 s'],
    [59_960, '1 min'],
    [125_000, '2 min 5 s'],
    [HOUR_MS - 1, '1 h'],
    [4 * HOUR_MS + 12 * MINUTE_MS, '4 h 12 min'],
    [3 * DAY_MS + 4 * HOUR_MS, '3 d 4 h'],
    [DAY_MS - 1, '1 d'],
    [-5, '0 ms'],
  ];
  for (const [ms, text] of cases) assert.equal(formatDuration(ms), text);
});

test('no duration shows a full unit as sixty', () => {
  fc.assert(fc.property(fc.nat(40 * DAY_MS), (ms) => !/\b(?:60\.0 s|60 s|60 min|24 h)\b/.test(formatDuration(ms))));
});

test('ages', () => {
  assert.equal(formatAge(1000, 1000 + 3 * DAY_MS), '3 d ago');
  assert.equal(formatAge(1000, 1500), 'just now');
  assert.equal(formatAge(2 * HOUR_MS, 0), 'in 2 h');
});

test('clock', () => {
  assert.equal(formatClock(6001), '0:07');
  assert.equal(formatClock(754_000), '12:34');
  assert.equal(formatClock(3 * HOUR_MS + 4 * MINUTE_MS + 5000), '3:04:05');
});
