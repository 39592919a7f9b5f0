import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { damaged, throwsOnlyAppError } from '../../test/fuzz.ts';
import { BugError } from '../base/assert.ts';
import type { BlobId } from '../base/ids.ts';
import type { BlobKind, PackedBlob } from './model.ts';
import { decodePackHeader, encodePackHeader, headerEntrySize } from './pack-header.ts';

const id = fc.uint8Array({ minLength: 32, maxLength: 32 }).map((bytes) => Buffer.from(bytes).toString('hex') as BlobId);
const blob = fc.record(
  {
    id,
    kind: fc.constantFrom<BlobKind>('data', 'tree'),
    offset: fc.constant<number>(0),
    length: fc.integer({ min: 32, max: 100_000_000 }),
    uncompressedLength: fc.oneof(fc.constant(0), fc.integer({ min: 1, max: 0xffff_ffff })),
  },
  { noNullPrototype: true },
);
const pack = fc.array(blob, { maxLength: 40 }).map((blobs) => {
  let offset = 0;
  for (const each of blobs) {
    each.offset = offset;
    offset += each.length;
  }
  return blobs;
});
const ID = '00112233445566778899aabbccddeeff'.repeat(2) as BlobId;
const TWO: PackedBlob[] = [
  { id: ID, kind: 'tree', offset: 0, length: 0x01020304, uncompressedLength: 0x0a0b0c0d },
  { id: ID, kind: 'data', offset: 0x01020304, length: 32, uncompressedLength: 0 },
];

test('entries have the layout of the format', () => {
  const text = `03040302010d0c0b0a${ID}0020000000${ID}`;
  assert.equal(Buffer.from(encodePackHeader(TWO)).toString('hex'), text);
  assert.deepEqual(decodePackHeader(Buffer.from(text, 'hex')), TWO);
  assert.deepEqual(TWO.map(headerEntrySize), [41, 37]);
});

test('any pack reads back as written', () => {
  fc.assert(fc.property(pack, (blobs) => assert.deepEqual(decodePackHeader(encodePackHeader(blobs)), blobs)));
  assert.deepEqual(decodePackHeader(new Uint8Array(0)), []);
});

test('gaps between blobs are a bug of the writer', () => {
  assert.throws(() => encodePackHeader([TWO[1]!]), BugError);
});

test('headers that cannot be true are refused', () => {
  const whole = encodePackHeader(TWO);
  const changed = (at: number, byte: number): Uint8Array => whole.map((old, i) => (i === at ? byte : old));
  const bad = [
    ...[whole.subarray(1), whole.subarray(0, 40), whole.subarray(0, 42), whole.subarray(0, -1), changed(0, 4)],
    ...[changed(42, 31), new Uint8Array(41).fill(2, 0, 1), new Uint8Array(16 * 1024 * 1024 + 5)],
  ];
  for (const bytes of bad) assert.throws(() => decodePackHeader(bytes), { code: 'file-damaged' });
  const huge = { ...TWO[0]!, offset: 0, length: 0xffff_ffff };
  const twice = Buffer.concat([encodePackHeader([huge]), encodePackHeader([huge])]);
  assert.throws(() => decodePackHeader(twice), { code: 'file-damaged', message: /more than 4 GiB/ });
});

test('damaged headers raise nothing but an error of the registry', () => {
  fc.assert(
    fc.property(damaged(encodePackHeader(TWO)), (bytes) => throwsOnlyAppError(() => decodePackHeader(bytes))),
    { numRuns: 500 },
  );
});
