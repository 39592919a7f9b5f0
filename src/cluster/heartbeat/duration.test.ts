import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { formatDuration, parseDuration } from './duration.ts';

describe('times of Heartbeat', () => {
  const cases: readonly (readonly [string, number | undefined])[] = [
    ['1', 1000],
    ['2ms', 2],
    ['200MS', 200],
    ['5msec', 5],
    ['1.5', 1500],
    ['.5', 500],
    ['1..5', 1000],
    ['0.0004', 0],
    ['501us', 1],
    ['499us', 0],
    ['2s', undefined],
    ['1min', undefined],
    ['1e3', undefined],
    ['-1', undefined],
    ['', undefined],
    ['ms', undefined],
  ];
  for (const [text, ms] of cases)
    it(`${JSON.stringify(text)} is ${ms ?? 'refused'}`, () => assert.equal(parseDuration(text), ms));

  it('reads back what it writes', () => {
    fc.assert(fc.property(fc.nat(1e9), (ms) => assert.equal(parseDuration(formatDuration(ms)), ms)));
  });
});
