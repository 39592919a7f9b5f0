import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { formatDuration, isZero, parseDuration } from './duration.ts';

test('units in any order, the last of each counts', () => {
  assert.deepEqual(parseDuration('2y5m7d3h'), { years: 2, months: 5, days: 7, hours: 3 });
  assert.deepEqual(parseDuration(' 3h12y '), { years: 12, months: 0, days: 0, hours: 3 });
  assert.deepEqual(parseDuration('1d2d13d'), { years: 0, months: 0, days: 13, hours: 0 });
  assert.equal(isZero(parseDuration('')), true);
  assert.equal(isZero(parseDuration('0h')), true);
  assert.equal(isZero(parseDuration('1h')), false);
});

test('anything else is refused', () => {
  for (const text of ['7', 'd', '1w', '1 d', '-1d', '1.5d', '1d2', '1D', 'forever'])
    assert.throws(() => parseDuration(text), { code: 'usage' }, text);
});

test('what is formatted reads back the same', () => {
  const amount = fc.nat(9999);
  fc.assert(
    fc.property(
      fc.record({ years: amount, months: amount, days: amount, hours: amount }, { noNullPrototype: true }),
      (duration) => assert.deepEqual(parseDuration(formatDuration(duration)), duration),
    ),
  );
});
