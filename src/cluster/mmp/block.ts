/** The MMP block (kernel documentation of ext4, "Multiple Mount Protection"). */
import { crc32c } from './crc32c.ts';
import { fieldsOf } from './fields.ts';
import type { Damage, MmpBlock } from './model.ts';

/** Length of what is written; the rest of its block is not used. */
export const MMP_BYTES = 1024;
/** The checksum of all before it. */
export const MMP_CHECKSUM_OFFSET = 0x3fc;
/** Nobody has the file system. */
export const SEQUENCE_CLEAN = 0xff4d4d50;
/** e2fsck or tune2fs has it. */
export const SEQUENCE_FSCK = 0xe24d4d50;

const MAGIC = 0x004d4d50;

export type DecodedMmpBlock = { ok: true; block: MmpBlock } | { ok: false; damage: Damage };

/**
 * @param bytes from where the block begins
 * @param checksumSeed of the superblock; undefined where the file system has no checksums
 */
export function decodeMmpBlock(bytes: Uint8Array, checksumSeed: number | undefined): DecodedMmpBlock {
  if (bytes.length < MMP_BYTES) return damaged('truncated', 'the device ends before the MMP block does');
  const raw = bytes.subarray(0, MMP_BYTES);
  const fields = fieldsOf(raw);
  if (fields.u32(0) !== MAGIC) return damaged('magic', 'there is no MMP block where the superblock says');
  if (
    checksumSeed !== undefined &&
    fields.u32(MMP_CHECKSUM_OFFSET) !== crc32c(raw.subarray(0, MMP_CHECKSUM_OFFSET), checksumSeed)
  )
    return damaged('checksum', 'the checksum of the MMP block is wrong');
  const seconds = Number(fields.u64(0x8));
  return {
    ok: true,
    block: {
      sequence: fields.u32(0x4),
      timeMs: seconds === 0 || seconds > SECONDS_MAX ? undefined : seconds * 1000,
      nodeName: fields.text(0x10, 64),
      deviceName: fields.text(0x50, 32),
      checkIntervalS: fields.u16(0x70),
    },
  };
}

/** The last second that a Date can hold (ECMAScript, "Time Values"). */
const SECONDS_MAX = 8.64e12;

function damaged(kind: Damage['kind'], text: string): DecodedMmpBlock {
  return { ok: false, damage: { at: 'mmp-block', kind, text } };
}
