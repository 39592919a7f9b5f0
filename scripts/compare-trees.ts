/**
 * Compares a restored tree with its source, entry by entry, with nothing of what Holdfast itself knows about either: types,
 * every byte, modes, owners, times to the nanosecond, link targets, device numbers, extended attributes, hard links.
 * Paths are raw strings, one character per byte.
 */
import { type BigIntStats, closeSync, lstatSync, openSync, readdirSync, readlinkSync, readSync } from 'node:fs';
import { errnoOf } from '../src/base/errors.ts';
import { syscalls } from '../src/host.ts';

/** What a tree looked like, to tell later what has been changed by others. */
export interface TreeRecord {
  signatures: ReadonlyMap<string, string>;
  /** Content of regular files. */
  bytes: number;
}

export interface Comparison {
  files: number;
  directories: number;
  symlinks: number;
  /** Fifos and device nodes. */
  specials: number;
  /** Content compared. */
  bytes: number;
  attributes: number;
  /** Files that are another name of one compared before. */
  hardLinks: number;
  /** One line each: path and what is different. */
  differences: string[];
  /** One line each: path and why it could not be compared. */
  notCompared: string[];
}

export interface CompareOptions {
  source: string;
  copy: string;
  /** The source before it was backed up. */
  before: TreeRecord;
  /** Owners, and what only root may set, are compared only then. */
  isRoot: boolean;
}

const READ_BYTES = 1 << 20;
const DENIED = ['EACCES', 'EPERM'];
const GONE = ['ENOENT', 'ENOTDIR'];
const SOCKET = 'a socket, which is not backed up';
const CHANGED = 'changed while this ran';

/** Records every entry below `root` that may be seen. */
export function recordTree(root: string): TreeRecord {
  const signatures = new Map<string, string>();
  let bytes = 0;
  const visit = (path: string): void => {
    const stats = statOf(join(root, path));
    if (stats === undefined) return;
    signatures.set(path, signatureOf(stats));
    if (stats.isFile()) bytes += Number(stats.size);
    if (stats.isDirectory()) for (const name of namesIn(join(root, path)) ?? []) visit(join(path, name));
  };
  visit('');
  return { signatures, bytes };
}

/** Compares everything below and including the two roots. */
export function compareTrees(options: CompareOptions): Comparison {
  const comparison = emptyComparison();
  const compare = new TreeComparer(options, comparison);
  compare.visit('');
  return comparison;
}

function emptyComparison(): Comparison {
  const counts = { files: 0, directories: 0, symlinks: 0, specials: 0, bytes: 0, attributes: 0, hardLinks: 0 };
  return { ...counts, differences: [], notCompared: [] };
}

class TreeComparer {
  readonly #options: CompareOptions;
  readonly #seen: Comparison;
  readonly #inodes = new Map<string, string>();

  constructor(options: CompareOptions, seen: Comparison) {
    this.#options = options;
    this.#seen = seen;
  }

  visit(path: string): void {
    const source = join(this.#options.source, path);
    const stats = statOf(source);
    const reason = stats === undefined ? CHANGED : this.#reasonToSkip(path, stats);
    if (reason !== undefined) this.#skip(path, reason);
    else this.#compare(path, stats!);
    if (stats?.isDirectory()) this.#visitNames(path, reason === CHANGED);
  }

  /** Why the entry cannot be the same in the copy, or cannot be looked at. */
  #reasonToSkip(path: string, stats: BigIntStats): string | undefined {
    if (stats.isSocket()) return SOCKET;
    if (signatureOf(stats) !== this.#options.before.signatures.get(path)) return CHANGED;
    const isDevice = stats.isBlockDevice() || stats.isCharacterDevice();
    if (isDevice && !this.#options.isRoot) return 'a device node, which only root can make';
    if (!stats.isFile() && !stats.isDirectory()) return undefined;
    return mayRead(join(this.#options.source, path)) ? undefined : 'may not be read by this user';
  }

  #compare(path: string, stats: BigIntStats): void {
    const source = join(this.#options.source, path);
    const copy = join(this.#options.copy, path);
    const found = this.#differencesOf(stats, { source, copy });
    if (found === undefined) return;
    const after = statOf(source);
    if (after === undefined || signatureOf(after) !== signatureOf(stats)) this.#skip(path, CHANGED);
    else this.#seen.differences.push(`${shown(path)} ${found}`);
  }

  #differencesOf(stats: BigIntStats, { source, copy }: { source: string; copy: string }): string | undefined {
    const other = statOf(copy);
    if (other === undefined) return 'is missing';
    if (typeOf(stats) !== typeOf(other)) return `is a ${typeOf(other)}, not a ${typeOf(stats)}`;
    const fields = [
      ...differentFields(stats, other, this.#options.isRoot),
      ...this.#differentAttributes(source, copy),
      ...(stats.isFile() && stats.size === other.size && !sameBytes(source, copy) ? ['content'] : []),
      ...(stats.isFile() && !this.#sameInode(stats, other) ? ['hard links'] : []),
      ...(stats.isSymbolicLink() && targetOf(source) !== targetOf(copy) ? ['target'] : []),
    ];
    this.#count(stats);
    return fields.length === 0 ? undefined : `differs: ${fields.join(', ')}`;
  }

  #count(stats: BigIntStats): void {
    const seen = this.#seen;
    if (stats.isDirectory()) seen.directories++;
    else if (stats.isSymbolicLink()) seen.symlinks++;
    else if (!stats.isFile()) seen.specials++;
    else {
      seen.files++;
      seen.bytes += Number(stats.size);
    }
  }

  #visitNames(path: string, hasChanged: boolean): void {
    const names = namesIn(join(this.#options.source, path));
    if (names === undefined) return;
    for (const name of names) this.visit(join(path, name));
    const known = new Set(names);
    const extra = (namesIn(join(this.#options.copy, path)) ?? []).filter((name) => !known.has(name));
    for (const name of extra) {
      if (hasChanged) this.#skip(join(path, name), CHANGED);
      else this.#seen.differences.push(`${shown(join(path, name))} is not in the source`);
    }
  }

  #differentAttributes(source: string, copy: string): string[] {
    const isOurs = (name: string): boolean => this.#options.isRoot || /^(?:user|system\.posix_acl)/.test(name);
    const namesOf = (path: string): string[] => syscalls.listXattrNames(syscalls.CWD, path).filter(isOurs);
    const names = [...new Set([...namesOf(source), ...namesOf(copy)])];
    this.#seen.attributes += names.length;
    const value = (path: string, name: string): string | undefined =>
      syscalls.getXattr(syscalls.CWD, path, name)?.toString('latin1');
    return names.filter((name) => value(source, name) !== value(copy, name));
  }

  /** Whether names that share a file in the source share one in the copy, and no others do. */
  #sameInode(stats: BigIntStats, other: BigIntStats): boolean {
    if (stats.nlink === 1n && other.nlink === 1n) return true;
    const pairs = [
      [`source ${stats.dev}:${stats.ino}`, `${other.dev}:${other.ino}`],
      [`copy ${other.dev}:${other.ino}`, `${stats.dev}:${stats.ino}`],
    ] as const;
    if (this.#inodes.has(pairs[0][0])) this.#seen.hardLinks++;
    const isSame = pairs.every(([key, value]) => (this.#inodes.get(key) ?? value) === value);
    for (const [key, value] of pairs) this.#inodes.set(key, value);
    return isSame;
  }

  #skip(path: string, reason: string): void {
    this.#seen.notCompared.push(`${shown(path)}: ${reason}`);
  }
}

/** As non-root, files become ours, and the kernel takes setuid and setgid from files that are given away. */
function differentFields(stats: BigIntStats, other: BigIntStats, isRoot: boolean): string[] {
  const modeMask = isRoot ? 0o7777n : 0o1777n;
  const isDevice = stats.isBlockDevice() || stats.isCharacterDevice();
  const same: Record<string, boolean> = {
    mode: (stats.mode & modeMask) === (other.mode & modeMask),
    owner: !isRoot || stats.uid === other.uid,
    group: !isRoot || stats.gid === other.gid,
    'modification time': stats.mtimeNs === other.mtimeNs,
    size: !stats.isFile() || stats.size === other.size,
    'device number': !isDevice || stats.rdev === other.rdev,
  };
  return Object.keys(same).filter((field) => !same[field]);
}

function sameBytes(a: string, b: string): boolean {
  const [left, right] = [openSync(raw(a), 'r'), openSync(raw(b), 'r')];
  const [leftBytes, rightBytes] = [Buffer.allocUnsafe(READ_BYTES), Buffer.allocUnsafe(READ_BYTES)];
  try {
    while (true) {
      const length = readSync(left, leftBytes);
      if (length !== readSync(right, rightBytes)) return false;
      if (length === 0) return true;
      if (leftBytes.compare(rightBytes, 0, length, 0, length) !== 0) return false;
    }
  } finally {
    closeSync(left);
    closeSync(right);
  }
}

function targetOf(path: string): string {
  return readlinkSync(raw(path), 'buffer').toString('latin1');
}

function mayRead(path: string): boolean {
  return (
    whereAllowed(() => {
      closeSync(openSync(raw(path), 'r'));
      return true;
    }) ?? false
  );
}

/** Sorted names of a directory, or undefined when it may not be read or there is none. */
function namesIn(path: string): string[] | undefined {
  return whereAllowed(() => {
    const names = readdirSync(raw(path), { encoding: 'buffer' });
    return names.map((name) => name.toString('latin1')).sort();
  }, GONE);
}

function statOf(path: string): BigIntStats | undefined {
  return whereAllowed(() => lstatSync(raw(path), { bigint: true, throwIfNoEntry: false }));
}

function whereAllowed<T>(look: () => T, alsoFine: readonly string[] = []): T | undefined {
  try {
    return look();
  } catch (error) {
    if (![...DENIED, ...alsoFine].includes(errnoOf(error) ?? '')) throw error;
    return undefined;
  }
}

function typeOf(stats: BigIntStats): string {
  if (stats.isFile()) return 'file';
  if (stats.isDirectory()) return 'directory';
  if (stats.isSymbolicLink()) return 'symbolic link';
  if (stats.isFIFO()) return 'fifo';
  return stats.isSocket() ? 'socket' : 'device node';
}

/** Everything that says an entry was touched: the change time moves with content and attributes alike. */
function signatureOf({ dev, ino, mode, size, mtimeNs, ctimeNs, uid, gid }: BigIntStats): string {
  return [dev, ino, mode, size, mtimeNs, ctimeNs, uid, gid].join();
}

function join(folder: string, name: string): string {
  if (folder === '' || name === '') return folder + name;
  return folder.endsWith('/') ? folder + name : `${folder}/${name}`;
}

function raw(path: string): Buffer {
  return Buffer.from(path, 'latin1');
}

/** For a person to read; what is not UTF-8 or would move the cursor is replaced. */
function shown(path: string): string {
  return path === ''
    ? '.'
    : raw(path)
        .toString()
        .replace(/\p{Cc}/gu, '\uFFFD');
}
