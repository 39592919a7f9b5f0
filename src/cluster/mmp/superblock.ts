/**
 * The superblock of ext4, as far as multiple-mount protection needs it. Offsets and rules are those of the kernel's
 * documentation (Documentation/filesystems/ext4, "Super Block") and of what the kernel checks before it mounts.
 */
import { crc32c } from './crc32c.ts';
import { type Fields, fieldsOf } from './fields.ts';
import { foreignFormat } from './foreign.ts';
import type { Damage, Superblock } from './model.ts';

/** The superblock begins here whatever the block size, and is as long. */
export const SUPERBLOCK_OFFSET = 1024;
export const SUPERBLOCK_BYTES = 1024;

const MAGIC = 0xef53;
const CHECKSUM_OFFSET = 0x3fc;
const CHECKSUM_CRC32C = 1;
/** Block sizes are 1 KiB times two to the power of this at most: 64 KiB. */
const LOG_BLOCK_SIZE_MAX = 6;

const COMPAT_JOURNAL = 0x4;
const INCOMPAT_RECOVER = 0x4;
const INCOMPAT_JOURNAL_DEVICE = 0x8;
const INCOMPAT_64BIT = 0x80;
const INCOMPAT_MMP = 0x100;
const INCOMPAT_CHECKSUM_SEED = 0x2000;
const RO_COMPAT_METADATA_CHECKSUM = 0x400;
const STATE_CLEAN = 1;
const STATE_ERRORS = 2;

export type DecodedSuperblock = { ok: true; superblock: Superblock } | { ok: false; isExt4: boolean; damage: Damage };

/** @param bytes the device from its first byte on; 2 KiB at least, or it counts as cut short */
export function decodeSuperblock(bytes: Uint8Array): DecodedSuperblock {
  if (bytes.length < SUPERBLOCK_OFFSET + SUPERBLOCK_BYTES)
    return refusal('truncated', `the device ends after ${bytes.length} bytes, within the superblock`);
  const raw = bytes.subarray(SUPERBLOCK_OFFSET, SUPERBLOCK_OFFSET + SUPERBLOCK_BYTES);
  const fields = fieldsOf(raw);
  if (fields.u16(0x38) !== MAGIC) {
    const found = foreignFormat(bytes);
    return refusal('magic', found === undefined ? 'no superblock of ext4' : `no ext4 but ${found}`);
  }
  const problem = invalidityOf(fields);
  if (problem !== undefined) return { ok: false, isExt4: true, damage: damageOf('invalid', problem) };
  if (hasChecksums(fields) && fields.u32(CHECKSUM_OFFSET) !== crc32c(raw.subarray(0, CHECKSUM_OFFSET)))
    return { ok: false, isExt4: true, damage: damageOf('checksum', 'the checksum of the superblock is wrong') };
  return { ok: true, superblock: superblockOf(fields) };
}

function refusal(kind: Damage['kind'], text: string): DecodedSuperblock {
  return { ok: false, isExt4: false, damage: damageOf(kind, text) };
}

function damageOf(kind: Damage['kind'], text: string): Damage {
  return { at: 'superblock', kind, text };
}

/** What a mount would refuse as well, and what makes the place of the MMP block meaningless. */
function invalidityOf(fields: Fields): string | undefined {
  if (fields.u32(0x18) > LOG_BLOCK_SIZE_MAX) return 'the block size is none of ext4';
  if ((featuresOf(fields).incompat & INCOMPAT_JOURNAL_DEVICE) !== 0)
    return 'this is the external journal of another one';
  if (hasChecksums(fields) && fields.u8(0x175) !== CHECKSUM_CRC32C) return 'the kind of checksum is not known';
  if ((featuresOf(fields).incompat & INCOMPAT_MMP) === 0) return undefined;
  const block = fields.u64(0x168);
  const isWithin = block >= BigInt(fields.u32(0x14)) && block < blocksOf(fields) && block > 0n;
  const isExact = block * BigInt(blockBytesOf(fields)) <= BigInt(Number.MAX_SAFE_INTEGER);
  return isWithin && isExact ? undefined : `the MMP block is said to be block ${block}, outside the file system`;
}

function superblockOf(fields: Fields): Superblock {
  const { compat, incompat } = featuresOf(fields);
  const state = fields.u16(0x3a);
  const blockBytes = blockBytesOf(fields);
  const hasMmp = (incompat & INCOMPAT_MMP) !== 0;
  return {
    label: fields.text(0x78, 16),
    uuid: fields.hex(0x68, 16).replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-'),
    lastMounted: fields.text(0x88, 64),
    blockBytes,
    mountedMs: timeMsOf(fields, 0x2c, 0x275),
    writtenMs: timeMsOf(fields, 0x30, 0x274),
    isClean: (state & STATE_CLEAN) !== 0,
    needsRecovery: (incompat & INCOMPAT_RECOVER) !== 0,
    hasErrors: (state & STATE_ERRORS) !== 0,
    hasJournal: (compat & COMPAT_JOURNAL) !== 0,
    hasMmp,
    checksumSeed: hasChecksums(fields) ? seedOf(fields) : undefined,
    updateIntervalS: fields.u16(0x166),
    mmpOffset: hasMmp ? Number(fields.u64(0x168)) * blockBytes : undefined,
  };
}

/** Revision 0, of before 1996, has none. */
function featuresOf(fields: Fields): { compat: number; incompat: number; roCompat: number } {
  if (fields.u32(0x4c) === 0) return { compat: 0, incompat: 0, roCompat: 0 };
  return { compat: fields.u32(0x5c), incompat: fields.u32(0x60), roCompat: fields.u32(0x64) };
}

function hasChecksums(fields: Fields): boolean {
  return (featuresOf(fields).roCompat & RO_COMPAT_METADATA_CHECKSUM) !== 0;
}

/** Kept apart from the UUID where that may change while mounted (metadata_csum_seed). */
function seedOf(fields: Fields): number {
  if ((featuresOf(fields).incompat & INCOMPAT_CHECKSUM_SEED) !== 0) return fields.u32(0x270);
  return crc32c(Buffer.from(fields.hex(0x68, 16), 'hex'));
}

function blocksOf(fields: Fields): bigint {
  const high = (featuresOf(fields).incompat & INCOMPAT_64BIT) !== 0 ? fields.u32(0x150) : 0;
  return (BigInt(high) << 32n) + BigInt(fields.u32(0x4));
}

function blockBytesOf(fields: Fields): number {
  return 1024 << fields.u32(0x18);
}

/** Seconds since 1970 in 40 bits, 32 of them here and 8 there; 0 is never. */
function timeMsOf(fields: Fields, low: number, high: number): number | undefined {
  const seconds = fields.u32(low) + fields.u8(high) * 2 ** 32;
  return seconds === 0 ? undefined : seconds * 1000;
}
