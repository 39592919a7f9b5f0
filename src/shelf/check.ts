/** Checks a shelf: every archive against its sidecars, every day against what is expected. It believes nothing it has not read. */
import { hasCode } from '../base/errors.ts';
import { isSameDay, numberOf } from './day.ts';
import { countByDay, type DayCount, gapsOf } from './gaps.ts';
import { type Judgement, judge, stateOf } from './judge.ts';
import { itemOf } from './layout.ts';
import type { ShelfListing, Stray } from './listing.ts';
import type { Archive, Day, Digests, ShelfEnd, ShelfItem, ShelfOptions } from './model.ts';
import { formatSha256 } from './sidecar.ts';

export interface CheckOptions {
  listing: ShelfListing;
  shelf: ShelfOptions;
  today: Day;
  /** Only this day, which then must have all its archives even when it is today. */
  day?: Day | undefined;
  signal: AbortSignal;
  onArchive?: (checked: CheckedArchive) => void;
  /** Bytes read so far. */
  onBytes?: (bytes: number) => void;
}

export interface CheckedArchive extends Judgement {
  archive: Archive;
  /** A `.sha256` that was not there: written, or refused by the folder's permissions. */
  added: 'sha256' | 'denied' | undefined;
}

export interface CheckedItem {
  item: ShelfItem;
  /** Days with too few archives that are fine. */
  missing: DayCount[];
  due: DayCount | undefined;
  isEmpty: boolean;
}

export interface CheckReport {
  archives: CheckedArchive[];
  items: CheckedItem[];
  /** Only those that speak of a fault: sidecars without archive, misdated files. */
  strays: Stray[];
  bytes: number;
  /** False when anything is damaged, unfinished, too small or missing. */
  isFine: boolean;
}

/** Reads one archive after the other, as each is read at the speed of the disk. */
export async function checkShelf(end: ShelfEnd, options: CheckOptions): Promise<CheckReport> {
  const { listing, shelf, day, onArchive } = options;
  const wanted = listing.archives.filter((archive) => day === undefined || isSameDay(archive.day, day));
  const archives: CheckedArchive[] = [];
  let bytesBefore = 0;
  for (const archive of wanted) {
    const onBytes = (bytes: number): void => options.onBytes?.(bytesBefore + bytes);
    const checked = await checkArchive(archive, end, { ...options, onBytes });
    bytesBefore += archive.bytes;
    archives.push(checked);
    onArchive?.(checked);
  }
  const fine = archives.filter(({ state }) => state === 'finished').map(({ archive }) => archive);
  const items = shelf.items.map((item) => checkItem(item, fine, options));
  const strays =
    day === undefined ? listing.strays.filter(({ kind }) => kind === 'sidecar' || kind === 'misdated') : [];
  const isComplete = items.every(({ missing, isEmpty, item }) => missing.length === 0 && !(isEmpty && item.perDay > 0));
  return {
    archives,
    items,
    strays,
    bytes: fine.reduce((sum, { bytes }) => sum + bytes, 0),
    isFine: isComplete && strays.length === 0 && fine.length === archives.length,
  };
}

async function checkArchive(archive: Archive, end: ShelfEnd, options: CheckOptions): Promise<CheckedArchive> {
  const { shelf, signal, onBytes } = options;
  const bytesMin = itemOf(archive, shelf.items)?.minBytes ?? 0;
  const before = stateOf(archive, bytesMin);
  if (before.state === 'unfinished' || before.state === 'damaged') return { archive, ...before, added: undefined };
  const digests = await digestOf(archive, end, { signal, onBytes });
  if (digests === undefined)
    return { archive, state: 'damaged', why: 'went away while it was checked', added: undefined };
  const judgement = judge(archive, digests, bytesMin);
  const lacks = archive.sidecars.dna !== undefined && archive.sidecars.sha256 === undefined;
  const isDue = lacks && judgement.state === 'finished' && shelf.sidecars.includes('sha256');
  return { archive, ...judgement, added: isDue ? await addSha256(archive, end, digests) : undefined };
}

async function digestOf(
  { path }: Archive,
  end: ShelfEnd,
  { signal, onBytes }: { signal: AbortSignal; onBytes: CheckOptions['onBytes'] },
): Promise<Digests | undefined> {
  try {
    return await end.digest(path, signal, onBytes);
  } catch (error) {
    if (hasCode(error, 'not-found')) return undefined;
    throw error;
  }
}

/** Whoever checks need not be who writes: then there is no `.sha256`, and the check is none the worse for it. */
async function addSha256({ path, file }: Archive, end: ShelfEnd, { sha256 }: Digests): Promise<'sha256' | 'denied'> {
  try {
    await end.place(`${path}.sha256`, formatSha256(sha256, file));
    return 'sha256';
  } catch (error) {
    if (hasCode(error, 'storage-denied')) return 'denied';
    throw error;
  }
}

function checkItem(item: ShelfItem, fine: readonly Archive[], { day, today, shelf }: CheckOptions): CheckedItem {
  const own = fine.filter((archive) => itemOf(archive, shelf.items) === item);
  if (day === undefined) return { item, ...gapsOf(own, item, today) };
  const found = countByDay(own).get(numberOf(day)) ?? 0;
  const missing = found < item.perDay ? [{ day, found, expected: item.perDay }] : [];
  return { item, missing, due: undefined, isEmpty: false };
}
