/** Files that mark their directory as not worth keeping. */
import { readSync } from 'node:fs';
import { errnoOf } from '../base/errors.ts';
import { syscalls } from '../host.ts';
import { capture, type TagFile } from '../source.ts';

/** Whether the directory has the tag file, with the content it must begin with. One that cannot be read does not count. */
export function holds(dirFd: number, tag: TagFile): boolean {
  let fd: number;
  try {
    fd = capture.openFileAt(dirFd, tag.name);
  } catch (error) {
    if (errnoOf(error) === undefined) throw error;
    return false;
  }
  try {
    const content = new Uint8Array(tag.headerBytes);
    const length = tag.headerBytes === 0 ? 0 : readSync(fd, content, 0, content.length, 0);
    return tag.matches(content.subarray(0, length));
  } catch (error) {
    if (errnoOf(error) === undefined) throw error;
    return false;
  } finally {
    syscalls.closeFd(fd);
  }
}
