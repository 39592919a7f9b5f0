/**
 * Follows trees from the snapshots down, each tree once. It goes level by level: all trees of a level are known before
 * they are read, so they are read in the order they lie in the packs, many with one request.
 */
import { hasCode } from '../../base/errors.ts';
import { SEGMENT_BYTES_MAX, SEGMENTS_AHEAD_MAX } from '../../base/limits.ts';
import { forEachLimited } from '../../base/tasks.ts';
import { InputSlots } from '../input-slots.ts';
import type { Inventory } from '../inventory.ts';
import { type Segment, segmentsOf } from '../segments.ts';
import type { Vault } from '../vault.ts';
import { errorFinding, type Finding } from './finding.ts';
import type { CheckDone } from './jobs.ts';
import type { CheckThreads } from './threads.ts';
import type { TreeUses } from './tree-uses.ts';

export interface TreeWalkParts {
  vault: Vault;
  inventory: Inventory;
  threads: CheckThreads;
  onFinding: (finding: Finding) => void;
  /** Called with the number of trees and bytes read since the last call. */
  onTrees: (trees: number, bytes: number) => void;
  /** Hears of each tree what it uses, when the threads were asked to find that. */
  onUses?: ((uses: readonly TreeUses[]) => void) | undefined;
  signal?: AbortSignal | undefined;
}

/** `roots` are numbers of tree blobs, each once. Marks what is found in the marks the threads were given. */
export async function walkTrees(parts: TreeWalkParts, roots: Iterable<number>): Promise<void> {
  const slots = new InputSlots({ count: SEGMENTS_AHEAD_MAX, slotBytes: SEGMENT_BYTES_MAX });
  const { table } = parts.inventory;
  const byPlace = (a: number, b: number): number =>
    table.packOf(a) - table.packOf(b) || table.offsetOf(a) - table.offsetOf(b);
  for (let level = Uint32Array.from(roots); level.length > 0; ) {
    const next: number[] = [];
    const work = async (segment: Segment): Promise<void> => {
      const done = await readSegment(parts, slots, segment);
      for (const finding of done.findings) parts.onFinding(finding);
      for (const blob of done.subtrees) next.push(blob);
      parts.onUses?.(done.uses);
      for (const blob of done.unreadable) next.push(...nextCopy(parts, blob));
      parts.onTrees(segment.blobs.length - done.unreadable.length, segment.length);
    };
    const segments = segmentsOf(table, level.sort(byPlace));
    await forEachLimited(segments, { width: SEGMENTS_AHEAD_MAX, signal: parts.signal }, work);
    level = Uint32Array.from(next);
  }
}

async function readSegment(parts: TreeWalkParts, slots: InputSlots, segment: Segment): Promise<CheckDone> {
  const { pack, offset, length, blobs } = segment;
  const slot = await slots.take(length);
  try {
    const name = parts.inventory.packs[pack]!;
    const bytes = await parts.vault.loadSealed(name, { offset, length, into: slot.bytes });
    return await parts.threads.call({ kind: 'trees', bytes, offset, blobs });
  } catch (error) {
    if (!hasCode(error, 'not-found', 'file-damaged')) throw error;
    if (blobs.length === 1) return nothingFrom(blobs);
  } finally {
    slot.release();
  }
  // The pack may be cut off somewhere inside: what lies before the cut is good.
  return await readOneByOne(parts, slots, segment);
}

async function readOneByOne(parts: TreeWalkParts, slots: InputSlots, { pack, blobs }: Segment): Promise<CheckDone> {
  const { table } = parts.inventory;
  const findings: Finding[] = [];
  const subtrees: number[] = [];
  const unreadable: number[] = [];
  const uses: TreeUses[] = [];
  for (const blob of blobs) {
    const place = { pack, offset: table.offsetOf(blob), length: table.lengthOf(blob) };
    const done = await readSegment(parts, slots, { ...place, blobs: Uint32Array.of(blob) });
    findings.push(...done.findings);
    subtrees.push(...done.subtrees);
    unreadable.push(...done.unreadable);
    uses.push(...done.uses);
  }
  return { findings, subtrees: Uint32Array.from(subtrees), unreadable: Uint32Array.from(unreadable), uses };
}

function nothingFrom(blobs: Uint32Array): CheckDone {
  return { findings: [], subtrees: new Uint32Array(0), unreadable: blobs, uses: [] };
}

/** Reports a copy that cannot be read. @returns the copy to try instead, if there is one */
function nextCopy({ inventory, onFinding }: TreeWalkParts, blob: number): number[] {
  const { table, packs } = inventory;
  const id = table.idOf(blob);
  const copies = table.findAll('tree', id);
  const next = copies[copies.indexOf(blob) + 1];
  const place = `tree ${id} in pack ${packs[table.packOf(blob)]}`;
  const consequence = next === undefined ? 'it is lost' : 'there is another copy';
  onFinding(errorFinding('tree-damaged', id, `${place} cannot be read; ${consequence}`));
  return next === undefined ? [] : [next];
}
