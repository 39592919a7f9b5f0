/** What the target lacks of the source's finished archives. Pure. */
import { isLockedName } from './end-path.ts';
import { stateOf } from './judge.ts';
import type { ShelfListing } from './listing.ts';
import type { Archive } from './model.ts';
import { partialPath } from './partial.ts';
import { type PurgeOptions, removedByPurge } from './purge-plan.ts';
import { isLockLitter } from './transfer-lock.ts';

export interface TransferStep {
  /** As the source has it. */
  archive: Archive;
  /**
   * `send`: the target has none that is finished; what it has of it is gone on from. `replace`: it has another one of the
   * same path, which stays until the new one is whole.
   */
  action: 'send' | 'replace';
  /** For people: why the target's own does not do. */
  why: string;
  /** What seems to be there already, to be compared before it is gone on from. */
  presentBytes: number;
  /** Size of the file that has the archive's own name at the target; undefined when there is none. */
  finalBytes: number | undefined;
}

export interface TransferPlan {
  /** In the order of paths: by date, where these begin with it. */
  steps: TransferStep[];
  /** At the target, finished and the same by what the sidecars say. */
  present: Archive[];
  /** Not fit to be sent: unfinished or damaged at the source. */
  unfit: { archive: Archive; why: string }[];
  /** Older than all that a purge keeps, and not at the target: it would remove them at once. */
  older: Archive[];
  /** Bytes to send if all that is there already can be gone on from. */
  bytes: number;
  /** Left at the target by transfers that were killed while they took the lock; removed. */
  litter: string[];
}

/** How the target is purged, and what is locked there. */
export type PurgedAs = Pick<PurgeOptions, 'shelf' | 'keep'> & Pick<ShelfListing, 'locked'>;

/**
 * Only finished archives are sent; what is at the target and not at the source is no matter of a transfer.
 * @param purged leaves out what the next purge of the target would remove; all are meant when absent
 */
export function planTransfer(
  source: readonly Archive[],
  target: Pick<ShelfListing, 'archives' | 'files'>,
  purged?: PurgedAs,
): TransferPlan {
  const plan: TransferPlan = { steps: [], present: [], unfit: [], older: [], bytes: 0, litter: [] };
  const there = new Map(target.archives.map((archive) => [archive.path, archive]));
  const sizes = new Map(target.files.map(({ path, bytes }) => [path, bytes]));
  const goes = purged === undefined ? new Set<Archive>() : removedOnArrival(source, there, purged);
  for (const archive of [...source].sort((a, b) => (a.path < b.path ? -1 : 1))) {
    const { state, why } = stateOf(archive);
    const step = state === 'finished' ? stepFor(archive, there.get(archive.path), sizes) : undefined;
    if (state === 'finished' && step === undefined) plan.present.push(archive);
    else if (goes.has(archive)) plan.older.push(archive);
    else if (step === undefined) plan.unfit.push({ archive, why });
    else plan.steps.push(step);
  }
  plan.litter = target.files.map(({ path }) => path).filter(isLockLitter);
  plan.bytes = plan.steps.reduce((sum, step) => sum + step.archive.bytes - step.presentBytes, 0);
  return plan;
}

/**
 * Those of the source that a purge would remove once everything has arrived. What cannot arrive stands for itself only
 * where the target has nothing of that path: it is counted nowhere.
 */
function removedOnArrival(
  source: readonly Archive[],
  there: ReadonlyMap<string, Archive>,
  { shelf, keep, locked }: PurgedAs,
): ReadonlySet<Archive> {
  const after = new Map(there);
  for (const archive of source)
    if (!there.has(archive.path) || stateOf(archive).state === 'finished') after.set(archive.path, archive);
  // A folder that is locked by its name is so at the target as well, once it is there.
  const named = source.map(({ path }) => path).filter((path) => path.split('/').slice(0, -1).some(isLockedName));
  return removedByPurge({ archives: [...after.values()], locked: [...locked, ...named] }, { shelf, keep });
}

/** @returns undefined when there is nothing to do */
function stepFor(
  archive: Archive,
  other: Archive | undefined,
  sizes: ReadonlyMap<string, number>,
): TransferStep | undefined {
  const partial = sizes.get(partialPath(archive.path));
  // A file that is no archive of the shelf to the listing, as its modification time is of another weekday, is in the way.
  const final = other?.bytes ?? sizes.get(archive.path);
  const given = (action: TransferStep['action'], why: string, bytes = partial ?? 0): TransferStep => {
    return { archive, action, why, presentBytes: bytes <= archive.bytes ? bytes : 0, finalBytes: final };
  };
  if (other === undefined && final === undefined)
    return given('send', partial === undefined ? 'not at the target' : 'arrived in part');
  if (other === undefined) return given('replace', 'the target has another file there');
  const { state, why } = stateOf(other);
  if (state !== 'finished') return given('send', `at the target: ${why}`, partial ?? final);
  const difference = differenceOf(archive, other);
  return difference === undefined ? undefined : given('replace', difference);
}

/** What sidecars say is not the same; undefined when it is. Ones that cannot be compared are no evidence. */
function differenceOf({ bytes, sidecars }: Archive, other: Archive): string | undefined {
  if (bytes !== other.bytes) return `the target has another one, of ${other.bytes} bytes instead of ${bytes}`;
  const pairs = [
    [sidecars.dna?.md5, other.sidecars.dna?.md5],
    [sidecars.sha256, other.sidecars.sha256],
  ].filter(([ours, theirs]) => ours !== undefined && theirs !== undefined);
  if (pairs.length === 0) return 'the sidecars of the two have no digest in common';
  return pairs.some(([ours, theirs]) => ours !== theirs) ? 'the target has another one, by its digest' : undefined;
}
