/** The block for multiple-mount protection of an ext4, read from the disk itself (kernel documentation of ext4). */
import type { Lun } from './lun.ts';

const SUPERBLOCK_AT = 1024;
const LOG_BLOCK_SIZE_AT = SUPERBLOCK_AT + 0x18;
const MMP_BLOCK_AT = SUPERBLOCK_AT + 0x168;
const SEQUENCE_AT = 4;

/** 0xFF4D4D50 is clean; small and rising while mounted, and standing still after a crash. */
export function mmpSequence(lun: Lun): number {
  const blockBytes = 1024 << lun.read(LOG_BLOCK_SIZE_AT, 4).readUInt32LE();
  const block = Number(lun.read(MMP_BLOCK_AT, 8).readBigUInt64LE());
  return lun.read(block * blockBytes + SEQUENCE_AT, 4).readUInt32LE();
}
