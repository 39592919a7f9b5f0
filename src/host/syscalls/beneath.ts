/**
 * Opening a path that cannot lead out of a directory, whatever a hostile tree or another process puts in its way: no
 * symbolic link is followed anywhere, `..` and absolute paths are refused. The kernel keeps the rule itself
 * (openat2(2), Linux 5.6); where it cannot, the path is walked one name at a time.
 */
import { constants } from 'node:fs';
import { assert } from '../../base/assert.ts';
import { closeFd, O_PATH, type OpenMode, open } from './directory.ts';
import { failedWith, failure, placeName, refusal, scratch, syscall } from './libc.ts';

/** The same number on all architectures. */
const SYS_OPENAT2 = 437;
const RESOLVE_NO_MAGICLINKS = 0x02;
const RESOLVE_NO_SYMLINKS = 0x04;
const RESOLVE_BENEATH = 0x08;
const RESOLVE = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS;
const O_CLOEXEC = 0o2000000;

/** A single call takes a path below PATH_MAX; longer ones are opened in stretches of whole names. */
const STRETCH_BYTES = 4000;

/** struct open_how {u64 flags; u64 mode; u64 resolve}. */
const how = scratch(24);

const DIRECTORY = O_PATH | constants.O_DIRECTORY | constants.O_NOFOLLOW;

type OpenStep = (dirFd: number, path: string, mode: OpenMode) => number;

let openStretch: OpenStep | undefined;

/**
 * Opens the raw relative `path` beneath `dirFd`; any length.
 * @throws {SystemError} `EXDEV` for `..` or an absolute path, `ELOOP` or `ENOTDIR` for a symbolic link, and open's own.
 */
export function openBeneath(dirFd: number, path: string, mode: OpenMode): number {
  openStretch ??= hasOpenat2() ? openByKernel : openByName;
  return openIn(dirFd, path, { mode, step: openStretch });
}

/** As `openBeneath` on a kernel without openat2(2). */
export function openBeneathByName(dirFd: number, path: string, mode: OpenMode): number {
  return openIn(dirFd, path, { mode, step: openByName });
}

function openIn(dirFd: number, path: string, { mode, step }: { mode: OpenMode; step: OpenStep }): number {
  assert(dirFd >= 0, 'a directory to stay beneath');
  if (path.startsWith('/') || path.split('/').includes('..')) throw refusal('EXDEV', 'openat2', path);
  const flags = { ...mode, flags: mode.flags | constants.O_NOFOLLOW };
  return walk(dirFd, stretches(path, step === openByName ? 0 : STRETCH_BYTES), { mode: flags, step });
}

/** Opens all but the last of `parts` as directories, the last with `mode`. */
function walk(dirFd: number, parts: string[], { mode, step }: { mode: OpenMode; step: OpenStep }): number {
  let at = dirFd;
  try {
    for (const part of parts.slice(0, -1)) {
      const next = step(at, part, { flags: DIRECTORY });
      if (at !== dirFd) closeFd(at);
      at = next;
    }
    return step(at, parts.at(-1)!, mode);
  } finally {
    if (at !== dirFd) closeFd(at);
  }
}

/** Cuts at slashes into pieces of at most `bytes`, or of one name where that is longer. */
function stretches(path: string, bytes: number): string[] {
  const parts: string[] = [];
  let part = '';
  for (const name of path.split('/').filter((each) => each !== '' && each !== '.')) {
    if (part !== '' && part.length + 1 + name.length > bytes) {
      parts.push(part);
      part = name;
    } else part = part === '' ? name : `${part}/${name}`;
  }
  parts.push(part === '' ? '.' : part);
  return parts;
}

function openByKernel(dirFd: number, path: string, { flags, mode = 0 }: OpenMode): number {
  const fd = openat2(dirFd, path, { flags, mode });
  if (fd < 0) throw failure('openat2', path);
  return fd;
}

/** `path` is one name here, so that O_NOFOLLOW covers all of it. */
function openByName(dirFd: number, path: string, mode: OpenMode): number {
  return open(dirFd, path, mode);
}

function openat2(dirFd: number, path: string, { flags, mode = 0 }: OpenMode): number {
  how.bytes.writeBigUInt64LE(BigInt(flags | O_CLOEXEC), 0);
  how.bytes.writeBigUInt64LE(BigInt(mode), 8);
  how.bytes.writeBigUInt64LE(BigInt(RESOLVE), 16);
  return syscall(SYS_OPENAT2, dirFd, placeName(path), how.address, how.bytes.length, 0, 0);
}

/** Sandboxes of containers answer EPERM or ENOSYS to calls they do not know; an invalid descriptor tells them apart. */
function hasOpenat2(): boolean {
  const fd = openat2(-1, '.', { flags: O_PATH });
  return fd < 0 && failedWith('EBADF');
}
