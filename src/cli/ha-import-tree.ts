/** The files of a system that lies in a folder: copied, restored or mounted. Links in it lead where they would lead there. */
import type { Stats } from 'node:fs';
import { lstat, readdir, readFile, readlink } from 'node:fs/promises';
import { posix } from 'node:path';
import { CONFIGURATION_FILE_BYTES_MAX } from '../base/cluster-limits.ts';
import { errnoOf } from '../base/errors.ts';
import type { imports } from '../failover.ts';

/** Linux gives up on a path after as many (path_resolution(7)). */
const LINKS_MAX = 40;

type Looked = { kind: 'there'; path: string; stats: Stats } | { kind: 'absent' } | { kind: 'unreadable'; why: string };

/**
 * As with chroot(2): a link with a slash in front begins at `root` again, and `..` stops there, so that nothing outside the
 * folder is ever looked at.
 */
export function treeFiles(root: string): imports.services.SystemFiles {
  return {
    name: root,
    async read(path) {
      const found = await look(root, path);
      if (found.kind !== 'there') return found;
      const { mode, uid, gid, size } = found.stats;
      if (!found.stats.isFile() || size > CONFIGURATION_FILE_BYTES_MAX)
        return { kind: 'unreadable', why: 'no plain file, or too large for a configuration' };
      const text = await withoutErrno(readFile(found.path, 'utf8'));
      if (text === undefined) return { kind: 'unreadable', why: 'no right to read it' };
      return { kind: 'read', file: { path, text, mode: mode & 0o777, uid, gid } };
    },
    async list(folder) {
      const found = await look(root, folder);
      if (found.kind !== 'there') return found;
      if (!found.stats.isDirectory()) return { kind: 'absent' };
      const names = await withoutErrno(readdir(found.path));
      return names === undefined ? { kind: 'unreadable', why: 'no right to read it' } : { kind: 'read', names };
    },
    async isThere(path) {
      return (await look(root, path)).kind === 'there';
    },
  };
}

/** Follows every link on the way itself, as the system would that this tree is of. */
async function look(root: string, path: string): Promise<Looked> {
  const rest = partsOf(path);
  let at = '/';
  let links = 0;
  let stats = await lstat(root);
  while (rest.length > 0) {
    const next = posix.join(at, rest.shift()!);
    try {
      stats = await lstat(posix.join(root, next));
      if (!stats.isSymbolicLink()) at = next;
      else {
        if (++links > LINKS_MAX) return { kind: 'unreadable', why: 'its links lead in a circle' };
        const target = await readlink(posix.join(root, next));
        if (target.startsWith('/')) at = '/';
        rest.unshift(...partsOf(target));
        stats = await lstat(posix.join(root, at));
      }
    } catch (error) {
      const errno = errnoOf(error);
      if (errno === 'ENOENT' || errno === 'ENOTDIR') return { kind: 'absent' };
      if (errno === undefined) throw error;
      return { kind: 'unreadable', why: errno === 'EACCES' ? 'no right to read it' : errno };
    }
  }
  return { kind: 'there', path: posix.join(root, at), stats };
}

function partsOf(path: string): string[] {
  return path.split('/').filter((part) => part !== '' && part !== '.');
}

/** Undefined where the machine refused; nothing else is caught. */
async function withoutErrno<T>(promise: Promise<T>): Promise<T | undefined> {
  return await promise.catch((error: unknown) => {
    if (errnoOf(error) === undefined) throw error;
    return undefined;
  });
}
