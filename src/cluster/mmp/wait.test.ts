import assert from 'node:assert/strict';
import { test } from 'node:test';
import { decodeBeginning, decodeProtected } from './decode.ts';
import { INCOMPAT, type SampleMmp, sampleBeginning, sampleMmp } from './sample-blocks.ts';
import { mountWaitOf, stillnessOf, updateIntervalOf } from './wait.ts';

const read = (updateIntervalS: number, mmp: SampleMmp) => {
  const beginning = decodeBeginning(sampleBeginning({ updateIntervalS }));
  assert.ok(!beginning.isWhole);
  return decodeProtected(beginning.superblock, sampleMmp(mmp));
};

test('a mount waits as measured on Linux 6.18 and as its source says', () => {
  const cases: [updateS: number, checkS: number, refusedS: number, mountedS: number][] = [
    // Measured: refused after 11.2 s, after a crash mounted after 22.2 s.
    [1, 5, 11, 22],
    // Measured: 21.6 s and 44.8 s.
    [5, 10, 21, 42],
    [5, 5, 11, 22],
    [0, 0, 11, 22],
    [30, 5, 61, 122],
    [59, 59, 119, 238],
    [60, 5, 120, 240],
    [5, 300, 360, 720],
  ];
  for (const [updateS, checkIntervalS, refusedAfterS, mountsAfterS] of cases)
    assert.deepEqual(mountWaitOf(read(updateS, { sequence: 7, checkIntervalS })), { mountsAfterS, refusedAfterS });
});

test('marks are acted on at once', () => {
  assert.deepEqual(mountWaitOf(read(5, {})), { mountsAfterS: 0, refusedAfterS: undefined });
  assert.deepEqual(mountWaitOf(read(5, { sequence: 0xe24d4d50 })), { mountsAfterS: undefined, refusedAfterS: 0 });
  const bare = decodeBeginning(sampleBeginning({ incompat: INCOMPAT.wide }));
  assert.ok(bare.isWhole);
  assert.deepEqual(mountWaitOf(bare.reading), { mountsAfterS: 0, refusedAfterS: undefined });
  const other = decodeBeginning(Buffer.alloc(4096));
  assert.ok(other.isWhole);
  assert.deepEqual(mountWaitOf(other.reading), { mountsAfterS: undefined, refusedAfterS: 0 });
});

test('an update interval of 0 is the default', () => {
  assert.equal(updateIntervalOf(read(0, {})), 5);
  assert.equal(updateIntervalOf(read(3, {})), 3);
  assert.equal(stillnessOf(read(0, { checkIntervalS: 0 })), 11);
});
