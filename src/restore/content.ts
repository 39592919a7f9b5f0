/** Bytes into a file and out of it, at their places. */
import { readSync, writeSync } from 'node:fs';
import { syscalls } from '../host.ts';

/** Holes are made of whole blocks of this size, counted from the start of the file. */
const BLOCK_BYTES = 4096;
const ZEROS = Buffer.alloc(BLOCK_BYTES);

export interface Stretch {
  fd: number;
  /** In the file, bytes. */
  offset: number;
}

/** @throws the system's error, such as `ENOSPC` */
export function writeAll({ fd, offset }: Stretch, bytes: Uint8Array, from = 0, to = bytes.length): void {
  for (let at = from; at < to; ) at += writeSync(fd, bytes, at, to - at, offset + at);
}

/**
 * Writes `bytes` but for its blocks of zeros, where a new file has holes anyway.
 * @param clear free what is in those places, as the file was there before
 */
export function writeSparse({ fd, offset }: Stretch, bytes: Uint8Array, clear: boolean): void {
  let at = 0;
  while (at < bytes.length) {
    const start = nextZeros(bytes, offset, at);
    writeAll({ fd, offset }, bytes, at, start);
    at = endOfZeros(bytes, start);
    if (clear && at > start && !syscalls.punchHole(fd, offset + start, at - start))
      writeAll({ fd, offset }, bytes, start, at);
  }
}

/** Reads up to `room.length` bytes; fewer at the end of the file. */
export function readAll({ fd, offset }: Stretch, room: Uint8Array): Uint8Array {
  let done = 0;
  while (done < room.length) {
    const read = readSync(fd, room, done, room.length - done, offset + done);
    if (read === 0) break;
    done += read;
  }
  return room.subarray(0, done);
}

/** First block of zeros at or after `from`, or the end. */
function nextZeros(bytes: Uint8Array, offset: number, from: number): number {
  let at = from + ((BLOCK_BYTES - ((offset + from) % BLOCK_BYTES)) % BLOCK_BYTES);
  while (at + BLOCK_BYTES <= bytes.length && !isZeroBlock(bytes, at)) at += BLOCK_BYTES;
  return at + BLOCK_BYTES <= bytes.length ? at : bytes.length;
}

function endOfZeros(bytes: Uint8Array, from: number): number {
  let at = from;
  while (at + BLOCK_BYTES <= bytes.length && isZeroBlock(bytes, at)) at += BLOCK_BYTES;
  return at;
}

/** Most blocks with data show it in their first or last byte, so the comparison is seldom made. */
function isZeroBlock(bytes: Uint8Array, at: number): boolean {
  if (bytes[at] !== 0 || bytes[at + BLOCK_BYTES - 1] !== 0) return false;
  return ZEROS.equals(bytes.subarray(at, at + BLOCK_BYTES));
}
