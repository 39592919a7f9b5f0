/** What one entry of a directory is, read from the file system through the open directory that holds it. */
import { constants } from 'node:fs';
import { errnoOf } from '../../base/errors.ts';
import { syscalls } from '../../host.ts';

export interface CapturedAttribute {
  /** Raw, like all names. */
  name: string;
  value: Uint8Array;
}

/** O_NOATIME keeps a backup from changing what it reads; only the owner and root may use it (open(2)). */
const O_NOATIME = 0o1000000;
/** Without O_NONBLOCK, a fifo that took a file's place would hang the backup. */
const READ_FLAGS = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK;

/** Longest path handed to the kernel in one piece; deeper directories are reached step by step. */
const PATH_STEP_BYTES = 3000;

/**
 * Opens the directory at an absolute raw path of any length. Symbolic links are not followed at its end.
 * @throws {SystemError}
 */
export function openDirectoryAt(path: string): number {
  if (path.length <= PATH_STEP_BYTES) return syscalls.openDirectory(syscalls.CWD, path);
  let fd = syscalls.openDirectory(syscalls.CWD, '/');
  for (const piece of stepsOf(path)) {
    const next = openNext(fd, piece);
    fd = next;
  }
  return fd;
}

/** Names in the directory, ascending by bytes. */
export function sortedNames(dirFd: number): string[] {
  return syscalls.listNames(dirFd).sort(byBytes);
}

/** Opens a regular file for reading; what is not one any more fails. @throws {SystemError} */
export function openFileAt(dirFd: number, name: string): number {
  try {
    return syscalls.open(dirFd, name, { flags: READ_FLAGS | O_NOATIME });
  } catch (error) {
    if (errnoOf(error) !== 'EPERM') throw error;
    return syscalls.open(dirFd, name, { flags: READ_FLAGS });
  }
}

/**
 * Extended attributes in the kernel's order. One that vanishes in between is left out.
 * @throws {SystemError} for one that may not be read
 */
export function captureAttributes(dirFd: number, name: string): CapturedAttribute[] {
  const attributes: CapturedAttribute[] = [];
  for (const attribute of syscalls.listXattrNames(dirFd, name)) {
    const value = syscalls.getXattr(dirFd, name, attribute);
    if (value !== undefined) attributes.push({ name: attribute, value });
  }
  return attributes;
}

/** Plain comparison of raw names is comparison by bytes, as each char is one. */
export function byBytes(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

function stepsOf(path: string): string[] {
  const steps: string[] = [];
  let step = '';
  for (const name of path.split('/')) {
    if (name === '') continue;
    if (step.length + name.length > PATH_STEP_BYTES) {
      steps.push(step);
      step = '';
    }
    step = step === '' ? name : `${step}/${name}`;
  }
  if (step !== '') steps.push(step);
  return steps;
}

function openNext(fd: number, piece: string): number {
  try {
    return syscalls.openDirectory(fd, piece);
  } finally {
    syscalls.closeFd(fd);
  }
}
