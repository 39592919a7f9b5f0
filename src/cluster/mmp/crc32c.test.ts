import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { crc32c } from './crc32c.ts';

test('the vectors of RFC 3720, B.4, which invert the end', () => {
  const cases: [Uint8Array, number][] = [
    [new Uint8Array(32), 0x8a9136aa],
    [new Uint8Array(32).fill(0xff), 0x62a8ab43],
    [Uint8Array.from({ length: 32 }, (_, at) => at), 0x46dd794e],
    [Buffer.from('123456789'), 0xe3069283],
  ];
  for (const [bytes, sum] of cases) assert.equal((~crc32c(bytes) >>> 0).toString(16), sum.toString(16));
});

test('a sum can be continued', () => {
  fc.assert(
    fc.property(fc.uint8Array(), fc.uint8Array(), (one, two) => {
      assert.equal(crc32c(two, crc32c(one)), crc32c(Buffer.concat([one, two])));
    }),
  );
});
