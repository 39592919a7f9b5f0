/** Which archives the target no longer needs. Pure. */
import { stateOf } from './judge.ts';
import { itemOf, layoutOf } from './layout.ts';
import { isLocked, type ShelfListing } from './listing.ts';
import type { Archive, Day, ShelfItem, ShelfOptions } from './model.ts';
import { newestFirst } from './survey.ts';

/** Archives of one item, each list from the newest to the oldest. */
export interface PurgeGroup {
  item: ShelfItem;
  /** How many finished archives stay at least. */
  count: number;
  keep: Archive[];
  remove: Archive[];
  /** Not counted and not removed. */
  left: { archive: Archive; why: string }[];
}

export interface PurgePlan {
  groups: PurgeGroup[];
  /** Folders that hold nothing once the archives are gone, parents before children. */
  folders: string[];
}

export interface PurgeOptions {
  shelf: ShelfOptions;
  /** Instead of what each item says. */
  keep?: number | undefined;
  today: Day;
}

/**
 * Of each item the newest `keep` stay, by day and time. Counted are only archives whose sidecar and size agree and that are large enough. Others go
 * only when they are older than all that stay, and those are as many as asked for: a broken archive never pushes out a
 * whole one. What is locked is neither counted nor removed.
 */
export function planPurge(listing: ShelfListing, options: PurgeOptions): PurgePlan {
  const groups = planGroups(listing, options);
  return { groups, folders: emptyFolders(listing, groups, options) };
}

/** Those that a purge would remove if the target had all of these. */
export function removedByPurge(
  listing: Pick<ShelfListing, 'archives' | 'locked'>,
  options: Omit<PurgeOptions, 'today'>,
): ReadonlySet<Archive> {
  return new Set(planGroups(listing, options).flatMap(({ remove }) => remove));
}

function planGroups(
  { archives, locked }: Pick<ShelfListing, 'archives' | 'locked'>,
  { shelf: { items }, keep }: Omit<PurgeOptions, 'today'>,
): PurgeGroup[] {
  return items.map((item) => {
    const own = archives.filter((archive) => itemOf(archive, items) === item);
    return planGroup(own, { item, count: keep ?? item.keep, locked });
  });
}

interface GroupOptions {
  item: ShelfItem;
  count: number;
  locked: readonly string[];
}

function planGroup(archives: readonly Archive[], { item, count, locked }: GroupOptions): PurgeGroup {
  const group: PurgeGroup = { item, count, keep: [], remove: [], left: [] };
  for (const archive of [...archives].sort(newestFirst)) {
    const { state, why } = stateOf(archive, item.minBytes);
    const isFull = group.keep.length >= count;
    if (isLocked(archive.path, locked)) group.left.push({ archive, why: 'locked' });
    else if (isFull) group.remove.push(archive);
    else if (state === 'finished') group.keep.push(archive);
    else group.left.push({ archive, why });
  }
  return group;
}

/** Today's folders stay: whoever made one is about to put an archive into it. */
function emptyFolders(listing: ShelfListing, groups: readonly PurgeGroup[], { shelf, today }: PurgeOptions): string[] {
  const layout = layoutOf(shelf);
  const removed = new Set(groups.flatMap(({ remove }) => remove.flatMap(({ path }) => pathsOf(path))));
  const used = new Set<string>();
  const use = (path: string): void => {
    for (let folder = path; folder !== ''; folder = folder.slice(0, Math.max(0, folder.lastIndexOf('/'))))
      used.add(folder);
  };
  for (const { path } of listing.files) if (!removed.has(path)) use(path);
  for (const folder of listing.locked) use(folder);
  const tops = shelf.items.map(({ category, name }) => layout.folderOf({ category, name }));
  const todays = shelf.items.map(({ category, name }) => layout.folderOf({ category, name, day: today }));
  for (const folder of todays) use(folder);
  return listing.folders
    .filter((folder) => tops.some((top) => folder.startsWith(`${top}/`)))
    .filter((folder) => !used.has(folder) && !isLocked(folder, listing.locked) && !isLocked(folder, todays))
    .sort();
}

/** An archive and what stands beside it, in the order in which they are removed. */
export function pathsOf(path: string): string[] {
  return [`${path}.sha256`, `${path}.dna`, path];
}
