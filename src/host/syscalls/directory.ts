/**
 * Work on names relative to an open directory, so that neither a path longer than PATH_MAX nor a directory swapped for a
 * symbolic link can lead elsewhere. `dirFd` may be `CWD`; then names may be whole paths. No call here follows a symbolic
 * link at the end of the name, except `open` without O_NOFOLLOW. Everything throws {SystemError} where not said otherwise.
 */
import { chmodSync, constants } from 'node:fs';
import { AT_SYMLINK_NOFOLLOW, bind, failedWith, failure, placeName, placeOther, refusal, scratch } from './libc.ts';
import { StatRecord, statInto } from './stat.ts';

const AT_REMOVEDIR = 0x200;
/** The next two have these values on every architecture (fcntl.h). */
export const O_PATH = 0o10000000;
const O_CLOEXEC = 0o2000000;

const openat = bind('openat', 'int', ['int', 'uintptr_t', 'int', 'uint']);
const close = bind('close', 'int', ['int']);
const mkdirat = bind('mkdirat', 'int', ['int', 'uintptr_t', 'uint']);
const unlinkat = bind('unlinkat', 'int', ['int', 'uintptr_t', 'int']);
const renameat = bind('renameat', 'int', ['int', 'uintptr_t', 'int', 'uintptr_t']);
const linkat = bind('linkat', 'int', ['int', 'uintptr_t', 'int', 'uintptr_t', 'int']);
const symlinkat = bind('symlinkat', 'int', ['uintptr_t', 'int', 'uintptr_t']);
const readlinkat = bind('readlinkat', 'long', ['int', 'uintptr_t', 'uintptr_t', 'size_t']);
const fchmodat = bind('fchmodat', 'int', ['int', 'uintptr_t', 'uint', 'int']);
const fchownat = bind('fchownat', 'int', ['int', 'uintptr_t', 'uint', 'uint', 'int']);

const linkTarget = scratch(4096);

export interface OpenMode {
  /** `constants.O_…` of node:fs; close-on-exec is always added. */
  flags: number;
  /** Permissions of a file this makes, before the umask; 0 when absent. */
  mode?: number;
}

/** @returns a descriptor for node:fs calls too; close it with `closeFd`. */
export function open(dirFd: number, name: string, { flags, mode = 0 }: OpenMode): number {
  const fd = openat(dirFd, placeName(name), flags | O_CLOEXEC, mode);
  if (fd < 0) throw failure('openat', name);
  return fd;
}

/** Opens a directory itself, not one a symbolic link points to. */
export function openDirectory(dirFd: number, name: string): number {
  return open(dirFd, name, { flags: constants.O_RDONLY | constants.O_DIRECTORY | constants.O_NOFOLLOW });
}

/** Unlike node:fs, also right in a worker thread, where Node warns about descriptors it did not open. */
export function closeFd(fd: number): void {
  if (close(fd) !== 0) throw failure('close', String(fd));
}

/** @returns false when the name is taken. */
export function makeDirectory(dirFd: number, name: string, mode: number): boolean {
  if (mkdirat(dirFd, placeName(name), mode) === 0) return true;
  if (failedWith('EEXIST')) return false;
  throw failure('mkdirat', name);
}

/** Removes anything but a directory. @returns false when there was nothing. */
export function removeFile(dirFd: number, name: string): boolean {
  return unlink(dirFd, name, 0);
}

/** Removes an empty directory. @returns false when there was nothing. */
export function removeDirectory(dirFd: number, name: string): boolean {
  return unlink(dirFd, name, AT_REMOVEDIR);
}

export interface Place {
  dirFd: number;
  name: string;
}

/** Replaces `to` when it exists (rename(2)). */
export function rename(from: Place, to: Place): void {
  if (renameat(from.dirFd, placeName(from.name), to.dirFd, placeOther(to.name)) !== 0)
    throw failure('renameat', `${from.name}' -> '${to.name}`);
}

/** Gives the file `existing`, be it a symbolic link itself, the further name `to`. */
export function makeHardLink(existing: Place, to: Place): void {
  if (linkat(existing.dirFd, placeName(existing.name), to.dirFd, placeOther(to.name), 0) !== 0)
    throw failure('linkat', `${existing.name}' -> '${to.name}`);
}

/** `target` is raw and kept byte for byte. */
export function makeSymlink(dirFd: number, name: string, target: string): void {
  if (symlinkat(placeOther(target), dirFd, placeName(name)) !== 0) throw failure('symlinkat', name);
}

/** The raw target of a symbolic link. */
export function readLink(dirFd: number, name: string): string {
  const { address, bytes } = linkTarget;
  const length = readlinkat(dirFd, placeName(name), address, bytes.length);
  if (length < 0) throw failure('readlinkat', name);
  return bytes.toString('latin1', 0, length);
}

/** @throws {SystemError} `ENOTSUP` for a symbolic link, which has no mode of its own. */
export function changeMode(dirFd: number, name: string, mode: number): void {
  if (fchmodat(dirFd, placeName(name), mode, AT_SYMLINK_NOFOLLOW) === 0) return;
  if (!failedWith('ENOTSUP', 'EINVAL')) throw failure('fchmodat', name);
  changeModeByPath(dirFd, name, mode);
}

/** Owner and group by number; -1 leaves one as it is. */
export function changeOwner(dirFd: number, name: string, { uid, gid }: { uid: number; gid: number }): void {
  if (fchownat(dirFd, placeName(name), uid >>> 0, gid >>> 0, AT_SYMLINK_NOFOLLOW) !== 0)
    throw failure('fchownat', name);
}

function unlink(dirFd: number, name: string, flags: number): boolean {
  if (unlinkat(dirFd, placeName(name), flags) === 0) return true;
  if (failedWith('ENOENT')) return false;
  throw failure('unlinkat', name);
}

/** C libraries before 2.32 do not offer AT_SYMLINK_NOFOLLOW; a pinned file that is no link serves as well. */
function changeModeByPath(dirFd: number, name: string, mode: number): void {
  const fd = open(dirFd, name, { flags: O_PATH | constants.O_NOFOLLOW });
  try {
    const stat = new StatRecord();
    statInto(fd, '', stat);
    if ((stat.mode & constants.S_IFMT) === constants.S_IFLNK) throw refusal('ENOTSUP', 'fchmodat', name);
    chmodSync(`/proc/self/fd/${fd}`, mode);
  } finally {
    closeFd(fd);
  }
}
