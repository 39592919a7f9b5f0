import assert from 'node:assert/strict';
import { createCipheriv, createHash } from 'node:crypto';
import { test } from 'node:test';
import fc from 'fast-check';
import { BugError } from '../base/assert.ts';
import { KIB, MIB } from '../base/bytes.ts';
import { hasCode } from '../base/errors.ts';
import { CHUNK_BYTES_MAX, CHUNK_BYTES_MIN, Chunker } from './chunk.ts';

const POLYNOMIAL = '3da3358b4dc173';
/** How far the kernel's sixteen lanes begin apart; other values leave the tests true, but weaker. */
const LANE_BYTES = 3056;

/** Length and SHA-256 of each chunk that stock restic made of `keystream(0, 32 MiB)` with this polynomial. */
const RESTIC_CHUNKS: [number, string][] = [
  [551133, '3ce030d97b29f48d1976586188dbcda336f6a3cbefa0688044e6cb9e1dbd5b58'],
  [640712, '074630d6b7216556abae8019136cd4d88c03cf7f6d797bc908be639477953365'],
  [2766582, 'a89379ee810e0b9273bc05e1de2409a9f54312e9f92a957ff06aee7037a853c6'],
  [898583, '2a4a7a1c8e43abee679d0a71d0b105dcccf1eb46df78dacbcd4d110afd461ea2'],
  [2782732, '691f4c7c442a3d1a9bef8f1ffdcde472b17b38de124725c44d1d54292875043f'],
  [2263350, 'cb9cbc8f9fe34b2a62af5c6a524fe3c789477b5ce8bdc14117c9b157404476b7'],
  [531615, 'd7545cf76e2dd78faf39d8ca6c961b2457930093c5f9083187cf399d2fa18c75'],
  [1191198, 'c8f0bc8854e554d08dcba707515121f4df21eb40dd63087509afca4c45fce3d4'],
  [3039727, '618b3ab416c6c9d024d49cd30171c55ef220ef2b67911880a55e525e52f11d7c'],
  [3056265, '885e8b56714e299b0c046a8f231f0df4d157e4cc5fb05d9df1e7947f0230d47f'],
  [6102139, '50df04d908c2a4c8ca866a4356d8da9ec8e196cf5b25061c1573e7a54a441e80'],
  [872917, '1a5ccfc7fea84456148d62c51355a41fdc4e189f2d665cf64f530678e77f1123'],
  [919848, '1f995401aa969cbc44cbe018497f14496331991b5d34b42229264daeba64a964'],
  [1608882, 'b61c807c92a25b069f6b67acf26282d163db94d613f5d8829a7f69065bad996b'],
  [1844092, '9f7b9baed5bfd54fa5302db7a2485de3f456ab7a4c0191b62ba3c98df31a7384'],
  [1605195, '0c1b3d3dab2185b532fd89ef9786071bcd7086b7ab2d24ffafd2284e183dfb49'],
  [2879462, '124933c15b910668dab200415d512d4420d557c2fe2fdcf42eda53a164d37a8e'],
];

/** 64 bytes that end a chunk wherever they stand: the end of restic's first one. */
const CUTTING_WINDOW = keystream(0, 1 * MIB).subarray(RESTIC_CHUNKS[0]![0] - 64, RESTIC_CHUNKS[0]![0]);

/** 64 bytes that nearly do: sixteen of the twenty bits are zero, which is all that the kernel's lanes look at. */
const NEARLY_CUTTING_WINDOW = keystream(0, 1 * MIB).subarray(23_686 - 64, 23_686);

test('cuts the chunks that restic cuts', () => {
  const data = keystream(0, 32 * MIB);
  const chunker = new Chunker(POLYNOMIAL, data.length);
  chunker.buffer.set(data);
  const cuts = cutsOf(chunker, data.length);
  assert.deepEqual(
    lengths(cuts),
    RESTIC_CHUNKS.map(([length]) => length),
  );
  const ids = cuts.map((cut, i) =>
    createHash('sha256')
      .update(data.subarray(cuts[i - 1] ?? 0, cut))
      .digest('hex'),
  );
  assert.deepEqual(
    ids,
    RESTIC_CHUNKS.map(([, id]) => id),
  );
});

test('the reference of these tests cuts them too', () => {
  assert.deepEqual(
    lengths(referenceCuts(keystream(0, 32 * MIB), POLYNOMIAL)),
    RESTIC_CHUNKS.map(([length]) => length),
  );
});

test('zeros are cut at the least length, data without a cut at the greatest', () => {
  const chunker = new Chunker(POLYNOMIAL, 18 * MIB);
  assert.deepEqual(lengths(cutsOf(chunker, 2 * MIB)), [
    CHUNK_BYTES_MIN,
    CHUNK_BYTES_MIN,
    CHUNK_BYTES_MIN,
    CHUNK_BYTES_MIN,
  ]);
  chunker.buffer.fill(255);
  assert.deepEqual(lengths(cutsOf(chunker, 18 * MIB)), [CHUNK_BYTES_MAX, CHUNK_BYTES_MAX, 2 * MIB]);
});

test('input shorter than a chunk is not cut', () => {
  const chunker = new Chunker(POLYNOMIAL, MIB);
  for (const length of [0, 1, 63, 64, 65, CHUNK_BYTES_MIN - 1]) assert.equal(chunker.cut(0, length), undefined);
  assert.equal(chunker.cut(0, CHUNK_BYTES_MIN), CHUNK_BYTES_MIN);
  assert.equal(chunker.cut(MIB, MIB), undefined);
});

test('a cut counts from the least length on and no later than the greatest', () => {
  const chunker = new Chunker(POLYNOMIAL, 9 * MIB);
  const around = (at: number) =>
    [-129, -65, -64, -63, -17, -16, -15, -2, -1, 0, 1, 2, 15, 16, 17, 63, 64, 65].map((d) => at + d);
  for (const at of [
    ...around(CHUNK_BYTES_MIN),
    ...around(CHUNK_BYTES_MIN + 16 * LANE_BYTES),
    ...around(CHUNK_BYTES_MAX),
  ]) {
    const data = uncut(9 * MIB);
    data.set(CUTTING_WINDOW, at - 64);
    chunker.buffer.set(data);
    const expected = at < CHUNK_BYTES_MIN ? CHUNK_BYTES_MAX : Math.min(at, CHUNK_BYTES_MAX);
    assert.equal(chunker.cut(0, data.length), expected, `window at ${at}`);
    assert.equal(chunker.cut(0, expected - 1), undefined, `window at ${at}, one byte short`);
    assert.equal(chunker.resume(expected), expected, `window at ${at}, then that byte`);
  }
});

test('the first of several cuts wins, whichever lane finds it', () => {
  const chunker = new Chunker(POLYNOMIAL, 2 * MIB);
  const offset = fc.integer({ min: CHUNK_BYTES_MIN, max: 2 * MIB });
  const property = fc.property(fc.uniqueArray(offset, { minLength: 1, maxLength: 40 }), (offsets) => {
    const apart = offsets.sort((a, b) => a - b).filter((at, i) => i === 0 || at - offsets[i - 1]! >= 64);
    chunker.buffer.set(uncut(2 * MIB));
    for (const at of apart) chunker.buffer.set(CUTTING_WINDOW, at - 64);
    assert.equal(chunker.cut(0, 2 * MIB), apart[0]);
  });
  fc.assert(property, { numRuns: 200 });
});

test('what nearly cuts neither cuts nor hides a cut that another lane finds in the same step', () => {
  const chunker = new Chunker(POLYNOMIAL, 2 * MIB);
  for (const [near, lane] of [
    [0, 1],
    [2, 15],
    [9, 3],
  ] as const) {
    const data = uncut(2 * MIB);
    data.set(NEARLY_CUTTING_WINDOW, CHUNK_BYTES_MIN + near * LANE_BYTES + 100 - 64);
    chunker.buffer.set(data);
    assert.equal(chunker.cut(0, data.length), undefined);
    chunker.buffer.set(CUTTING_WINDOW, CHUNK_BYTES_MIN + lane * LANE_BYTES + 100 - 64);
    assert.equal(chunker.cut(0, data.length), CHUNK_BYTES_MIN + lane * LANE_BYTES + 100);
  }
});

test('every data is cut as the reference cuts it, in one piece or in many', () => {
  const piece = fc.oneof(fc.integer({ min: 1, max: 300 }), fc.integer({ min: 1, max: 3 * MIB }));
  const property = fc.property(input(), fc.array(piece, { minLength: 1, maxLength: 5 }), (data, pieces) => {
    const expected = referenceCuts(data, POLYNOMIAL);
    const whole = new Chunker(POLYNOMIAL, data.length);
    whole.buffer.set(data);
    assert.deepEqual(cutsOf(whole, data.length), expected);
    assert.deepEqual(cutsInPieces(data, pieces), expected);
  });
  fc.assert(property, { numRuns: 40 });
});

test('other polynomials cut elsewhere, and as the reference does', () => {
  const data = keystream(7, 6 * MIB);
  for (const polynomial of ['2482734cacca49', POLYNOMIAL]) {
    const chunker = new Chunker(polynomial, data.length);
    chunker.buffer.set(data);
    assert.deepEqual(cutsOf(chunker, data.length), referenceCuts(data, polynomial));
  }
  assert.notDeepEqual(referenceCuts(data, '2482734cacca49'), referenceCuts(data, POLYNOMIAL));
});

test('what is past the end of the input has no say', () => {
  const chunker = new Chunker(POLYNOMIAL, 2 * MIB);
  chunker.buffer.fill(255);
  chunker.buffer.set(CUTTING_WINDOW, MIB - 64);
  assert.equal(chunker.cut(0, MIB - 1), undefined);
  chunker.buffer.fill(255, MIB - 1);
  assert.equal(chunker.resume(2 * MIB), undefined);
});

test('misuse is a bug, a polynomial of no use is damage', () => {
  const chunker = new Chunker(POLYNOMIAL, MIB);
  assert.throws(() => chunker.resume(MIB), BugError);
  assert.throws(() => chunker.carry(MIB), BugError);
  assert.throws(() => chunker.cut(0, MIB + 1), BugError);
  assert.throws(() => chunker.cut(2, 1), BugError);
  assert.throws(() => chunker.cut(-1, 1), BugError);
  chunker.cut(0, CHUNK_BYTES_MIN);
  assert.throws(() => chunker.resume(MIB), BugError, 'the chunk has ended');
  assert.throws(
    () => new Chunker('38f1e565e288df', MIB),
    (error) => hasCode(error, 'file-damaged'),
  );
});

/** Ends of all chunks of the first `length` bytes in the buffer. */
function cutsOf(chunker: Chunker, length: number): number[] {
  const cuts: number[] = [];
  for (let start = 0; start < length; start = cuts.at(-1)!) cuts.push(chunker.cut(start, length) ?? length);
  return cuts;
}

/** Feeds `data` as a reader does: pieces into what room there is, the unfinished chunk carried to the front. */
function cutsInPieces(data: Uint8Array, pieces: number[]): number[] {
  const chunker = new Chunker(POLYNOMIAL, CHUNK_BYTES_MAX + 64 * KIB);
  const cuts: number[] = [];
  let moved = 0; // how far the buffer's start is into the data
  let end = 0;
  let cut = chunker.cut(0, 0);
  for (let turn = 0; moved + end < data.length || cut !== undefined; turn++) {
    if (cut !== undefined) {
      cuts.push(moved + cut);
      cut = chunker.cut(cut, end);
      continue;
    }
    const carried = chunker.carry(end);
    moved += end - carried;
    const piece = data.subarray(moved + carried, moved + carried + pieces[turn % pieces.length]! + 64);
    const fitting = piece.subarray(0, chunker.buffer.length - carried);
    chunker.buffer.set(fitting, carried);
    end = carried + fitting.length;
    cut = chunker.resume(end);
  }
  return cuts.at(-1) === data.length || data.length === 0 ? cuts : [...cuts, data.length];
}

/** Noise with stretches of one byte and planted cuts, 1 byte to 4 MiB. */
function input(): fc.Arbitrary<Uint8Array> {
  const offset = fc.integer({ min: 0, max: 4 * MIB });
  const stretch = fc.record({
    at: offset,
    length: fc.integer({ min: 1, max: MIB }),
    byte: fc.integer({ min: 0, max: 255 }),
  });
  return fc
    .record({
      seed: fc.integer({ min: 0, max: 2 ** 31 }),
      length: fc.oneof(
        fc.integer({ min: 1, max: 4 * MIB }),
        fc.integer({ min: CHUNK_BYTES_MIN - 70, max: CHUNK_BYTES_MIN + 70 }),
      ),
      stretches: fc.array(stretch, { maxLength: 3 }),
      cuts: fc.array(offset, { maxLength: 8 }),
    })
    .map(({ seed, length, stretches, cuts }) => {
      const data = keystream(seed, length);
      for (const { at, length, byte } of stretches) data.fill(byte, at, at + length);
      for (const at of cuts) if (at + 64 <= data.length) data.set(CUTTING_WINDOW, at);
      return data;
    });
}

/** AES-256-CTR with a key of zeros, so that every machine has the same noise. */
function keystream(seed: number, length: number): Uint8Array {
  const iv = Buffer.alloc(16);
  iv.writeUInt32BE(seed, 0);
  return new Uint8Array(createCipheriv('aes-256-ctr', Buffer.alloc(32), iv).update(Buffer.alloc(length)));
}

/** Bytes whose windows never end a chunk. */
function uncut(length: number): Uint8Array {
  return new Uint8Array(length).fill(255);
}

function lengths(cuts: number[]): number[] {
  return cuts.map((cut, i) => cut - (cuts[i - 1] ?? 0));
}

/**
 * The chunker as the format describes it, one byte after the other through a ring of 64, a 53-bit digest in two numbers.
 * Slow, obvious, and with tables of its own.
 */
function referenceCuts(data: Uint8Array, polynomialHex: string): number[] {
  const { outHigh, outLow, modHigh, modLow } = referenceTables(BigInt(`0x${polynomialHex}`));
  const cuts: number[] = [];
  for (let start = 0; start < data.length; start = cuts.at(-1)!) {
    const window = new Uint8Array(64);
    window[0] = 1;
    let slot = 1;
    let high = 0;
    let low = 1;
    let at = Math.min(start + CHUNK_BYTES_MIN - 64, data.length);
    const last = Math.min(start + CHUNK_BYTES_MAX, data.length);
    while (at < last) {
      const out = window[slot]!;
      const byte = data[at++]!;
      window[slot] = byte;
      slot = (slot + 1) % 64;
      high ^= outHigh[out]!;
      low ^= outLow[out]!;
      const top = high >>> 13;
      high = ((high << 8) | (low >>> 24)) ^ modHigh[top]!;
      low = ((low << 8) | byte) ^ modLow[top]!;
      if (at - start >= CHUNK_BYTES_MIN && (low & 0xfffff) === 0) break;
    }
    cuts.push(at);
  }
  return cuts;
}

function referenceTables(polynomial: bigint) {
  const reduce = (value: bigint): bigint => {
    let rest = value;
    for (let top = rest.toString(2).length - 1; top >= 53; top = rest.toString(2).length - 1)
      rest ^= polynomial << BigInt(top - 53);
    return rest;
  };
  const bytes = Array.from({ length: 256 }, (_, byte) => BigInt(byte));
  const out = bytes.map((byte) => reduce(byte << 504n));
  const mod = bytes.map((byte) => reduce(byte << 53n) | (byte << 53n));
  const high = (table: bigint[]) => Int32Array.from(table, (word) => Number(word >> 32n));
  const low = (table: bigint[]) => Int32Array.from(table, (word) => Number(BigInt.asIntN(32, word)));
  return { outHigh: high(out), outLow: low(out), modHigh: high(mod), modLow: low(mod) };
}
