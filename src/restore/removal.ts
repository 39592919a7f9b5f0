/** Removes what is in the way or not in the snapshot, by open directories and never across the border of a file system. */
import { constants } from 'node:fs';
import { errnoOf, textOf } from '../base/errors.ts';
import { syscalls } from '../host.ts';

export interface RemovalRequest {
  /** Raw path, for `mayRemove` and messages. */
  path: string;
  /** Whether the entry may go; a directory stays when something in it has to. */
  mayRemove: (path: string) => boolean;
  removed: (path: string) => void;
  failed: (path: string, message: string) => void;
}

/** Removes `name` in `dirFd` with everything below it. @returns whether it is gone */
export function removeTree(dirFd: number, name: string, request: RemovalRequest): boolean {
  const stat = new syscalls.StatRecord();
  if (!request.mayRemove(request.path)) return false;
  try {
    if (!syscalls.statInto(dirFd, name, stat)) return true;
    if ((stat.mode & constants.S_IFMT) !== constants.S_IFDIR) syscalls.removeFile(dirFd, name);
    else if (!removeBelow(dirFd, name, { ...request, device: stat.device })) return false;
    else syscalls.removeDirectory(dirFd, name);
    request.removed(request.path);
    return true;
  } catch (error) {
    if (errnoOf(error) === undefined) throw error;
    request.failed(request.path, `not removed: ${textOf(error)}`);
    return false;
  }
}

function removeBelow(dirFd: number, name: string, request: RemovalRequest & { device: bigint }): boolean {
  const parent = new syscalls.StatRecord();
  syscalls.statInto(dirFd, '', parent);
  if (parent.device !== request.device) {
    request.failed(request.path, 'not removed: another file system is mounted there');
    return false;
  }
  const fd = syscalls.openDirectory(dirFd, name);
  try {
    let isEmpty = true;
    for (const each of syscalls.listNames(fd))
      isEmpty = removeTree(fd, each, { ...request, path: `${request.path}/${each}` }) && isEmpty;
    return isEmpty;
  } finally {
    syscalls.closeFd(fd);
  }
}
