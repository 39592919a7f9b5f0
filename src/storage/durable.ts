/**
 * Writing a file so that it exists whole and durable under its name, or not at all.
 *
 * Large files go past the page cache (O_DIRECT): copying them into it and writing them back from there costs a
 * processor core that chunking and sealing need, and is several times slower than a fast device. What cannot be
 * written that way (unaligned memory, the tail of less than a block, filesystems that refuse) is written as usual.
 */
import { randomBytes } from 'node:crypto';
import { constants, type FileHandle, open, rename, unlink } from 'node:fs/promises';
import { dirname } from 'node:path';
import { isAligned } from '../base/aligned.ts';
import { AppError } from '../base/errors.ts';
import { DIRECT_ALIGNMENT_BYTES, DIRECT_WRITE_BYTES_MIN } from '../base/limits.ts';
import type { DirectorySync } from './directory-sync.ts';
import { storageErrno } from './failure.ts';

export interface DurableOptions {
  /** Permission bits of the finished file. */
  mode: number;
  directories: DirectorySync;
  signal?: AbortSignal | undefined;
}

/**
 * Writes `bytes` to a temporary file beside `path`, syncs it, renames it to `path` and syncs the directory.
 * A file already there is replaced in one step. On failure the temporary file is removed; after a crash it may stay.
 * @throws the system error, or the reason of the abort
 */
export async function writeDurably(path: string, bytes: Uint8Array, options: DurableOptions): Promise<void> {
  const temporary = temporaryPath(path);
  try {
    await writeTemporary(temporary, bytes, options);
    options.signal?.throwIfAborted();
    await rename(temporary, path);
  } catch (error) {
    await discard(temporary);
    throw error;
  }
  await options.directories.sync(dirname(path));
}

/** A name in the same directory that no listing takes for a finished file. */
export function temporaryPath(path: string): string {
  return `${path}-tmp-${randomBytes(8).toString('hex')}`;
}

/** Whether a file of this name is what an unfinished save of a vault's file left behind. */
export function isTemporary(name: string): boolean {
  return /^(?:config|[0-9a-f]{64})-tmp-/.test(name);
}

async function writeTemporary(path: string, bytes: Uint8Array, { mode, signal }: DurableOptions): Promise<void> {
  signal?.throwIfAborted();
  const direct = isWorthDirect(bytes) ? await openDirect(path) : undefined;
  const begun = direct === undefined ? 0 : await closing(direct, (file) => writeDirect(file, bytes));
  signal?.throwIfAborted();
  const flags = direct === undefined ? constants.O_CREAT | constants.O_EXCL : 0;
  const plain = await open(path, constants.O_WRONLY | flags, 0o600);
  await closing(plain, async (file) => {
    await writeRest(file, bytes, begun);
    await setMode(file, mode);
    signal?.throwIfAborted();
    // Covers what either descriptor wrote, and the size: direct writes by themselves leave the device's cache and the inode behind.
    await file.sync();
  });
}

function isWorthDirect(bytes: Uint8Array): boolean {
  return constants.O_DIRECT !== undefined && bytes.length >= DIRECT_WRITE_BYTES_MIN && isAligned(bytes);
}

/** @returns undefined where the filesystem refuses direct writes. */
async function openDirect(path: string): Promise<FileHandle | undefined> {
  const flags = constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | constants.O_DIRECT;
  try {
    return await open(path, flags, 0o600);
  } catch (error) {
    if (storageErrno(error) !== 'EINVAL') throw error;
    // The kernel may have made the file before it found that it cannot do this.
    await discard(path);
    return undefined;
  }
}

/** Writes whole blocks from the start. @returns bytes written; fewer than all blocks where the filesystem refuses or stops short. */
async function writeDirect(file: FileHandle, bytes: Uint8Array): Promise<number> {
  const end = bytes.length - (bytes.length % DIRECT_ALIGNMENT_BYTES);
  let done = 0;
  while (done < end && done % DIRECT_ALIGNMENT_BYTES === 0) {
    const written = await writeBlocks(file, bytes, { from: done, to: end });
    if (written === 0) break;
    done += written;
  }
  return done;
}

async function writeBlocks(file: FileHandle, bytes: Uint8Array, range: { from: number; to: number }): Promise<number> {
  try {
    const { bytesWritten } = await file.write(bytes, range.from, range.to - range.from, range.from);
    return bytesWritten;
  } catch (error) {
    if (storageErrno(error) !== 'EINVAL') throw error;
    return 0;
  }
}

async function writeRest(file: FileHandle, bytes: Uint8Array, begin: number): Promise<void> {
  let done = begin;
  while (done < bytes.length) {
    const { bytesWritten } = await file.write(bytes, done, bytes.length - done, done);
    if (bytesWritten === 0) throw new AppError('storage-failed', { detail: `wrote ${done} of ${bytes.length} bytes` });
    done += bytesWritten;
  }
}

/** Sets the permission bits; filesystems that have none (FAT, some network mounts) refuse, and need none. */
async function setMode(file: FileHandle, mode: number): Promise<void> {
  try {
    await file.chmod(mode);
  } catch (error) {
    if (!['EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS'].includes(storageErrno(error) ?? '')) throw error;
  }
}

async function closing<T>(file: FileHandle, work: (file: FileHandle) => Promise<T>): Promise<T> {
  try {
    return await work(file);
  } finally {
    await file.close();
  }
}

/** Removes what a failed save left. Its own failure is not reported: the first one says more, and no listing shows the file. */
async function discard(path: string): Promise<void> {
  try {
    await unlink(path);
  } catch (error) {
    if (storageErrno(error) === undefined) throw error;
  }
}
