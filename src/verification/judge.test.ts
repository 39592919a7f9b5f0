import assert from 'node:assert/strict';
import { test } from 'node:test';
import { judgeProof } from './judge.ts';

const NOW = 1_000_000_000;
const LIMITS = { nowMs: NOW, provenForMs: 100 };

function judge(needed: Iterable<string>, verified: Record<string, number>) {
  return judgeProof(needed, new Map(Object.entries(verified)), LIMITS);
}

test('is proven when every pack was read, and as fresh as the oldest reading', () => {
  const state = judge(['a', 'b'], { a: NOW - 100, b: NOW, c: NOW - 5000 });
  assert.deepEqual(state, { isProven: true, provenMs: NOW - 100, missing: 0, aged: 0 });
});

test('one pack that was never read is enough not to be', () => {
  const state = judge(new Set(['a', 'b', 'c']), { a: NOW });
  assert.deepEqual(state, { isProven: false, provenMs: undefined, missing: 2, aged: 0 });
});

test('one reading that is too long ago as well', () => {
  const state = judge(['a', 'b'], { a: NOW - 101, b: NOW });
  assert.deepEqual(state, { isProven: false, provenMs: NOW - 101, missing: 0, aged: 1 });
});

test('nothing is proven by nothing', () => {
  assert.deepEqual(judge([], { a: NOW }), { isProven: false, provenMs: undefined, missing: 0, aged: 0 });
});

test('a clock that was set back proves nothing by readings of a time to come', () => {
  const state = judge(['a'], { a: NOW + 3_600_000 });
  assert.deepEqual(state, { isProven: false, provenMs: undefined, missing: 1, aged: 0 });
  assert.equal(judge(['a'], { a: NOW + 1000 }).isProven, true, 'steps of seconds are ordinary');
});
