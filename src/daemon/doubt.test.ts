import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isInDoubt, type Mark, markOf } from './doubt.ts';

const held = (at: number): Mark => markOf({ releasedMs: undefined, isWrong: false }, at);
const right = (at: number): Mark => markOf({ releasedMs: 1000, isWrong: false }, at);
const wrong = (at: number, untilMs: number): Mark => markOf({ releasedMs: untilMs, isWrong: true }, at);
/** Points 1 to 9, made at 10, 20, … */
const doubted = (...marks: Mark[]): number[] =>
  [1, 2, 3, 4, 5, 6, 7, 8, 9].filter((at) => isInDoubt(at, at * 10, marks));

test('nothing is in doubt without an unusual point, nor after one that is right', () => {
  assert.deepEqual(doubted(), []);
  assert.deepEqual(doubted(right(5)), []);
});

test('an unusual point and all that follow are, until somebody looks', () => {
  assert.deepEqual(doubted(held(6)), [6, 7, 8, 9]);
});

test('whoever finds a later one right has looked, whatever of the earlier one', () => {
  assert.deepEqual(doubted(held(4), right(6)), [4, 5]);
  assert.deepEqual(doubted(right(4), held(6)), [6, 7, 8, 9]);
  assert.deepEqual(doubted(held(6), right(4)), [6, 7, 8, 9], 'in any order');
});

test('a wrong one stays in doubt with what followed until that was said', () => {
  assert.deepEqual(doubted(wrong(4, 65)), [4, 5, 6]);
});
