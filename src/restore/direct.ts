/**
 * Pieces of large files on their way to the disk past the page cache (open(2), O_DIRECT), while the thread opens the
 * next ones: copying into the page cache, and finding memory for it, costs more than deciphering does.
 *
 * A piece begins and ends anywhere, a direct write only at blocks: the part blocks at its ends are written as usual.
 * A block is written either directly by the one piece it lies in, or as usual by the pieces that share it.
 */
import { constants, statfsSync, write } from 'node:fs';
import { promisify } from 'node:util';
import { alignedBuffer } from '../base/aligned.ts';
import { errnoOf } from '../base/errors.ts';
import { CHUNK_BYTES_MAX, DIRECT_ALIGNMENT_BYTES, RESTORE_DIRECT_BUFFERS } from '../base/limits.ts';
import { Gate } from '../base/tasks.ts';
import { syscalls } from '../host.ts';

/** statfs(2). Elsewhere direct writes may be slower, leave out the compression of the filesystem, or only seem to be direct. */
const EXT4_MAGIC = 0xef53;
const XFS_MAGIC = 0x58465342;

const writeAsync = promisify(write);

/** Room for one piece, at an address that fits its place in the file. */
export interface DirectRoom {
  readonly bytes: Uint8Array;
  release(): void;
}

export interface DirectFile {
  /** Opened with O_DIRECT; undefined where that is of no use. */
  direct: number | undefined;
  /** The same file, opened as usual. */
  fd: number;
}

/**
 * Opens an open file once more, for direct writes: the file itself, whatever is under its name by now.
 * @returns undefined where the filesystem is none for it, or there is no /proc
 */
export function openDirect(fd: number): number | undefined {
  const file = `/proc/self/fd/${fd}`;
  try {
    const { type } = statfsSync(file);
    if (type !== EXT4_MAGIC && type !== XFS_MAGIC) return undefined;
    return syscalls.open(syscalls.CWD, file, { flags: constants.O_WRONLY | constants.O_DIRECT });
  } catch (error) {
    if (errnoOf(error) === 'EINVAL' || errnoOf(error) === 'ENOENT') return undefined;
    throw error;
  }
}

export class DirectWriter {
  readonly #gate = new Gate(RESTORE_DIRECT_BUFFERS);
  readonly #free: Uint8Array[] = [];

  /** Room for `length` bytes that belong to `offset` of a file, once there is some. */
  async take(offset: number, length: number): Promise<DirectRoom> {
    await this.#gate.enter();
    const memory = this.#free.pop() ?? alignedBuffer(CHUNK_BYTES_MAX + DIRECT_ALIGNMENT_BYTES);
    const from = offset % DIRECT_ALIGNMENT_BYTES;
    let isHeld = true;
    const release = (): void => {
      if (!isHeld) return;
      isHeld = false;
      this.#free.push(memory);
      this.#gate.leave();
    };
    return { bytes: memory.subarray(from, from + length), release };
  }

  /** Waits until all rooms are given back. */
  async idle(): Promise<void> {
    for (let i = 0; i < RESTORE_DIRECT_BUFFERS; i++) await this.#gate.enter();
    for (let i = 0; i < RESTORE_DIRECT_BUFFERS; i++) this.#gate.leave();
  }

  /** Writes bytes of a room taken for `offset`. @throws the system's error, such as `ENOSPC` */
  async write({ direct, fd }: DirectFile, offset: number, bytes: Uint8Array): Promise<void> {
    const skip = -offset & (DIRECT_ALIGNMENT_BYTES - 1);
    const end = bytes.length - ((offset + bytes.length) % DIRECT_ALIGNMENT_BYTES);
    let at = skip;
    while (direct !== undefined && at < end && (at - skip) % DIRECT_ALIGNMENT_BYTES === 0) {
      const written = await writeBlocks(direct, bytes, { from: at, to: end, position: offset + at });
      if (written === 0) break;
      at += written;
    }
    await writeRest(fd, bytes, { from: 0, to: Math.min(skip, bytes.length), offset });
    await writeRest(fd, bytes, { from: at, to: bytes.length, offset });
  }
}

/** As usual, but not in the thread's way: such a write waits until no direct one to the same file is under way. */
async function writeRest(
  fd: number,
  bytes: Uint8Array,
  { from, to, offset }: { from: number; to: number; offset: number },
): Promise<void> {
  for (let at = from; at < to; ) at += (await writeAsync(fd, bytes, at, to - at, offset + at)).bytesWritten;
}

/** @returns bytes written; 0 where the device wants other blocks than ours */
async function writeBlocks(
  fd: number,
  bytes: Uint8Array,
  { from, to, position }: { from: number; to: number; position: number },
): Promise<number> {
  try {
    return (await writeAsync(fd, bytes, from, to - from, position)).bytesWritten;
  } catch (error) {
    if (errnoOf(error) !== 'EINVAL') throw error;
    return 0;
  }
}
