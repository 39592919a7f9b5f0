/**
 * Extended attributes (xattr(7)) of files and of symbolic links themselves. Names are raw, values are bytes.
 *
 * A file is `name` in the directory `dirFd`; an empty name means the open file `dirFd`. Measured on Linux 6.18 for a file
 * without attributes: listxattrat(2) with a short name 1.3 µs, llistxattr(2) with the whole path 1.6 µs, and through
 * `/proc/self/fd/N/name` 4.8 µs. The first exists since Linux 6.13 (`hasXattrAt`); before, give `CWD` and the whole path
 * where speed matters. The kernel allocates the room it is offered, so a 64 KiB buffer costs 0.8 µs more than a small one.
 */
import {
  AT_SYMLINK_NOFOLLOW,
  bind,
  CWD,
  failedWith,
  failure,
  placeName,
  placeOther,
  type Scratch,
  scratch,
  syscall,
} from './libc.ts';

/** Numbers of system calls this young are the same on all architectures. */
const SYS_GETXATTRAT = 464;
const SYS_LISTXATTRAT = 465;

const SMALL_BYTES = 4096;
/** XATTR_LIST_MAX and XATTR_SIZE_MAX of linux/limits.h. */
const LARGE_BYTES = 65536;

const NONE: readonly string[] = Object.freeze([]);

const llistxattr = bind('llistxattr', 'long', ['uintptr_t', 'uintptr_t', 'size_t']);
const flistxattr = bind('flistxattr', 'long', ['int', 'uintptr_t', 'size_t']);
const lgetxattr = bind('lgetxattr', 'long', ['uintptr_t', 'uintptr_t', 'uintptr_t', 'size_t']);
const fgetxattr = bind('fgetxattr', 'long', ['int', 'uintptr_t', 'uintptr_t', 'size_t']);
const lsetxattr = bind('lsetxattr', 'int', ['uintptr_t', 'uintptr_t', 'void *', 'size_t', 'int']);
const fsetxattr = bind('fsetxattr', 'int', ['int', 'uintptr_t', 'void *', 'size_t', 'int']);
const lremovexattr = bind('lremovexattr', 'int', ['uintptr_t', 'uintptr_t']);
const fremovexattr = bind('fremovexattr', 'int', ['int', 'uintptr_t']);

const small = scratch(SMALL_BYTES);
let large: Scratch | undefined;

/** struct xattr_args {u64 value; u32 size; u32 flags} of getxattrat(2). */
const xattrArgs = scratch(16);

/** Whether the kernel reads attributes relative to a directory descriptor (Linux 6.13). */
export const hasXattrAt = probeXattrAt();

/**
 * Names of the attributes this process may see, in the kernel's order; the same frozen empty list for every file without.
 * A file system without attributes counts as a file without. @throws {SystemError} `ENOENT`, …
 */
export function listXattrNames(dirFd: number, name: string): readonly string[] {
  let room = small;
  let length = list(dirFd, name, room);
  if (length === 0) return NONE;
  if (length < 0 && failedWith('ERANGE')) {
    room = large ??= scratch(LARGE_BYTES);
    length = list(dirFd, name, room);
  }
  if (length >= 0) return split(room.bytes, length);
  if (failedWith('ENOTSUP')) return NONE;
  throw failure('listxattr', name);
}

/** The attribute's value in new memory, or undefined when the file has no such attribute. @throws {SystemError} */
export function getXattr(dirFd: number, name: string, attribute: string): Buffer | undefined {
  let room = small;
  let length = get(dirFd, name, { attribute, room });
  if (length < 0 && failedWith('ERANGE')) {
    room = large ??= scratch(LARGE_BYTES);
    length = get(dirFd, name, { attribute, room });
  }
  if (length >= 0) return Buffer.from(room.bytes.subarray(0, length));
  if (failedWith('ENODATA')) return undefined;
  throw failure('getxattr', `${name}' '${attribute}`);
}

export interface XattrValue {
  attribute: string;
  value: Uint8Array;
}

/** Sets or replaces one attribute. @throws {SystemError} `ENOTSUP`, `EPERM`, `ENOSPC`, … */
export function setXattr(dirFd: number, name: string, { attribute, value }: XattrValue): void {
  const key = placeOther(attribute);
  const done =
    name === ''
      ? fsetxattr(dirFd, key, value, value.length, 0)
      : lsetxattr(placeName(pathOf(dirFd, name)), key, value, value.length, 0);
  if (done !== 0) throw failure('setxattr', `${name}' '${attribute}`);
}

/** @returns false when the file has no such attribute. @throws {SystemError} */
export function removeXattr(dirFd: number, name: string, attribute: string): boolean {
  const key = placeOther(attribute);
  const done = name === '' ? fremovexattr(dirFd, key) : lremovexattr(placeName(pathOf(dirFd, name)), key);
  if (done !== 0 && !failedWith('ENODATA')) throw failure('removexattr', `${name}' '${attribute}`);
  return done === 0;
}

function list(dirFd: number, name: string, { bytes, address }: Scratch): number {
  if (name === '') return flistxattr(dirFd, address, bytes.length);
  if (hasXattrAt)
    return syscall(SYS_LISTXATTRAT, dirFd, placeName(name), AT_SYMLINK_NOFOLLOW, address, bytes.length, 0);
  return llistxattr(placeName(pathOf(dirFd, name)), address, bytes.length);
}

function get(dirFd: number, name: string, { attribute, room }: { attribute: string; room: Scratch }): number {
  const key = placeOther(attribute);
  const { bytes, address } = room;
  if (name === '') return fgetxattr(dirFd, key, address, bytes.length);
  if (!hasXattrAt) return lgetxattr(placeName(pathOf(dirFd, name)), key, address, bytes.length);
  xattrArgs.bytes.writeBigUInt64LE(BigInt(address), 0);
  xattrArgs.bytes.writeUInt32LE(bytes.length, 8);
  const { address: args, bytes: argsBytes } = xattrArgs;
  return syscall(SYS_GETXATTRAT, dirFd, placeName(name), AT_SYMLINK_NOFOLLOW, key, args, argsBytes.length);
}

/** A path to `name` in `dirFd` that stays right when the directory is moved. */
function pathOf(dirFd: number, name: string): string {
  return dirFd === CWD || name.startsWith('/') ? name : `/proc/self/fd/${dirFd}/${name}`;
}

function split(bytes: Buffer, length: number): readonly string[] {
  return length === 0 ? NONE : bytes.toString('latin1', 0, length - 1).split('\0');
}

function probeXattrAt(): boolean {
  return syscall(SYS_LISTXATTRAT, CWD, placeName('/'), AT_SYMLINK_NOFOLLOW, small.address, 0, 0) >= 0;
}
