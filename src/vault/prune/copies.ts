/** Which copy of each used blob stays, where there are several. */
import { Marks } from '../marks.ts';
import type { PruneState } from './plan.ts';

export interface Copies {
  keep: Marks;
  /** A used blob none of whose copies lies in a whole pack. */
  lost: number | undefined;
  /** Copies that do not stay. */
  duplicates: { blobs: number; bytes: number };
}

/**
 * Prefers copies in packs that have something to stay for anyway, so that the others can go whole.
 * @param isWhole whether a pack, by number, is there with the size it must have
 */
export function keepOneCopyEach(state: PruneState, isWhole: (pack: number) => boolean): Copies {
  const { inventory, used } = state;
  const { table } = inventory;
  const keep = new Marks(table.count);
  const repeated = new Marks(table.count);
  const duplicates = { blobs: 0, bytes: 0 };
  for (let blob = 0; blob < table.count; blob++) {
    const first = inventory.firstCopy(blob);
    if (first === blob || !used.has(first)) continue;
    repeated.mark(first);
    duplicates.blobs++;
    duplicates.bytes += table.lengthOf(blob) + inventory.entrySize(blob);
  }
  const whole = Uint8Array.from(inventory.packs, (_, pack) => (isWhole(pack) ? 1 : 0));
  const isNeeded = new Uint8Array(inventory.packs.length);
  const several: number[] = [];
  for (let blob = 0; blob < table.count; blob++) {
    if (!used.has(blob)) continue;
    if (repeated.has(blob)) several.push(blob);
    else if (whole[table.packOf(blob)] === 0) return { keep, lost: blob, duplicates };
    else {
      keep.mark(blob);
      isNeeded[table.packOf(blob)] = 1;
    }
  }
  for (const blob of several) {
    const copies = table.findAll(table.kindOf(blob), table.idOf(blob));
    const good = copies.filter((copy) => whole[table.packOf(copy)] === 1);
    const kept = good.find((copy) => isNeeded[table.packOf(copy)] === 1) ?? good[0];
    if (kept === undefined) return { keep, lost: blob, duplicates };
    keep.mark(kept);
    isNeeded[table.packOf(kept)] = 1;
  }
  return { keep, lost: undefined, duplicates };
}
