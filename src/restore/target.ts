/** The directory restored into. */
import { constants } from 'node:fs';
import { AppError, errnoOf, textOf } from '../base/errors.ts';
import { syscalls } from '../host.ts';

/** Only the owner, until somebody decides otherwise. */
const OWNER_ONLY = 0o700;

export interface Target extends Disposable {
  readonly fd: number;
  /** It was there before. */
  readonly existed: boolean;
}

/**
 * Opens the target and makes it, with the directories above it, when it is missing. The path is the caller's own, so
 * symbolic links in it are followed; from here on none is.
 * @param path raw
 * @throws {AppError} `failed` naming the path
 */
export function openTarget(path: string): Target {
  try {
    const existed = syscalls.statInto(syscalls.CWD, path, new syscalls.StatRecord());
    if (!existed) makeAll(path);
    const fd = syscalls.open(syscalls.CWD, path, { flags: syscalls.O_PATH | constants.O_DIRECTORY });
    return { fd, existed, [Symbol.dispose]: () => syscalls.closeFd(fd) };
  } catch (error) {
    if (errnoOf(error) === undefined) throw error;
    throw new AppError('failed', {
      detail: `the target ${Buffer.from(path, 'latin1').toString()}: ${textOf(error)}`,
      hint: 'Give a directory that exists or can be made.',
      cause: error,
    });
  }
}

/** @throws {AppError} `refused` when the target is the root of this machine and nothing limits what may be deleted */
export function refuseDeletingAll({ fd }: Target, { hasIncludes }: { hasIncludes: boolean }): void {
  const [target, root] = [new syscalls.StatRecord(), new syscalls.StatRecord()];
  syscalls.statInto(fd, '', target);
  syscalls.statInto(syscalls.CWD, '/', root);
  if (hasIncludes || target.inode !== root.inode || target.device !== root.device) return;
  throw new AppError('refused', {
    detail: 'deleting what is not in the snapshot from / of this machine',
    hint: 'Say with --include what may be deleted, or restore into another directory.',
  });
}

function makeAll(path: string): void {
  const bare = path.replace(/\/+$/, '');
  const parent = bare.slice(0, bare.lastIndexOf('/') + 1);
  if (parent !== '' && !syscalls.statInto(syscalls.CWD, parent, new syscalls.StatRecord())) makeAll(parent);
  syscalls.makeDirectory(syscalls.CWD, bare, OWNER_ONLY);
}
