import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { decodeBeginning, decodeProtected } from './decode.ts';
import type { MmpReading, Superblock } from './model.ts';
import { INCOMPAT, METADATA_CHECKSUM, SAMPLE_UUID, sampleBeginning, sampleMmp, seal } from './sample-blocks.ts';

const superblockOf = (bytes: Uint8Array): Superblock => {
  const beginning = decodeBeginning(bytes);
  assert.ok(!beginning.isWhole, JSON.stringify(beginning));
  return beginning.superblock;
};
const wholeOf = (bytes: Uint8Array): MmpReading => {
  const beginning = decodeBeginning(bytes);
  assert.ok(beginning.isWhole, 'no MMP block is needed');
  return beginning.reading;
};
const readingOf = (mmp: Uint8Array, beginning = sampleBeginning()): MmpReading =>
  decodeProtected(superblockOf(beginning), mmp);

const ascii = (length: number) => fc.stringMatching(new RegExp(`^[A-Za-z0-9_/.-]{0,${length}}$`));

describe('a superblock', () => {
  it('is read field by field, whatever is in it', () => {
    const options = fc.record({
      blockBytes: fc.constantFrom(1024, 2048, 4096, 8192, 16384, 32768, 65536),
      blocks: fc.bigInt(200_000n, 2n ** 36n),
      label: ascii(16),
      lastMounted: ascii(64),
      uuid: fc.stringMatching(/^[0-9a-f]{32}$/),
      mountedS: fc.integer({ min: 1, max: 2 ** 40 - 1 }),
      writtenS: fc.integer({ min: 1, max: 2 ** 40 - 1 }),
      updateIntervalS: fc.integer({ min: 0, max: 300 }),
      mmpBlock: fc.bigInt(1n, 199_999n),
      state: fc.integer({ min: 0, max: 7 }),
      recover: fc.boolean(),
      summed: fc.boolean(),
      journal: fc.boolean(),
    });
    fc.assert(
      fc.property(options, ({ recover, summed, journal, ...given }) => {
        const incompat = INCOMPAT.mmp | INCOMPAT.wide | (recover ? INCOMPAT.recover : 0);
        const roCompat = summed ? METADATA_CHECKSUM : 0;
        const read = superblockOf(sampleBeginning({ ...given, incompat, roCompat, compat: journal ? 4 : 0 }));
        assert.equal(read.label, given.label);
        assert.equal(read.lastMounted, given.lastMounted);
        assert.equal(read.uuid.replaceAll('-', ''), given.uuid);
        assert.equal(read.mountedMs, given.mountedS * 1000);
        assert.equal(read.writtenMs, given.writtenS * 1000);
        assert.equal(read.updateIntervalS, given.updateIntervalS);
        assert.equal(read.mmpOffset, Number(given.mmpBlock) * given.blockBytes);
        assert.equal(read.isClean, (given.state & 1) === 1);
        assert.equal(read.hasErrors, (given.state & 2) === 2);
        assert.equal(read.needsRecovery, recover);
        assert.equal(read.hasJournal, journal);
        assert.equal(read.checksumSeed !== undefined, summed);
      }),
    );
  });

  it('keeps a seed apart from the UUID where the feature says so', () => {
    const incompat = INCOMPAT.mmp | INCOMPAT.seed;
    assert.equal(superblockOf(sampleBeginning({ incompat, checksumSeed: 0xcafe })).checksumSeed, 0xcafe);
    assert.notEqual(superblockOf(sampleBeginning({ checksumSeed: 0xcafe })).checksumSeed, 0xcafe);
  });

  it('without the feature is not protected', () => {
    const reading = wholeOf(sampleBeginning({ incompat: INCOMPAT.wide }));
    assert.equal(reading.state, 'no-mmp');
    assert.equal(reading.ext4?.hasMmp, false);
    assert.equal(reading.ext4?.mmpOffset, undefined);
  });

  it('of revision 0 has no features, whatever stands there', () => {
    assert.equal(wholeOf(sampleBeginning({ revision: 0 })).state, 'no-mmp');
  });

  it('with any bit flipped is damaged, or another format', () => {
    const pristine = sampleBeginning();
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 8 * 1024 - 1 }), (bit) => {
        const flipped = Buffer.from(pristine);
        flipped[1024 + (bit >> 3)]! ^= 1 << (bit & 7);
        const beginning = decodeBeginning(flipped);
        // The flag of checksums itself is the one bit that nothing protects.
        if (bit === 0x65 * 8 + 2) return;
        if (bit >= 0x4c * 8 && bit < 0x50 * 8 && flipped.readUInt32LE(1024 + 0x4c) === 0) return;
        assert.ok(beginning.isWhole && ['damaged', 'not-ext4'].includes(beginning.reading.state), `bit ${bit}`);
      }),
      { numRuns: 500 },
    );
  });

  it('says what is wrong', () => {
    const cases: [Buffer, MmpReading['state'], string, RegExp][] = [
      [Buffer.alloc(0), 'damaged', 'truncated', /ends after 0 bytes/],
      [sampleBeginning().subarray(0, 2047), 'damaged', 'truncated', /ends after 2047 bytes/],
      [Buffer.alloc(4096), 'not-ext4', 'magic', /zeros only/],
      [Buffer.concat([Buffer.from('XFSB'), Buffer.alloc(4092)]), 'not-ext4', 'magic', /XFS/],
      [Buffer.alloc(4096, 7), 'not-ext4', 'magic', /no superblock of ext4/],
      [sampleBeginning({ incompat: INCOMPAT.journalDevice }), 'damaged', 'invalid', /external journal/],
      [sampleBeginning({ checksumType: 9 }), 'damaged', 'invalid', /kind of checksum/],
      [sampleBeginning({ mmpBlock: 100_000n }), 'damaged', 'invalid', /block 100000, outside/],
      [sampleBeginning({ mmpBlock: 0n }), 'damaged', 'invalid', /block 0, outside/],
      [sampleBeginning({ blocks: 2n ** 60n, mmpBlock: 2n ** 59n }), 'damaged', 'invalid', /outside/],
    ];
    for (const [bytes, state, kind, text] of cases) {
      const reading = wholeOf(bytes);
      assert.equal(reading.state, state);
      assert.deepEqual([reading.damage?.at, reading.damage?.kind], ['superblock', kind]);
      assert.match(reading.damage!.text, text);
    }
    const tooLarge = sampleBeginning();
    tooLarge.writeUInt32LE(7, 1024 + 0x18);
    seal(tooLarge.subarray(1024, 2048));
    assert.match(wholeOf(tooLarge).damage!.text, /block size/);
  });

  it('gives a reading of any bytes', () => {
    const bytes = fc.uint8Array({ maxLength: 4096, size: 'max' });
    fc.assert(
      fc.property(bytes, fc.boolean(), (given, hasMagic) => {
        if (hasMagic && given.length >= 2048) Buffer.from(given.buffer).writeUInt16LE(0xef53, 1024 + 0x38);
        const beginning = decodeBeginning(given);
        assert.equal(beginning.isWhole ? beginning.reading.ext4?.hasMmp !== true : beginning.superblock.hasMmp, true);
      }),
    );
  });
});

describe('an MMP block', () => {
  it('is read field by field', () => {
    const options = fc.record({
      sequence: fc.integer({ min: 1, max: 0xe24d4d4f }),
      timeS: fc.bigInt(1n, 2n ** 34n),
      nodeName: ascii(64),
      deviceName: ascii(32),
      checkIntervalS: fc.integer({ min: 0, max: 65535 }),
    });
    fc.assert(
      fc.property(options, (given) => {
        const { state, mmp } = readingOf(sampleMmp(given));
        assert.equal(state, 'active-or-crashed');
        const { timeS, ...rest } = given;
        assert.deepEqual(mmp, { ...rest, timeMs: Number(timeS) * 1000 });
      }),
    );
  });

  it('tells the marks from a counter as the kernel does', () => {
    const cases: [number, MmpReading['state']][] = [
      [0xff4d4d50, 'clean'],
      [0xe24d4d50, 'fsck'],
      [1, 'active-or-crashed'],
      [0xe24d4d4f, 'active-or-crashed'],
      [0xe24d4d51, 'active-or-crashed'],
      [0, 'active-or-crashed'],
    ];
    for (const [sequence, state] of cases) assert.equal(readingOf(sampleMmp({ sequence })).state, state);
  });

  it('is damaged when it is short, no MMP block, or its checksum is wrong', () => {
    const strange = sampleMmp();
    strange[0] = 0;
    const flipped = sampleMmp();
    flipped[4]! ^= 1;
    const cases: [Buffer, string][] = [
      [sampleMmp().subarray(0, 1023), 'truncated'],
      [strange, 'magic'],
      [flipped, 'checksum'],
    ];
    for (const [bytes, kind] of cases) {
      const reading = readingOf(bytes);
      assert.deepEqual([reading.state, reading.damage?.at, reading.damage?.kind], ['damaged', 'mmp-block', kind]);
      assert.equal(reading.ext4?.uuid.replaceAll('-', ''), SAMPLE_UUID);
    }
    const plain = sampleBeginning({ roCompat: 0 });
    assert.equal(readingOf(flipped, plain).state, 'active-or-crashed');
  });

  it('gives a reading of any bytes, and times that a Date can hold', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 1100, size: 'max' }), (bytes) => {
        if (bytes.length >= 4) Buffer.from(bytes.buffer).writeUInt32LE(0x4d4d50, 0);
        const { mmp } = readingOf(bytes, sampleBeginning({ roCompat: 0 }));
        if (mmp?.timeMs !== undefined) assert.match(new Date(mmp.timeMs).toISOString(), /Z$/);
      }),
    );
  });

  it('changes its digest with every write', () => {
    const digests = [1, 2, 3].map((sequence) => readingOf(sampleMmp({ sequence })).digest);
    const later = readingOf(sampleMmp({ sequence: 0xe24d4d50, timeS: 5n })).digest;
    const earlier = readingOf(sampleMmp({ sequence: 0xe24d4d50, timeS: 4n })).digest;
    assert.equal(new Set([...digests, later, earlier]).size, 5);
  });
});
