/** Files that change, or turn into something else, while they are read. */
import { constants } from 'node:fs';
import { errnoOf } from '../base/errors.ts';
import type { syscalls } from '../host.ts';
import { capture } from '../source.ts';

type StatRecord = InstanceType<typeof syscalls.StatRecord>;

/** What reading or opening says when something else has taken the place of a file. */
const MOVED_CODES: readonly unknown[] = [
  // a symbolic link
  'ELOOP',
  // a device without driver, or a socket
  'ENXIO',
  'ENODEV',
  // a directory
  'EISDIR',
  // a fifo, which has no places to read at and may have nothing to give right now
  'ESPIPE',
  'EAGAIN',
];

export function isMoved(error: unknown): boolean {
  return MOVED_CODES.includes(errnoOf(error));
}

/** A descriptor, or undefined when the name stands for something else by now. @throws {SystemError} */
export function openOrMoved(dirFd: number, name: string): number | undefined {
  try {
    return capture.openFileAt(dirFd, name);
  } catch (error) {
    if (isMoved(error)) return undefined;
    throw error;
  }
}

/** Changes whenever the file does, as far as its metadata tells; the inode is its first word. */
export function stampOf(stat: StatRecord): string {
  return [stat.inodeText, stat.mode, stat.size, stat.mtimeSeconds, stat.mtimeNanos].join(' ');
}

/** Whether two stamps are of one and the same file, changed or not. */
export function sameInode(a: string, b: string): boolean {
  return a.slice(0, a.indexOf(' ')) === b.slice(0, b.indexOf(' '));
}

export function isUnchanged(a: StatRecord, b: StatRecord): boolean {
  return (
    a.mode === b.mode &&
    a.size === b.size &&
    a.inodeLow === b.inodeLow &&
    a.inodeHigh === b.inodeHigh &&
    a.mtimeSeconds === b.mtimeSeconds &&
    a.mtimeNanos === b.mtimeNanos
  );
}

export function isRegular({ mode }: { mode: number }): boolean {
  return (mode & constants.S_IFMT) === constants.S_IFREG;
}
