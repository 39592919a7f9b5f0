/** Superblocks and MMP blocks for tests, written field by field. */
import { crc32c } from './crc32c.ts';

export interface SampleOptions {
  blockBytes?: number;
  blocks?: bigint;
  label?: string;
  lastMounted?: string;
  /** 32 hexadecimal digits. */
  uuid?: string;
  state?: number;
  compat?: number;
  incompat?: number;
  roCompat?: number;
  revision?: number;
  mountedS?: number;
  writtenS?: number;
  updateIntervalS?: number;
  mmpBlock?: bigint;
  checksumSeed?: number;
  checksumType?: number;
}

export const INCOMPAT = { recover: 0x4, journalDevice: 0x8, wide: 0x80, mmp: 0x100, seed: 0x2000 } as const;
export const METADATA_CHECKSUM = 0x400;
export const SAMPLE_UUID = '00112233445566778899aabbccddeeff';

/** The first 4 KiB of a device. */
export function sampleBeginning(options: SampleOptions = {}): Buffer {
  const device = Buffer.alloc(4096);
  const raw = device.subarray(1024, 2048);
  const { blockBytes = 4096, blocks = 100_000n, revision = 1, updateIntervalS = 5, mmpBlock = 2065n } = options;
  const { incompat = INCOMPAT.mmp | INCOMPAT.wide, roCompat = METADATA_CHECKSUM, mountedS = 0, writtenS = 0 } = options;
  raw.writeUInt32LE(Number(blocks & 0xffff_ffffn), 0x4);
  raw.writeUInt32LE(blockBytes === 1024 ? 1 : 0, 0x14);
  raw.writeUInt32LE(Math.log2(blockBytes / 1024), 0x18);
  putTime(raw, mountedS, { low: 0x2c, high: 0x275 });
  putTime(raw, writtenS, { low: 0x30, high: 0x274 });
  raw.writeUInt16LE(0xef53, 0x38);
  raw.writeUInt16LE(options.state ?? 1, 0x3a);
  raw.writeUInt32LE(revision, 0x4c);
  raw.writeUInt32LE(options.compat ?? 0x4, 0x5c);
  raw.writeUInt32LE(incompat, 0x60);
  raw.writeUInt32LE(roCompat, 0x64);
  raw.write(options.uuid ?? SAMPLE_UUID, 0x68, 'hex');
  raw.write(options.label ?? 'ost1', 0x78, 16);
  raw.write(options.lastMounted ?? '/mnt/ost1', 0x88, 64);
  raw.writeUInt32LE(Number(blocks >> 32n), 0x150);
  raw.writeUInt16LE(updateIntervalS, 0x166);
  raw.writeBigUInt64LE(mmpBlock, 0x168);
  raw.writeUInt8(options.checksumType ?? 1, 0x175);
  raw.writeUInt32LE(options.checksumSeed ?? 0, 0x270);
  seal(raw);
  return device;
}

export interface SampleMmp {
  sequence?: number;
  timeS?: bigint;
  nodeName?: string;
  deviceName?: string;
  checkIntervalS?: number;
  checksumSeed?: number | undefined;
}

export function sampleMmp(options: SampleMmp = {}): Buffer {
  const raw = Buffer.alloc(1024);
  raw.writeUInt32LE(0x004d4d50, 0);
  raw.writeUInt32LE(options.sequence ?? 0xff4d4d50, 4);
  raw.writeBigUInt64LE(options.timeS ?? 1_700_000_000n, 8);
  raw.write(options.nodeName ?? 'oss1', 0x10, 64);
  raw.write(options.deviceName ?? 'sdb', 0x50, 32);
  raw.writeUInt16LE(options.checkIntervalS ?? 10, 0x70);
  const seed = options.checksumSeed ?? crc32c(Buffer.from(SAMPLE_UUID, 'hex'));
  raw.writeUInt32LE(crc32c(raw.subarray(0, 0x3fc), seed), 0x3fc);
  return raw;
}

/** Makes the checksum of a superblock right again. */
export function seal(raw: Buffer): void {
  raw.writeUInt32LE(crc32c(raw.subarray(0, 0x3fc)), 0x3fc);
}

function putTime(raw: Buffer, seconds: number, { low, high }: { low: number; high: number }): void {
  raw.writeUInt32LE(seconds % 2 ** 32, low);
  raw.writeUInt8(Math.floor(seconds / 2 ** 32), high);
}

/** A device that ends with its MMP block, at block 2 of 4 KiB. */
export function sampleDevice(superblock: SampleOptions = {}, mmp: SampleMmp = {}): Buffer {
  const beginning = sampleBeginning({ mmpBlock: 2n, ...superblock });
  const checksumSeed = crc32c(Buffer.from(superblock.uuid ?? SAMPLE_UUID, 'hex'));
  return Buffer.concat([beginning, Buffer.alloc(4096), sampleMmp({ checksumSeed, ...mmp }), Buffer.alloc(3072)]);
}
