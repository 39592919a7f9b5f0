import assert from 'node:assert/strict';
import { test } from 'node:test';
import { nearest } from './nearest.ts';

test('slips of the finger are near, other words are not', () => {
  const words = ['retention', 'readBack', 'schedule', 'sources', 'tags'];
  const cases: [string, string[]][] = [
    ['retenton', ['retention']],
    ['readback', ['readBack']],
    ['read-back', ['readBack']],
    ['shcedule', ['schedule']],
    ['sched', ['schedule']],
    ['tag', ['tags']],
    ['prune', []],
    ['', []],
  ];
  for (const [word, expected] of cases) assert.deepEqual(nearest(word, words), expected, word);
});

test('of equally near ones there are at most three', () => {
  assert.deepEqual(nearest('ax', ['aa', 'ab', 'ac', 'ad']), []);
  assert.deepEqual(nearest('abcx', ['abca', 'abcb', 'abcd', 'abce']), ['abca', 'abcb', 'abcd']);
  assert.deepEqual(nearest('word', []), []);
});
