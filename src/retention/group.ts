import { AppError } from '../base/errors.ts';
import type { Snapshot } from '../vault.ts';
import type { DatedSnapshot } from './policy.ts';
import { hasTags } from './rules.ts';

/** What the snapshots of one group have in common; with nothing set all are one group. */
export interface GroupBy {
  host: boolean;
  paths: boolean;
  tags: boolean;
}

export interface SnapshotGroup<S extends DatedSnapshot = Snapshot> {
  /** Undefined where the groups are not made by it; paths and tags are sorted. */
  host: string | undefined;
  paths: string[] | undefined;
  tags: string[] | undefined;
  /** In the order given. */
  snapshots: S[];
}

/** Which snapshots a command is about; what is empty or absent does not limit. */
export interface SnapshotFilter {
  /** One of these. */
  hosts?: readonly string[];
  /** All tags of one of these sets; `['']` means snapshots without tags. */
  tags?: readonly (readonly string[])[];
  /** All of these, exactly as the snapshot names them. */
  paths?: readonly string[];
}

const KEYS: Record<string, keyof GroupBy> = {
  host: 'host',
  hosts: 'host',
  path: 'paths',
  paths: 'paths',
  tag: 'tags',
  tags: 'tags',
};

/** Reads `host,paths` and the like; the empty text means one group of all. @throws {AppError} `usage` */
export function parseGroupBy(text: string): GroupBy {
  const groupBy: GroupBy = { host: false, paths: false, tags: false };
  for (const word of text.split(',')) {
    if (word === '') continue;
    const key = Object.hasOwn(KEYS, word) ? KEYS[word] : undefined;
    if (key === undefined)
      throw new AppError('usage', { detail: `cannot group by ${word}`, hint: 'Group by host, paths and tags.' });
    groupBy[key] = true;
  }
  return groupBy;
}

/** `a, b` → the set of both; white space around a tag is dropped. */
export function parseTagSet(text: string): string[] {
  return text.split(',').map((tag) => tag.trim());
}

/** Groups ordered by host, then paths, then tags. */
export function groupSnapshots<S extends DatedSnapshot>(snapshots: readonly S[], groupBy: GroupBy): SnapshotGroup<S>[] {
  const groups = new Map<string, SnapshotGroup<S>>();
  for (const snapshot of snapshots) {
    const host = groupBy.host ? snapshot.hostname : undefined;
    const paths = groupBy.paths ? [...snapshot.paths].sort() : undefined;
    const tags = groupBy.tags ? [...snapshot.tags].sort() : undefined;
    const key = JSON.stringify([host, paths, tags]);
    const group = groups.get(key);
    if (group === undefined) groups.set(key, { host, paths, tags, snapshots: [snapshot] });
    else group.snapshots.push(snapshot);
  }
  return [...groups].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, group]) => group);
}

/** The snapshots the filter is about, in the order given. */
export function selectSnapshots<S extends DatedSnapshot>(snapshots: readonly S[], filter: SnapshotFilter): S[] {
  const { hosts = [], tags = [], paths = [] } = filter;
  return snapshots.filter(
    (snapshot) =>
      (hosts.length === 0 || hosts.includes(snapshot.hostname)) &&
      (tags.length === 0 || tags.some((set) => hasTags(snapshot.tags, set))) &&
      paths.every((path) => snapshot.paths.includes(path)),
  );
}

export function isEmptyFilter({ hosts = [], tags = [], paths = [] }: SnapshotFilter): boolean {
  return hosts.length === 0 && tags.length === 0 && paths.length === 0;
}
