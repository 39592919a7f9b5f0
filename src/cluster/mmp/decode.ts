/** From bytes to what they say. Pure: any bytes give a reading, and none an error. */
import { decodeMmpBlock, MMP_CHECKSUM_OFFSET, SEQUENCE_CLEAN, SEQUENCE_FSCK } from './block.ts';
import { crc32c } from './crc32c.ts';
import type { MmpReading, MmpState, Superblock } from './model.ts';
import { decodeSuperblock } from './superblock.ts';

/** Either all there is to know without the MMP block, or the superblock that says where it is. */
export type Beginning = { isWhole: true; reading: MmpReading } | { isWhole: false; superblock: Superblock };

/** @param bytes the device from its first byte on, 2 KiB at least */
export function decodeBeginning(bytes: Uint8Array): Beginning {
  const decoded = decodeSuperblock(bytes);
  if (!decoded.ok) {
    const { isExt4, damage } = decoded;
    return whole({ state: isExt4 || damage.kind === 'truncated' ? 'damaged' : 'not-ext4', damage });
  }
  const { superblock } = decoded;
  return superblock.hasMmp ? { isWhole: false, superblock } : whole({ state: 'no-mmp', ext4: superblock });
}

/** @param bytes from `mmpOffset` of the superblock on, 1 KiB at least */
export function decodeProtected(superblock: Superblock, bytes: Uint8Array): MmpReading {
  const decoded = decodeMmpBlock(bytes, superblock.checksumSeed);
  // Without its own checksum: with it, every block that is right would have the same remainder.
  const digest = crc32c(bytes.subarray(0, MMP_CHECKSUM_OFFSET));
  if (!decoded.ok) return readingOf({ state: 'damaged', damage: decoded.damage, ext4: superblock, digest });
  return readingOf({ state: stateOf(decoded.block.sequence), ext4: superblock, mmp: decoded.block, digest });
}

/** As the kernel sees it: whatever is neither of the two marks is a counter that somebody keeps moving, or kept. */
function stateOf(sequence: number): MmpState {
  if (sequence === SEQUENCE_CLEAN) return 'clean';
  return sequence === SEQUENCE_FSCK ? 'fsck' : 'active-or-crashed';
}

function whole(reading: Partial<MmpReading> & { state: MmpState }): Beginning {
  return { isWhole: true, reading: readingOf(reading) };
}

function readingOf(reading: Partial<MmpReading> & { state: MmpState }): MmpReading {
  return { damage: undefined, ext4: undefined, mmp: undefined, digest: undefined, ...reading };
}
