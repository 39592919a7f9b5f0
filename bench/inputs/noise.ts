/** Bytes and numbers that look random and are the same for the same seed. */
import { createCipheriv, createHash } from 'node:crypto';
import { closeSync, openSync, writeSync } from 'node:fs';

const BLOCK_BYTES = 4 * 2 ** 20;
const ZEROS = Buffer.alloc(BLOCK_BYTES);

/** @returns a function that gives the next `length` bytes, at most 4 MiB at a time. */
export function noiseOf(seed: string): (length: number) => Buffer {
  const cipher = createCipheriv('aes-256-ctr', createHash('sha256').update(seed).digest(), Buffer.alloc(16));
  return (length) => cipher.update(ZEROS.subarray(0, length));
}

/** @returns a function that gives whole numbers 0 ≤ n < `limit` ≤ 2^32. */
export function numbersOf(seed: string): (limit: number) => number {
  let state = createHash('sha256').update(seed).digest().readUInt32LE() || 1;
  return (limit) => {
    // Marsaglia's xorshift with the triple 13, 17, 5.
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return Math.floor(((state >>> 0) / 2 ** 32) * limit);
  };
}

export function writeNoise(path: string, bytes: number, seed: string): void {
  const noise = noiseOf(seed);
  const fd = openSync(path, 'w');
  for (let left = bytes; left > 0; left -= BLOCK_BYTES) writeSync(fd, noise(Math.min(left, BLOCK_BYTES)));
  closeSync(fd);
}

/** Overwrites `share` of a file of `size` bytes in place, in regions of 256 KiB at random places. */
export function overwriteRegions({
  path,
  size,
  share,
  seed,
}: {
  path: string;
  size: number;
  share: number;
  seed: string;
}): void {
  const noise = noiseOf(seed);
  const number = numbersOf(seed);
  const regionBytes = Math.min(256 * 1024, Math.ceil(size * share));
  const fd = openSync(path, 'r+');
  for (let left = Math.ceil(size * share); left > 0; left -= regionBytes)
    writeSync(fd, noise(regionBytes), 0, regionBytes, number(size - regionBytes + 1));
  closeSync(fd);
}
