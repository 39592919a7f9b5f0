/** Makes entries in a thread: what is there already is judged, what is in the way goes, problems are taken down. */
import { constants } from 'node:fs';
import { AppError, errnoOf, textOf } from '../base/errors.ts';
import { syscalls } from '../host.ts';
import type { blobs } from '../vault.ts';
import type { EntryTable } from './entries.ts';
import type { JobReport, WriteRules } from './jobs.ts';
import { Kind, State } from './kinds.ts';
import { type MetadataWriter, removeInherited } from './metadata.ts';
import type { OpenDirectories } from './open-directories.ts';
import type { EntryAction } from './options.ts';
import { removeTree } from './removal.ts';
import type { UseTable } from './uses.ts';

/** What all parts of a worker share. */
export interface Workshop {
  entries: EntryTable;
  uses: UseTable;
  blobs: blobs.BlobTable;
  rules: WriteRules;
  directories: OpenDirectories;
  metadata: MetadataWriter;
  /** Of the job that is being done. */
  report: JobReport;
}

/** Errors after which going on would only fail again and again. */
const HOPELESS = ['ENOSPC', 'EDQUOT', 'EROFS', 'EIO'];

/**
 * Does something to an entry; what the system refuses is taken down as a problem of that entry, which then counts as failed.
 * @throws {AppError} `failed` when the target takes no more at all
 */
export function attemptEntry({ entries, report }: Workshop, entry: number, work: () => void): void {
  try {
    work();
  } catch (error) {
    const errno = errnoOf(error);
    if (errno === undefined) throw error;
    // A file of several pieces fails once all of them are dealt with, as others may be at it.
    if (!entries.isSpoiled(entry)) entries.setState(entry, State.failed);
    if (HOPELESS.includes(errno)) throw hopeless(entries.pathOf(entry), error);
    report.problems.push({ entry, message: `not restored: ${textOf(error)}` });
  }
}

/** Whether the directory of an entry could not be made, so that nothing can be done to the entry. */
export function isLost({ entries }: Workshop, entry: number): boolean {
  return entries.stateOf(entries.parentOf(entry)) === State.failed;
}

/** Takes down that an entry is dealt with. */
export function conclude({ entries, rules, report }: Workshop, entry: number, action: EntryAction): void {
  entries.setState(entry, action === 'skipped' ? State.skipped : State.done);
  if (action === 'restored') report.counts.restored++;
  else if (action === 'unchanged') report.counts.unchanged++;
  else report.counts.skipped++;
  if (rules.listEntries) report.listed.push({ entry, action });
}

/** Whether the overwrite policy leaves what is there as it is. */
export function staysAsItIs({ entries, rules }: Workshop, entry: number, stat: syscalls.StatRecord): boolean {
  if (rules.overwrite === 'never') return true;
  if (rules.overwrite !== 'if-newer') return false;
  const { mtimeSeconds, mtimeNanos } = entries.timesOf(entry);
  if (mtimeSeconds !== stat.mtimeSeconds) return Number(mtimeSeconds) < stat.mtimeSeconds;
  return mtimeNanos <= stat.mtimeNanos;
}

/** Takes away what is where `entry` belongs. @throws {SystemError} `ENOTEMPTY` for a directory with something in it */
export function clearPlace({ entries, rules, report }: Workshop, entry: number, { dirFd, name }: syscalls.Place): void {
  const stat = new syscalls.StatRecord();
  if (!syscalls.statInto(dirFd, name, stat)) return;
  if ((stat.mode & constants.S_IFMT) !== constants.S_IFDIR) syscalls.removeFile(dirFd, name);
  else if (!rules.delete) syscalls.removeDirectory(dirFd, name);
  else {
    removeTree(dirFd, name, {
      path: entries.pathOf(entry),
      mayRemove: () => true,
      removed: () => report.counts.deleted++,
      failed: (_path, message) => report.problems.push({ entry, message }),
    });
  }
}

/** Gives an entry that was just made or found what the snapshot says of it. @returns whether anything was set */
export function finishMetadata(
  shop: Workshop,
  entry: number,
  place: syscalls.Place & { isNew: boolean; mode?: number },
): boolean {
  const { entries, metadata, report } = shop;
  const isInherited = place.isNew && entries.existed(entries.parentOf(entry));
  if (isInherited && entries.kindOf(entry) !== Kind.symlink) removeInherited(place.dirFd, place.name);
  return metadata.apply({ ...place, entry, isNew: place.isNew && !isInherited }, (message) =>
    report.problems.push({ entry, message }),
  );
}

function hopeless(path: string, cause: unknown): AppError {
  return new AppError('failed', {
    detail: `writing ${Buffer.from(path, 'latin1').toString()}: ${textOf(cause)}`,
    hint: 'See to the target, then run again: what is right already is not written again.',
    cause,
  });
}
