/** What the target has in restored directories and the snapshot has not. */
import { constants } from 'node:fs';
import { errnoOf, textOf } from '../base/errors.ts';
import { syscalls } from '../host.ts';
import type { RestoreFilter } from '../source.ts';
import { type EntryTable, ROOT } from './entries.ts';
import { Kind, State } from './kinds.ts';
import { removeTree } from './removal.ts';

export interface UnexpectedOptions {
  entries: EntryTable;
  filter: RestoreFilter;
  targetFd: number;
  /** Find only, remove nothing. */
  dryRun: boolean;
  /** Raw path below the target. */
  onRemoved: (path: string) => void;
  onFailed: (path: string, message: string) => void;
}

const DIRECTORY = { flags: constants.O_RDONLY | constants.O_DIRECTORY };

/** Removes what is not in the snapshot, as far as the filter selects it; restored directories are gone through bottom up. */
export function removeUnexpected(options: UnexpectedOptions): void {
  const { entries } = options;
  const children = new ChildNames(entries);
  for (let entry = entries.count - 1; entry >= ROOT; entry--) {
    const isListed = entries.kindOf(entry) === Kind.directory && !entries.isUnlisted(entry);
    if (isListed && entries.stateOf(entry) !== State.failed) removeFrom(options, entry, children.of(entry));
  }
}

function removeFrom(options: UnexpectedOptions, entry: number, expected: ReadonlySet<string>): void {
  const path = options.entries.pathOf(entry);
  try {
    const fd = syscalls.openBeneath(options.targetFd, path, DIRECTORY);
    try {
      for (const name of syscalls.listNames(fd))
        if (!expected.has(name)) remove(options, fd, { name, path: path === '' ? name : `${path}/${name}` });
    } finally {
      syscalls.closeFd(fd);
    }
  } catch (error) {
    // A directory that is not there yet, or no directory yet, has nothing to remove.
    if (options.dryRun && ['ENOENT', 'ENOTDIR', 'ELOOP'].includes(errnoOf(error) ?? '')) return;
    if (errnoOf(error) === undefined) throw error;
    options.onFailed(path, `not looked through for what is not in the snapshot: ${textOf(error)}`);
  }
}

function remove(options: UnexpectedOptions, fd: number, { name, path }: { name: string; path: string }): void {
  const { filter, onRemoved, onFailed } = options;
  const mayRemove = (each: string): boolean => filter.choose(`/${each}`).selected;
  if (!options.dryRun) removeTree(fd, name, { path, mayRemove, removed: onRemoved, failed: onFailed });
  else if (mayRemove(path)) onRemoved(path);
}

/** Names of the entries in each directory, by lists through flat arrays. */
class ChildNames {
  readonly #entries: EntryTable;
  readonly #first: Uint32Array;
  readonly #next: Uint32Array;

  constructor(entries: EntryTable) {
    this.#entries = entries;
    this.#first = new Uint32Array(entries.count);
    this.#next = new Uint32Array(entries.count);
    for (let entry = ROOT + 1; entry < entries.count; entry++) {
      const parent = entries.parentOf(entry);
      this.#next[entry] = this.#first[parent]!;
      this.#first[parent] = entry;
    }
  }

  of(directory: number): Set<string> {
    const names = new Set<string>();
    for (let entry = this.#first[directory]!; entry !== ROOT; entry = this.#next[entry]!)
      names.add(this.#entries.nameOf(entry));
    return names;
  }
}
