import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { encodeTime, encodeTimeParts, instantOf, parseInstant } from './time.ts';

test('times have the exact text restic writes', () => {
  assert.equal(encodeTime(0n), '1970-01-01T00:00:00Z');
  assert.equal(encodeTime(-1_500_000_000n), '1969-12-31T23:59:58.5Z');
  assert.equal(encodeTime(1_700_000_000_000_000_001n), '2023-11-14T22:13:20.000000001Z');
  assert.equal(encodeTimeParts(1_700_000_000, 120_000_000), '2023-11-14T22:13:20.12Z');
  assert.equal(encodeTimeParts(951_782_400, 0), '2000-02-29T00:00:00Z');
});

test('years outside 0..9999 are brought to the nearest of them', () => {
  assert.equal(encodeTimeParts(253_402_300_799, 0), '9999-12-31T23:59:59Z');
  assert.equal(encodeTimeParts(253_402_300_800, 0), '9999-01-01T00:00:00Z');
  assert.equal(encodeTimeParts(Date.UTC(10_000, 1, 29) / 1000, 0), '9999-03-01T00:00:00Z');
  assert.equal(encodeTimeParts(-62_167_219_201, 0), '0000-12-31T23:59:59Z');
  assert.match(encodeTime(2n ** 63n * 1_000_000_000n), /^9999-\d\d-\d\dT\d\d:\d\d:\d\dZ$/);
});

test('the calendar agrees with Date for every day of its common range', () => {
  for (let day = -719_528; day < 2_932_896; day += 13) {
    const text = encodeTimeParts(day * 86_400, 0);
    assert.equal(text.slice(0, 10), new Date(day * 86_400_000).toISOString().slice(0, 10));
    assert.equal(parseInstant(text)?.seconds, day * 86_400);
  }
});

test('any instant survives', () => {
  const seconds = fc.integer({ min: -62_167_219_200, max: 253_402_300_799 });
  const nanos = fc.oneof(fc.nat(999_999_999), fc.constantFrom(0, 1, 10, 500_000_000));
  fc.assert(
    fc.property(seconds, nanos, (s, n) => {
      const ns = BigInt(s) * 1_000_000_000n + BigInt(n);
      assert.deepEqual(instantOf(ns), { seconds: s, nanos: n });
      assert.deepEqual(parseInstant(encodeTime(ns)), { seconds: s, nanos: n });
    }),
  );
});

test('zone offsets count, and long fractions are cut to nanoseconds', () => {
  const instant = parseInstant('2023-11-14T22:13:20.123456789999Z');
  assert.deepEqual(instant, { seconds: 1_700_000_000, nanos: 123_456_789 });
  assert.equal(parseInstant('2023-11-15T03:43:20+05:30')?.seconds, 1_700_000_000);
  assert.equal(parseInstant('2023-11-14T14:13:20-08:00')?.seconds, 1_700_000_000);
});

test('what is not a time is not read as one', () => {
  const bad = [
    ...[
      '',
      '2023-11-14',
      '2023-11-14T22:13:20',
      '2023-11-14 22:13:20Z',
      '2023-13-14T22:13:20Z',
      '2023-02-29T22:13:20Z',
    ],
    ...[
      '2023-11-14T24:13:20Z',
      '2023-11-14T22:60:20Z',
      '2023-11-14T22:13:60Z',
      '2023-11-14T22:13:20.Z',
      '20x3-11-14T22:13:20Z',
    ],
    ...['2023-11-14T22:13:20+0530', '2023-11-14T22:13:20+24:00', '2023-11-14T22:13:20Zx', '2023-11-14T22:13:20.5'],
  ];
  for (const text of bad) assert.equal(parseInstant(text), undefined, text);
  const unit = fc.constantFrom(...'0123456789-T:.+Zx');
  fc.assert(fc.property(fc.string({ unit, maxLength: 40 }), (text) => void parseInstant(text)));
});
