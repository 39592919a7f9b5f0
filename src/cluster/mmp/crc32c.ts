/** CRC-32C (Castagnoli), as ext4 uses it: bits reflected, and not inverted at the end, so that sums can be continued. */
const POLYNOMIAL = 0x82f63b78;

const TABLE = Uint32Array.from({ length: 256 }, (_, byte) => {
  let value = byte;
  for (let bit = 0; bit < 8; bit++) value = (value & 1) === 1 ? (value >>> 1) ^ POLYNOMIAL : value >>> 1;
  return value >>> 0;
});

/** What a sum over several pieces begins with. */
const CRC32C_SEED = 0xffff_ffff;

/** @returns an unsigned 32-bit number; the seed for the next piece, if there is one */
export function crc32c(bytes: Uint8Array, seed = CRC32C_SEED): number {
  let sum = seed;
  for (const byte of bytes) sum = (sum >>> 8) ^ TABLE[(sum ^ byte) & 0xff]!;
  return sum >>> 0;
}
