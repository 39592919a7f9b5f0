import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createRestoreFilter } from './include.ts';

const ALL = { selected: true, mayHaveSelectedBelow: true };
const NONE = { selected: false, mayHaveSelectedBelow: false };
const BELOW = { selected: false, mayHaveSelectedBelow: true };

test('without patterns everything is selected', () => {
  const filter = createRestoreFilter({});
  assert.equal(filter.isEverything, true);
  assert.deepEqual(filter.choose('/a'), ALL);
});

test('includes lead down to what they name', () => {
  const filter = createRestoreFilter({ include: ['/a/b/*.c'], iinclude: ['/X/y'] });
  assert.equal(filter.isEverything, false);
  assert.deepEqual(filter.choose('/a'), BELOW);
  assert.deepEqual(filter.choose('/a/b'), BELOW);
  assert.deepEqual(filter.choose('/a/b/m.c'), ALL);
  assert.deepEqual(filter.choose('/a/b/m.c/below'), ALL);
  assert.deepEqual(filter.choose('/a/c'), NONE);
  assert.deepEqual(filter.choose('/x/Y'), ALL);
  assert.deepEqual(filter.choose('/y'), NONE);
});

test('excludes close what they match', () => {
  const filter = createRestoreFilter({ exclude: ['/a/b'], iexclude: ['*.LOG'] });
  assert.deepEqual(filter.choose('/a'), ALL);
  assert.deepEqual(filter.choose('/a/b'), NONE);
  assert.deepEqual(filter.choose('/c/x.log'), NONE);
});

test('excludes have the last word over includes', () => {
  const filter = createRestoreFilter({ include: ['/a'], exclude: ['*.o'] });
  assert.deepEqual(filter.choose('/a/m.c'), ALL);
  assert.deepEqual(filter.choose('/a/m.o'), NONE);
});
