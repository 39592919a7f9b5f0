import assert from 'node:assert/strict';
import { test } from 'node:test';
import { constants, createZstdCompress, zstdCompressSync, zstdDecompressSync } from 'node:zlib';
import fc from 'fast-check';
import { damaged, throwsOnlyAppError } from '../../test/fuzz.ts';
import { decodeUnpacked, encodeUnpacked } from './unpacked.ts';

const JSON_BYTES = Buffer.from(JSON.stringify({ packs: Array.from({ length: 100 }, (_, i) => `pack ${i}`) }));

test('any content comes back, and another zstd reads it', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 3000 }), (bytes) => {
      const encoded = encodeUnpacked(bytes);
      assert.equal(encoded[0], 2);
      assert.deepEqual(decodeUnpacked(encoded, 'x'), bytes);
      assert.deepEqual(new Uint8Array(zstdDecompressSync(encoded.subarray(1))), bytes);
    }),
  );
});

test('frames without a size, as streaming writers make them, are read', async () => {
  const long = Buffer.alloc(200_000, 'restic');
  const stream = createZstdCompress({ params: { [constants.ZSTD_c_contentSizeFlag]: 0 } });
  stream.end(long);
  const frame = await stream.toArray();
  assert.deepEqual(Buffer.from(decodeUnpacked(Buffer.concat([Buffer.of(2), ...frame]), 'x')), long);
});

test('plain JSON and nothing at all pass as they are', () => {
  for (const text of ['{"a":1}', '[]', ''])
    assert.equal(Buffer.from(decodeUnpacked(Buffer.from(text), 'x')).toString(), text);
});

test('what cannot be decoded is refused by name', () => {
  const whole = Buffer.concat([Buffer.of(2), zstdCompressSync(JSON_BYTES)]);
  for (const bytes of [
    Buffer.from('x{}'),
    Buffer.of(2),
    Buffer.of(1, 2),
    whole.subarray(0, -3),
    Buffer.concat([whole, Buffer.of(1)]),
  ])
    assert.throws(() => decodeUnpacked(bytes, 'index ab'), { code: 'file-damaged', message: /index ab/ });
});

test('a frame that claims to be enormous is not given the room', () => {
  // magic, single segment with an 8-byte content size of 2^40, one raw block of nothing
  const bomb = Buffer.from('0228b52ffde00000000000010000010000', 'hex');
  assert.throws(() => decodeUnpacked(bomb, 'index ab'), { code: 'file-damaged', message: /too many/ });
});

test('damaged frames raise nothing but an error of the registry', () => {
  fc.assert(
    fc.property(damaged(encodeUnpacked(JSON_BYTES)), (bytes) => throwsOnlyAppError(() => decodeUnpacked(bytes, 'x'))),
    { numRuns: 300 },
  );
});
