import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseDuration } from './duration.ts';
import { before, dayOf, hourOf, monthOf, parseMoment, weekOf, yearOf } from './moment.ts';

test('reads RFC 3339 to the nanosecond', () => {
  const plain = parseMoment('2026-08-02T10:00:00Z').epochNs;
  assert.equal(plain, BigInt(Date.UTC(2026, 7, 2, 10)) * 1_000_000n);
  assert.equal(parseMoment('2026-08-02T10:00:00.000000001Z').epochNs, plain + 1n);
  assert.equal(parseMoment('2026-08-02T12:30:00+02:30').epochNs, plain);
  assert.equal(parseMoment('2026-08-02T06:00:00.5-04:00').epochNs, plain + 500_000_000n);
  assert.ok(parseMoment('0001-01-01T00:00:00Z').epochNs < 0n);
});

test('refuses what is no time', () => {
  for (const text of ['', '2026-08-02', '2026-13-02T10:00:00Z', '2026-08-02T10:00:00', '2026-08-02 10:00:00Z', 'today'])
    assert.throws(() => parseMoment(text), { code: 'file-damaged' }, text);
});

test('hours, days, months and years are those of the own clock', () => {
  const evening = parseMoment('2025-12-31T23:30:00.9-05:00');
  assert.equal(hourOf(evening), '2025-12-31T23');
  assert.equal(dayOf(evening), '2025-12-31');
  assert.equal(monthOf(evening), '2025-12');
  assert.equal(yearOf(evening), '2025');
  assert.equal(dayOf(parseMoment('1969-12-31T23:59:59.999999999Z')), '1969-12-31');
});

test('ISO 8601 weeks', () => {
  const weeks: [day: string, week: string][] = [
    ['2005-01-01', '2004-W53'],
    ['2005-01-03', '2005-W1'],
    ['2005-12-31', '2005-W52'],
    ['2007-01-01', '2007-W1'],
    ['2008-12-28', '2008-W52'],
    ['2008-12-29', '2009-W1'],
    ['2010-01-03', '2009-W53'],
    ['2024-12-30', '2025-W1'],
    ['2026-08-02', '2026-W31'],
    ['2026-12-31', '2026-W53'],
  ];
  for (const [day, week] of weeks) assert.equal(weekOf(parseMoment(`${day}T23:59:59Z`)), week, day);
});

test('spans are counted by the calendar', () => {
  const spans: [from: string, span: string, expected: string][] = [
    ['2026-03-31T12:00:00Z', '1m', '2026-03-03T12:00:00Z'],
    ['2024-03-31T12:00:00Z', '1m', '2024-03-02T12:00:00Z'],
    ['2024-02-29T12:00:00Z', '1y', '2023-03-01T12:00:00Z'],
    ['2026-08-02T01:00:00+02:00', '1d2h', '2026-07-31T23:00:00+02:00'],
    ['2026-01-15T00:00:00.000000007Z', '14m', '2024-11-15T00:00:00.000000007Z'],
  ];
  for (const [from, span, expected] of spans)
    assert.equal(before(parseMoment(from), parseDuration(span)), parseMoment(expected).epochNs, `${from} - ${span}`);
});

test('a span beyond the calendar reaches behind everything', () => {
  const start = before(parseMoment('2026-08-02T10:00:00Z'), parseDuration('999999999y'));
  assert.ok(start < parseMoment('0001-01-01T00:00:00Z').epochNs);
});
