/** A shelf at a glance, from a listing alone: nothing is read back, so nothing here is proof. Pure. */
import { type Gaps, gapsOf } from './gaps.ts';
import { type Judgement, stateOf } from './judge.ts';
import { itemOf } from './layout.ts';
import { isLocked, type ShelfListing } from './listing.ts';
import type { Archive, Day, ShelfItem, ShelfOptions } from './model.ts';

export interface SeenArchive extends Judgement {
  archive: Archive;
  isLocked: boolean;
}

export interface SeenItem extends Gaps {
  item: ShelfItem;
  /** Newest first. */
  archives: SeenArchive[];
  bytes: number;
}

/** One for each item of the shelf, in its order. Days count as had when an archive has its sidecar and the size that says. */
export function surveyShelf(
  { archives, locked }: Pick<ShelfListing, 'archives' | 'locked'>,
  { items }: Pick<ShelfOptions, 'items'>,
  today: Day,
): SeenItem[] {
  return items.map((item) => {
    const own = archives.filter((archive) => itemOf(archive, items) === item).sort(newestFirst);
    const seen = own.map((archive) => ({
      archive,
      ...stateOf(archive, item.minBytes),
      isLocked: isLocked(archive.path, locked),
    }));
    const finished = seen.filter(({ state }) => state === 'finished').map(({ archive }) => archive);
    const gaps = gapsOf(finished, item, today);
    return { item, archives: seen, bytes: own.reduce((sum, { bytes }) => sum + bytes, 0), ...gaps };
  });
}

/** By day, then time of the path, then path: the order of the paths where these begin with the date. */
export function newestFirst(a: Archive, b: Archive): number {
  const [keyA, keyB] = [keyOf(a), keyOf(b)];
  return keyA < keyB ? 1 : keyA > keyB ? -1 : 0;
}

function keyOf({ day, time, path }: Archive): string {
  const numbers = day === undefined ? [0, 0, 0] : [day.year, day.month, day.day];
  return [...numbers.map((number) => String(number).padStart(4, '0')), time, path].join('/');
}
