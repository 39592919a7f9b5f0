import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import {
  centralRecord,
  endRecords,
  isLarge,
  localDescriptor,
  localHeader,
  METHOD_DEFLATED,
  type ZipMember,
} from './zip-records.ts';

describe('zip records', () => {
  it('stay in 32 bits while they can', () => {
    const record = Buffer.from(centralRecord(member({ size: 10, packedSize: 5, offset: 7 })));
    assert.deepEqual([record.readUInt32LE(20), record.readUInt32LE(24), record.readUInt32LE(42)], [5, 10, 7]);
    assert.equal(record.indexOf(Buffer.of(1, 0, 8)), -1);
    assert.equal(localDescriptor(member({ isLarge: false })).length, 16);
    assert.equal(endRecords({ count: 65_534, start: 1, length: 1 }).length, 22);
  });

  it('take 64 bits for what needs them, in the order of the format', () => {
    const record = Buffer.from(centralRecord(member({ size: 5 * 2 ** 30, packedSize: 10, offset: 2 ** 33 })));
    assert.deepEqual(
      [record.readUInt32LE(20), record.readUInt32LE(24), record.readUInt32LE(42)],
      [10, 2 ** 32 - 1, 2 ** 32 - 1],
    );
    const extras = record.subarray(46 + 1);
    assert.deepEqual([extras.readUInt16LE(0), extras.readUInt16LE(2)], [1, 16]);
    assert.deepEqual([extras.readBigUInt64LE(4), extras.readBigUInt64LE(12)], [5n * 2n ** 30n, 2n ** 33n]);
    assert.equal(localDescriptor(member({ isLarge: true })).length, 24);
    assert.ok(isLarge(2 ** 32 - 1) && !isLarge(2 ** 31));
  });

  it('end in 64 bits when there are many members or many bytes', () => {
    for (const [count, start, length] of [
      [65_535, 0, 0],
      [1, 2 ** 32, 0],
      [1, 0, 2 ** 32],
    ] as const) {
      const end = Buffer.from(endRecords({ count, start, length }));
      assert.equal(end.length, 56 + 20 + 22);
      assert.deepEqual(
        [end.readBigUInt64LE(32), end.readBigUInt64LE(40), end.readBigUInt64LE(48)],
        [count, length, start].map(BigInt),
      );
      assert.equal(end.readBigUInt64LE(56 + 8), BigInt(start + length));
    }
  });

  it('leave the sizes of what is streamed for later', () => {
    const header = Buffer.from(localHeader(member({ isStreamed: true, crc: 7 })));
    assert.equal(header.readUInt16LE(6) & 8, 8);
    assert.equal(header.readUInt32LE(14), 0);
  });

  it('keep times outside the range of DOS within it', () => {
    for (const [mtimeNs, year] of [
      [-(10n ** 18n), 0],
      [10n ** 19n, 127],
    ] as const)
      assert.equal(Buffer.from(localHeader(member({ mtimeNs }))).readUInt16LE(12) >> 9, year);
  });
});

function member(given: Partial<ZipMember>): ZipMember {
  return {
    name: Buffer.from('n'),
    isText: true,
    isStreamed: false,
    isLarge: false,
    method: METHOD_DEFLATED,
    mtimeNs: 0n,
    mode: 0o100644,
    isDirectory: false,
    uid: 0,
    gid: 0,
    crc: 0,
    size: 0,
    packedSize: 0,
    offset: 0,
    ...given,
  };
}
