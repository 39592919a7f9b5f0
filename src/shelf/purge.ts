/** Removes what a purge plan says, after proof that something good stays. */
import { hasCode } from '../base/errors.ts';
import { judge } from './judge.ts';
import { isLocked, listShelf, type ShelfListing } from './listing.ts';
import type { Archive, ShelfEnd, ShelfItem, ShelfOptions } from './model.ts';
import { type PurgeGroup, type PurgePlan, pathsOf } from './purge-plan.ts';

export { type PurgeGroup, type PurgePlan, planPurge } from './purge-plan.ts';

export interface PurgeReport {
  removed: Archive[];
  /** What is on no disk any more, archives only. */
  bytes: number;
  folders: string[];
  /** Items of which nothing was removed, because none of what stays could be read back and matched. */
  refused: { item: ShelfItem; why: string }[];
  /** Archives that are no longer what the plan saw; left alone. */
  changed: Archive[];
}

export interface PurgeExecution {
  shelf: ShelfOptions;
  signal: AbortSignal;
  onRemoved?: (archive: Archive) => void;
  onProven?: (archive: Archive) => void;
}

/**
 * Before anything of an item goes, the newest archive that stays is read back and compared with its sidecars, if need be
 * the next; when none matches, all of that item stays. Sidecars go first: whatever interrupts this leaves unfinished
 * archives, never sidecars of nothing.
 */
export async function executePurge(plan: PurgePlan, end: ShelfEnd, options: PurgeExecution): Promise<PurgeReport> {
  const now = await listShelf(end, options.shelf, options.signal);
  const report: PurgeReport = { removed: [], bytes: 0, folders: [], refused: [], changed: [] };
  for (const group of plan.groups) {
    if (group.remove.length === 0) continue;
    const proven = await proveOne(group, end, options);
    if (proven === undefined) {
      report.refused.push({ item: group.item, why: `none of the ${group.keep.length} that stay matches its sidecar` });
      continue;
    }
    options.onProven?.(proven);
    await removeOf(group, { now, end, report, options });
  }
  for (const folder of topsOf(plan.folders)) {
    options.signal.throwIfAborted();
    if (!isLocked(folder, now.locked) && !now.locked.some((locked) => locked.startsWith(`${folder}/`)))
      report.folders.push(...(await removeFolders(folder, end)));
  }
  return report;
}

async function proveOne(
  { keep, item }: PurgeGroup,
  end: ShelfEnd,
  { signal }: PurgeExecution,
): Promise<Archive | undefined> {
  for (const archive of keep) {
    try {
      const digests = await end.digest(archive.path, signal);
      if (judge(archive, digests, item.minBytes).state === 'finished') return archive;
    } catch (error) {
      if (!hasCode(error, 'not-found')) throw error;
    }
  }
  return undefined;
}

interface Removal {
  now: ShelfListing;
  end: ShelfEnd;
  report: PurgeReport;
  options: PurgeExecution;
}

async function removeOf({ remove }: PurgeGroup, { now, end, report, options }: Removal): Promise<void> {
  const present = new Map(now.files.map((file) => [file.path, file]));
  // The oldest first, so that an interruption leaves the newest.
  for (const archive of remove.toReversed()) {
    options.signal.throwIfAborted();
    const file = present.get(archive.path);
    if (file === undefined) continue;
    if (file.bytes !== archive.bytes || file.modifiedMs !== archive.modifiedMs || isLocked(archive.path, now.locked)) {
      report.changed.push(archive);
      continue;
    }
    for (const path of pathsOf(archive.path)) if (present.has(path)) await end.remove(path);
    report.removed.push(archive);
    report.bytes += archive.bytes;
    options.onRemoved?.(archive);
  }
}

async function removeFolders(folder: string, end: ShelfEnd): Promise<string[]> {
  try {
    return await end.removeEmptyFolders(folder);
  } catch (error) {
    if (hasCode(error, 'not-found')) return [];
    throw error;
  }
}

/** Those that are in no other of them; each takes what is empty below along. */
function topsOf(folders: readonly string[]): string[] {
  return folders.filter((folder) => !folders.some((other) => folder.startsWith(`${other}/`)));
}
