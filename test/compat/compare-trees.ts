/** Two directories, entry by entry, with everything a backup promises to keep. Holes are a matter of the writer. */

import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { syscalls } from '../../src/host.ts';

export interface CompareOptions {
  /** Relative raw paths to leave alone. */
  ignore?: (path: string) => boolean;
}

/** @returns one line for every difference between the trees at `left` and `right` */
export function differences(left: string, right: string, options: CompareOptions = {}): string[] {
  const [a, b] = [describe(left, options), describe(right, options)];
  const found: string[] = [];
  for (const [path, facts] of a) {
    const other = b.get(path);
    if (other === undefined) found.push(`${JSON.stringify(path)} is only on the left`);
    else if (other !== facts) found.push(`${JSON.stringify(path)}: ${facts} | ${other}`);
  }
  for (const path of b.keys()) if (!a.has(path)) found.push(`${JSON.stringify(path)} is only on the right`);
  if (a.size < 2) found.push(`nothing to compare in ${left}`);
  return found;
}

const KIND_MASK = 0o170000;
const FILE = 0o100000;
const DIRECTORY = 0o040000;
const SYMLINK = 0o120000;
const SOCKET = 0o140000;

/** Facts of every entry by relative raw path; names of one file share the first of them. */
function describe(root: string, { ignore = () => false }: CompareOptions): Map<string, string> {
  const entries = new Map<string, string>();
  const firstNames = new Map<bigint, string>();
  const visit = (directory: number, path: string): void => {
    for (const name of syscalls.listNames(directory)) {
      const inner = path === '' ? name : `${path}/${name}`;
      const stat = new syscalls.StatRecord();
      syscalls.statInto(directory, name, stat);
      const kind = stat.mode & KIND_MASK;
      if (kind === SOCKET || ignore(inner)) continue;
      const first = stat.links > 1 && kind !== DIRECTORY ? (firstNames.get(stat.inode) ?? inner) : '';
      if (first !== '') firstNames.set(stat.inode, first);
      entries.set(inner, `${factsOf(directory, name, stat)} ${first}`);
      if (kind === DIRECTORY) within(directory, name, (fd) => visit(fd, inner));
    }
  };
  within(syscalls.CWD, Buffer.from(root).toString('latin1'), (fd) => visit(fd, ''));
  return entries;
}

function within(directory: number, name: string, work: (fd: number) => void): void {
  const fd = syscalls.openDirectory(directory, name);
  try {
    work(fd);
  } finally {
    syscalls.closeFd(fd);
  }
}

function factsOf(directory: number, name: string, stat: InstanceType<typeof syscalls.StatRecord>): string {
  const kind = stat.mode & KIND_MASK;
  const facts: Record<string, unknown> = {
    mode: stat.mode.toString(8),
    owner: `${stat.uid}:${stat.gid}`,
    mtime: `${stat.mtimeSeconds}.${stat.mtimeNanos}`,
    rdev: String(stat.rdev),
    attributes: syscalls
      .listXattrNames(directory, name)
      .map((each) => `${each}=${syscalls.getXattr(directory, name, each)?.toString('hex')}`)
      .sort(),
  };
  if (kind === FILE) facts['content'] = [stat.size, digestOf(directory, name)];
  if (kind === SYMLINK) facts['target'] = syscalls.readLink(directory, name);
  return JSON.stringify(facts);
}

function digestOf(directory: number, name: string): string {
  const fd = syscalls.open(directory, name, { flags: 0 });
  try {
    return createHash('sha256')
      .update(readFileSync(`/proc/self/fd/${fd}`))
      .digest('hex');
  } finally {
    syscalls.closeFd(fd);
  }
}

/** Relative paths of everything below `root`, sorted, for trees with plain names. */
export function pathsBelow(root: string): string[] {
  return readdirSync(root, { recursive: true, encoding: 'utf8' }).sort();
}
