import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { SEGMENT_GAP_BYTES_MAX } from '../base/limits.ts';
import { BlobTable } from './blob-table.ts';
import { segmentsOf } from './segments.ts';

const BYTES_MAX = 1 << 20;

/** Blobs one after the other in a few packs, and which of them are wanted. */
const layout = fc.array(
  fc.record({ pack: fc.nat(3), length: fc.integer({ min: 32, max: 2 * BYTES_MAX }), isWanted: fc.boolean() }),
  { maxLength: 60 },
);

test('every wanted blob lies in one segment, and segments are no larger than they may be', () => {
  fc.assert(
    fc.property(layout, (blobs) => {
      const table = new BlobTable();
      const ends = [0, 0, 0, 0];
      for (const [i, { pack, length }] of blobs.entries()) {
        const id = new Uint8Array(32).fill(i + 1);
        table.add(id, { kind: 'data', pack, offset: ends[pack]!, length, uncompressedLength: 0 });
        ends[pack]! += length;
      }
      const wanted = [...blobs.keys()].filter((blob) => blobs[blob]!.isWanted);
      const ordered = Uint32Array.from(wanted.sort((a, b) => blobs[a]!.pack - blobs[b]!.pack || a - b));
      const segments = [...segmentsOf(table, ordered, BYTES_MAX)];
      assert.deepEqual(
        segments.flatMap((segment) => [...segment.blobs]),
        [...ordered],
      );
      for (const { pack, offset, length, blobs: inside } of segments) {
        assert.ok(length <= BYTES_MAX || inside.length === 1);
        let end = offset;
        for (const blob of inside) {
          assert.equal(table.packOf(blob), pack);
          assert.ok(table.offsetOf(blob) >= end && table.offsetOf(blob) - end <= SEGMENT_GAP_BYTES_MAX);
          end = table.offsetOf(blob) + table.lengthOf(blob);
        }
        assert.equal(end, offset + length);
      }
    }),
  );
});

test('blobs that overlap, as a damaged index may claim, are in segments of their own', () => {
  const table = new BlobTable();
  for (const offset of [0, 50]) {
    const id = new Uint8Array(32).fill(offset + 1);
    table.add(id, { kind: 'data', pack: 0, offset, length: 100, uncompressedLength: 0 });
  }
  assert.deepEqual(
    [...segmentsOf(table, Uint32Array.of(0, 1))].map(({ offset, length }) => [offset, length]),
    [
      [0, 100],
      [50, 100],
    ],
  );
});
