/** Free space of the file system that a path is on. */
import { statfs } from 'node:fs/promises';
import { errnoOf } from '../../base/errors.ts';

/** For who is not root. Undefined where it cannot be told; that something is not there is told by who uses it. */
export async function freeBytesAt(path: string): Promise<number | undefined> {
  if (!path.startsWith('/')) return undefined;
  try {
    const { bavail, bsize } = await statfs(path);
    return bavail * bsize;
  } catch (error) {
    if (errnoOf(error) === undefined) throw error;
    return undefined;
  }
}
