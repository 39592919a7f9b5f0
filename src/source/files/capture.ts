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

const DIRECTORY_FLAGS = constants.O_RDONLY | constants.O_DIRECTORY;
const PLACE_FLAGS = syscalls.O_PATH | constants.O_DIRECTORY;

/** Longest path handed to the kernel in one piece; deeper directories are reached step by step. */
const PATH_STEP_BYTES = 3000;

/**
 * Opens the directory at an absolute raw path of any length, to be listed. Symbolic links are not followed at its end.
 * @throws {SystemError}
 */
export function openDirectoryAt(path: string): number {
  return openSteps(path, DIRECTORY_FLAGS | constants.O_NOFOLLOW);
}

/**
 * Like `openDirectoryAt`, to look up names in: the directory need not be readable, and symbolic links are followed.
 * @throws {SystemError}
 */
export function openPlaceAt(path: string): number {
  return openSteps(path, PLACE_FLAGS);
}

/** The path without symbolic links of the directory that `path` leads to. @throws {SystemError} */
export function resolveDirectory(path: string): string {
  const fd = openPlaceAt(path);
  try {
    return syscalls.readLink(syscalls.CWD, `/proc/self/fd/${fd}`);
  } finally {
    syscalls.closeFd(fd);
  }
}

/** Names in the directory, ascending by bytes. */
export function sortedNames(dirFd: number): string[] {
  return syscalls.listNames(dirFd).sort(byBytes);
}

/** False when there is nothing at an absolute raw path; what cannot be looked at may be there. */
export function exists(path: string): boolean {
  try {
    return syscalls.statInto(syscalls.CWD, path, new syscalls.StatRecord());
  } catch (error) {
    if (errnoOf(error) === undefined) throw error;
    return true;
  }
}

/** Names in the directory at an absolute raw path, or undefined when it cannot be read. */
export function listDirectory(path: string): string[] | undefined {
  let fd: number;
  try {
    fd = openDirectoryAt(path);
  } catch (error) {
    if (errnoOf(error) === undefined) throw error;
    return undefined;
  }
  try {
    return sortedNames(fd);
  } finally {
    syscalls.closeFd(fd);
  }
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

/** Goes to the last step through directories that may only be searched; `flags` are for that one. */
function openSteps(path: string, flags: number): number {
  if (path.length <= PATH_STEP_BYTES) return syscalls.open(syscalls.CWD, path, { flags });
  const steps = stepsOf(path);
  let fd = syscalls.open(syscalls.CWD, '/', { flags: PLACE_FLAGS });
  for (const [at, step] of steps.entries()) {
    try {
      const next = syscalls.open(fd, step, { flags: at === steps.length - 1 ? flags : PLACE_FLAGS });
      syscalls.closeFd(fd);
      fd = next;
    } catch (error) {
      syscalls.closeFd(fd);
      throw error;
    }
  }
  return fd;
}
