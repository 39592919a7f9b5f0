import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { hasCode } from '../base/errors.ts';
import { parseMoment } from './moment.ts';
import { zoneClock } from './zone-clock.ts';

test('the clock of a zone is told with the offset of the day', () => {
  const times = [
    ['UTC', '2026-11-21T02:00:00Z', '2026-11-21T02:00:00+00:00'],
    ['Europe/Berlin', '2026-03-29T00:59:59Z', '2026-03-29T01:59:59+01:00'],
    ['Europe/Berlin', '2026-03-29T01:00:00Z', '2026-03-29T03:00:00+02:00'],
    ['America/St_Johns', '2026-01-01T02:00:00Z', '2025-12-31T22:30:00-03:30'],
    ['Asia/Kathmandu', '2026-01-01T18:15:00Z', '2026-01-02T00:00:00+05:45'],
  ] as const;
  for (const [zone, given, expected] of times) {
    assert.equal(zoneClock(zone).timeOf(Date.parse(given)), expected);
    assert.equal(zoneClock(zone).dateOf(Date.parse(given)), expected.slice(0, 10));
  }
});

test('what is told is the same time again', () => {
  const zone = fc.constantFrom('UTC', 'Europe/Berlin', 'America/New_York', 'Australia/Lord_Howe', 'Pacific/Apia');
  const second = fc.integer({ min: 0, max: 4_000_000_000 });
  fc.assert(
    fc.property(zone, second, (name, seconds) => {
      const { epochNs } = parseMoment(zoneClock(name).timeOf(seconds * 1000));
      assert.equal(epochNs, BigInt(seconds) * 1_000_000_000n);
    }),
  );
});

test('a zone that is not known is refused', () => {
  assert.throws(
    () => zoneClock('Europe/Atlantis'),
    (error) => hasCode(error, 'usage') && error.message.includes('Europe/Atlantis'),
  );
});
