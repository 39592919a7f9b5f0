/** From what a person types to one snapshot. */
import { AppError } from '../base/errors.ts';
import type { Snapshot } from './model.ts';

export interface SnapshotFilter {
  /** Any of these hosts; all when empty. */
  hosts?: readonly string[];
  /** Any of these sets, each of which must be there whole; all when empty. */
  tagSets?: readonly (readonly string[])[];
  /** All of these paths. */
  paths?: readonly string[];
}

/**
 * `latest` (the newest that passes the filter) or the start of an id.
 * @throws {AppError} `snapshot-missing`, `id-ambiguous`
 */
export function selectSnapshot(snapshots: readonly Snapshot[], name: string, filter: SnapshotFilter = {}): Snapshot {
  if (name === 'latest') {
    const latest = filterSnapshots(snapshots, filter).at(-1);
    if (latest === undefined) throw new AppError('snapshot-missing', { detail: 'there is none to be the latest' });
    return latest;
  }
  const found = /^[0-9a-f]+$/.test(name) ? snapshots.filter((snapshot) => snapshot.id.startsWith(name)) : [];
  if (found.length > 1) throw new AppError('id-ambiguous', { detail: `${name} fits ${found.length} snapshots` });
  if (found[0] === undefined) throw new AppError('snapshot-missing', { detail: name });
  return found[0];
}

/** Snapshots, oldest first, that pass. */
export function filterSnapshots(snapshots: readonly Snapshot[], filter: SnapshotFilter): Snapshot[] {
  const { hosts = [], tagSets = [], paths = [] } = filter;
  return snapshots.filter(
    (snapshot) =>
      (hosts.length === 0 || hosts.includes(snapshot.hostname)) &&
      (tagSets.length === 0 || tagSets.some((set) => hasTags(snapshot, set))) &&
      paths.every((path) => snapshot.paths.includes(path)),
  );
}

/** An empty tag stands for "has no tags". */
function hasTags(snapshot: Snapshot, set: readonly string[]): boolean {
  if (set.length === 1 && set[0] === '') return snapshot.tags.length === 0;
  return set.every((tag) => snapshot.tags.includes(tag));
}
