/** From ids, `latest` and filters to snapshots. */
import { AppError } from '../base/errors.ts';
import { browse, type Snapshot } from '../vault.ts';
import type { FILTER_OPTIONS } from './open.ts';
import type { OptionValues } from './options.ts';

export type Filter = OptionValues<typeof FILTER_OPTIONS>;

/** For help: what a command takes as a snapshot. */
export const SNAPSHOT_ARGUMENT = 'Id, first digits of an id, or latest';

/** The snapshots of `ids`, each once and in that order; all that pass the filter when there are no ids. */
export function chooseSnapshots(snapshots: readonly Snapshot[], ids: readonly string[], filter: Filter): Snapshot[] {
  const conditions = conditionsOf(filter);
  if (ids.length === 0) return browse.filterSnapshots(snapshots, conditions);
  return [...new Set(ids.map((id) => browse.selectSnapshot(snapshots, id, conditions)))];
}

/** The snapshot and the path in `latest:/etc` or `1a2b3c4d`; the path is empty where there is none. */
export function chooseInside(
  snapshots: readonly Snapshot[],
  name: string,
  filter: Filter,
): { snapshot: Snapshot; path: string } {
  const colon = name.indexOf(':');
  const id = colon < 0 ? name : name.slice(0, colon);
  const path = colon < 0 ? '' : name.slice(colon + 1);
  return { snapshot: browse.selectSnapshot(snapshots, id, conditionsOf(filter)), path };
}

/** `--tag a,b --tag c` → [['a', 'b'], ['c']]; white space around a tag is dropped. */
export function tagSetsOf(given: readonly string[]): string[][] {
  return given.map((tags) => tags.split(',').map((tag) => tag.trim()));
}

/** All tags of `--add a,b --add c`, each once. @throws {AppError} `usage` for an empty one */
export function tagsOf(given: readonly string[]): string[] {
  const tags = [...new Set(tagSetsOf(given).flat())];
  if (tags.includes('')) throw new AppError('usage', { detail: 'a tag is empty', hint: 'Write tags like a,b,c.' });
  return tags;
}

function conditionsOf({ host, tag, path }: Filter): Parameters<typeof browse.filterSnapshots>[1] {
  return { hosts: host, tagSets: tagSetsOf(tag), paths: path };
}
