/** Open files and folders of a shelf on this machine. */
import { constants, read, write } from 'node:fs';
import { promisify } from 'node:util';
import { ARCHIVE_READ_BYTES } from '../base/limits.ts';
import { syscalls } from '../host.ts';
import { endError, errnoName, taken, translated } from './end-path.ts';

const readAt = promisify(read);
const writeAt = promisify(write);

/** Memory that threads share: a piece goes to both digests without a copy. */
export async function pieceAt(fd: number, position: number, doing: string): Promise<Uint8Array> {
  const piece = new Uint8Array(new SharedArrayBuffer(ARCHIVE_READ_BYTES));
  try {
    const { bytesRead } = await readAt(fd, piece, 0, piece.length, position);
    return piece.subarray(0, bytesRead);
  } catch (error) {
    throw translated(error, doing);
  }
}

export async function writeAll(fd: number, piece: Uint8Array, position: number): Promise<void> {
  for (let done = 0; done < piece.length; ) {
    const { bytesWritten } = await writeAt(fd, piece, done, piece.length - done, position + done);
    done += bytesWritten;
  }
}

/** A further name for the file and then one less: link(2) replaces nothing, where rename(2) would. */
export function moveWithout(
  dirFd: number,
  { from, to, path }: { from: syscalls.Place; to: string; path: string },
): void {
  try {
    syscalls.makeHardLink(from, { dirFd, name: to });
  } catch (error) {
    if (errnoName(error) === 'EEXIST') throw taken(path);
    if (!['EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'EMLINK'].includes(errnoName(error) ?? '')) throw error;
    // A file system without hard links; one transfer at a time keeps others away.
    if (syscalls.statInto(dirFd, to, new syscalls.StatRecord())) throw taken(path);
    syscalls.rename(from, { dirFd, name: to });
    return;
  }
  syscalls.removeFile(from.dirFd, from.name);
}

export function refuseLink(dirFd: number, name: string): void {
  const record = new syscalls.StatRecord();
  if (!syscalls.statInto(dirFd, raw(name), record)) return;
  if ((record.mode & constants.S_IFMT) !== constants.S_IFLNK) return;
  throw endError('ELOOP', { doing: name, text: 'it is a symbolic link' });
}

/** As system calls take names: a character per byte. */
export function raw(text: string): string {
  return Buffer.from(text).toString('latin1');
}
