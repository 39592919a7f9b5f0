/** Fifos and device nodes (mknodat(2)). The mode is subject to the umask: set it with `changeMode` afterwards. */
import { constants } from 'node:fs';
import { bind, failure, placeName } from './libc.ts';

const mknodat = bind('mknodat', 'int', ['int', 'uintptr_t', 'uint', 'uint64_t']);

/** @throws {SystemError} `EEXIST`, … */
export function makeFifo(dirFd: number, name: string, mode: number): void {
  makeNode(dirFd, name, { mode: constants.S_IFIFO | (mode & 0o7777), rdev: 0n });
}

/**
 * Makes the node whose type is in `mode` (S_IFCHR, S_IFBLK, S_IFIFO, S_IFSOCK or S_IFREG); `rdev` as in `StatRecord`.
 * @throws {SystemError} `EPERM` for a device when not root, `EEXIST`, …
 */
export function makeNode(dirFd: number, name: string, { mode, rdev }: { mode: number; rdev: bigint }): void {
  if (mknodat(dirFd, placeName(name), mode, rdev) !== 0) throw failure('mknodat', name);
}
