/** What lies below the root of a shelf on this machine. */
import { isUtf8 } from 'node:buffer';
import { constants, type Dirent } from 'node:fs';
import { lstat, readdir } from 'node:fs/promises';
import { hasCode } from '../base/errors.ts';
import { LIST_STATS_MAX, SIDECAR_BYTES_MAX } from '../base/limits.ts';
import { forEachLimited } from '../base/tasks.ts';
import { syscalls } from '../host.ts';
import { errnoName, isLockedName, LOCKED } from './end-path.ts';
import type { FoundFile, Listing } from './model.ts';
import { archiveOfSidecar } from './sidecar.ts';

/** Told of what is left out of a listing, and why. */
export type OnProblem = (text: string) => void;

export interface TreeOptions {
  /** The content of a file below the root, opened with care. */
  read: (path: string) => Promise<Buffer>;
  signal: AbortSignal;
  onProblem: OnProblem;
}

/** Symbolic links are neither followed nor listed. What goes while it is looked at is left out. */
export async function listTree(root: string, { read, signal, onProblem }: TreeOptions): Promise<Listing> {
  const files: FoundFile[] = [];
  const folders: string[] = [];
  const sidecars = new Map<string, string>();
  const waiting = [''];
  for (let folder = waiting.pop(); folder !== undefined; folder = waiting.pop()) {
    const path = folder;
    const entries = await entriesOf(root, path);
    await forEachLimited(entries, { width: LIST_STATS_MAX, signal }, async (entry) => {
      const below = path === '' ? entry.name.toString() : `${path}/${entry.name.toString()}`;
      if (!isUtf8(entry.name)) onProblem(`left out, as its name is not UTF-8: ${below}`);
      else if (entry.isDirectory()) {
        folders.push(below);
        waiting.push(below);
      } else if (entry.isFile()) await addFile(root, below, files);
    });
  }
  const small = files.filter((file) => archiveOfSidecar(file.path) !== undefined);
  await forEachLimited(small, { width: LIST_STATS_MAX, signal }, async ({ path, bytes }) => {
    const content = bytes > SIDECAR_BYTES_MAX ? '' : await unlessGone(async () => (await read(path)).toString());
    if (content !== undefined) sidecars.set(path, content);
  });
  return { files, folders, sidecars };
}

async function entriesOf(root: string, folder: string): Promise<Dirent<Buffer>[]> {
  const path = folder === '' ? root : `${root}/${folder}`;
  if (folder === '') return await readdir(path, { withFileTypes: true, encoding: 'buffer' });
  return (await unlessGone(() => readdir(path, { withFileTypes: true, encoding: 'buffer' }))) ?? [];
}

async function addFile(root: string, path: string, files: FoundFile[]): Promise<void> {
  const found = await unlessGone(() => lstat(`${root}/${path}`, { bigint: true }));
  if (found?.isFile() !== true) return;
  files.push({ path, bytes: Number(found.size), modifiedMs: Number(found.mtimeNs / 1_000_000n) });
}

async function unlessGone<T>(work: () => Promise<T>): Promise<T | undefined> {
  try {
    return await work();
  } catch (error) {
    if (['ENOENT', 'ENOTDIR'].includes(errnoName(error) ?? '') || hasCode(error, 'not-found')) return undefined;
    throw error;
  }
}

/**
 * Removes the empty folders in `fd`, children first, and adds their paths to `removed`. Names that are not UTF-8 stay.
 * @returns whether nothing is left in it
 */
export function removeEmptyBelow(fd: number, prefix: string, removed: string[]): boolean {
  let isEmpty = true;
  const names = syscalls.listNames(fd);
  if (isLockedHere(fd)) return false;
  for (const name of names) {
    const isGone = removeIfEmpty(fd, { name, prefix, removed });
    isEmpty &&= isGone;
  }
  return isEmpty;
}

/** Whether a file keeps all in this folder. */
export function isLockedHere(fd: number): boolean {
  const record = new syscalls.StatRecord();
  return syscalls.statInto(fd, LOCKED, record) && (record.mode & constants.S_IFMT) === constants.S_IFREG;
}

function removeIfEmpty(
  fd: number,
  { name, prefix, removed }: { name: string; prefix: string; removed: string[] },
): boolean {
  const bytes = Buffer.from(name, 'latin1');
  const path = `${prefix}${bytes.toString()}`;
  const record = new syscalls.StatRecord();
  if (!syscalls.statInto(fd, name, record)) return true;
  if ((record.mode & constants.S_IFMT) !== constants.S_IFDIR || isLockedName(name) || !isUtf8(bytes)) return false;
  const own = syscalls.openDirectory(fd, name);
  try {
    if (!removeEmptyBelow(own, `${path}/`, removed)) return false;
  } finally {
    syscalls.closeFd(own);
  }
  if (!removeUnlessFilled(fd, name)) return false;
  removed.push(path);
  return true;
}

/** @returns false when something has come into it meanwhile */
export function removeUnlessFilled(fd: number, name: string): boolean {
  try {
    syscalls.removeDirectory(fd, name);
    return true;
  } catch (error) {
    if (errnoName(error) === 'ENOTEMPTY' || errnoName(error) === 'EEXIST') return false;
    throw error;
  }
}
