import assert from 'node:assert/strict';
import { createCipheriv, createHash, randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { suite, test } from 'node:test';
import { zstdCompressSync, zstdDecompressSync } from 'node:zlib';
import fc from 'fast-check';
import { BugError } from '../base/assert.ts';
import { BlockCipher, CtrCipher, Poly1305, sha256Into, Zstd } from './codec.ts';

interface Vector {
  msg: string;
  r: string;
  k: string;
  nonce: string;
  tag: string;
}
const fixture = new URL('../../test/fixtures/vault/sealing.json', import.meta.url);
const { poly1305aes } = JSON.parse(readFileSync(fixture, 'utf8')) as { poly1305aes: Vector[] };
const bytes = (hex: string): Uint8Array => Uint8Array.from(Buffer.from(hex, 'hex'));
const message = fc.uint8Array({ maxLength: 300 });
const bytesOf = (count: number): fc.Arbitrary<Uint8Array> => fc.uint8Array({ minLength: count, maxLength: count });

suite('ciphers', () => {
  test('Poly1305-AES gives the tags of its paper', () => {
    assert.equal(poly1305aes.length, 4);
    const poly = new Poly1305();
    for (const { msg, r, k, nonce, tag } of poly1305aes) {
      const key = new Uint8Array(32);
      key.set(bytes(r));
      new BlockCipher(bytes(k)).encryptBlock(bytes(nonce), key.subarray(16));
      const out = new Uint8Array(16);
      poly.tagInto(key, bytes(msg), out);
      assert.deepEqual(out, bytes(tag));
    }
  });

  test('AES-256-CTR agrees with Node, in place and across a carry of the whole counter', () => {
    const iv = fc.oneof(bytesOf(16), fc.constant(new Uint8Array(16).fill(0xff)));
    fc.assert(
      fc.property(bytesOf(32), iv, message, (key, counter, data) => {
        const expected = createCipheriv('aes-256-ctr', key, counter).update(data);
        const cipher = new CtrCipher(key);
        const out = Uint8Array.from(data);
        cipher.apply(counter, out);
        assert.deepEqual(Buffer.from(out), expected);
        cipher.apply(counter, out);
        assert.deepEqual(out, data);
      }),
    );
  });

  test('keys of wrong length are bugs', () => {
    assert.throws(() => new CtrCipher(new Uint8Array(16)), BugError);
    assert.throws(() => new BlockCipher(new Uint8Array(32)), BugError);
  });
});

test('SHA-256 agrees with Node', () => {
  const out = new Uint8Array(32);
  fc.assert(
    fc.property(message, (data) => {
      sha256Into(data, out);
      assert.equal(Buffer.from(out).toString('hex'), createHash('sha256').update(data).digest('hex'));
    }),
  );
});

suite('Zstandard', () => {
  const zstd = new Zstd();

  test('frames cross between this and Node, and declare their size', () => {
    fc.assert(
      fc.property(message, fc.integer({ min: -5, max: 9 }), (data, level) => {
        const out = new Uint8Array(1000);
        const length = zstd.compress(data, out, level);
        assert.ok(length !== undefined);
        const frame = out.subarray(0, length);
        assert.equal(zstd.contentSize(frame), data.length);
        assert.deepEqual(new Uint8Array(zstdDecompressSync(frame)), data);
        const back = new Uint8Array(data.length);
        assert.equal(zstd.decompress(new Uint8Array(zstdCompressSync(data)), back), data.length);
        assert.deepEqual(back, data);
      }),
    );
  });

  test('what does not fit is told, not cut', () => {
    const data = new Uint8Array(randomBytes(5000));
    assert.equal(zstd.compress(data, new Uint8Array(4000), 3), undefined);
    const frame = new Uint8Array(zstdCompressSync(data));
    assert.equal(zstd.decompress(frame, new Uint8Array(4999)), undefined);
    assert.equal(zstd.decompress(frame.subarray(0, -1), new Uint8Array(5000)), undefined);
    assert.equal(zstd.contentSize(Buffer.from('no frame at all')), undefined);
  });
});
