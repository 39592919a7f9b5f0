import assert from 'node:assert/strict';
import { test } from 'node:test';
import { findStaleKernels, listSources } from '../scripts/kernels.ts';

test('every checked-in kernel is what its source builds to', () => {
  assert.ok(listSources().includes('chunker.ts'));
  assert.deepEqual(findStaleKernels(), []);
});
