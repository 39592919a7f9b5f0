/** Which packs go, which are rewritten, which stay. Pure: decides from what was found, touches nothing. */
import { AppError } from '../../base/errors.ts';
import type { FileId, PackId } from '../../base/ids.ts';
import type { Inventory } from '../inventory.ts';
import type { Marks } from '../marks.ts';
import { choose } from './choose.ts';
import { keepOneCopyEach } from './copies.ts';
import { PackSums } from './pack-sums.ts';

export interface PrunePolicy {
  /** How much that is not used may stay, of what is left; 5 % when absent. */
  maxUnused?: UnusedLimit;
  /** Bytes to rewrite at most; no limit when absent. Packs that lack nothing but compression count too. */
  maxRepackBytes?: number | undefined;
  /** Rewrite packs that hold uncompressed data. */
  repackUncompressed?: boolean;
  /** Rewrite packs that are much smaller than new ones are made. */
  repackSmall?: boolean;
  /** Rewrite only packs of trees, which are cheap to load. */
  repackCacheableOnly?: boolean;
  /** Size new packs are made to, bytes. */
  packBytesTarget: number;
}

/** A share of all that stays (0 to 1), an amount, or as much as there is. */
export type UnusedLimit = { share: number } | { bytes: number } | 'unlimited';

/** What the vault holds, as far as pruning needs to know. */
export interface PruneState {
  inventory: Inventory;
  /** Marks of the first copies of all blobs that a snapshot needs. */
  used: Marks;
  /** Bytes of each pack file by the number of the pack; -1 where there is none. */
  sizes: Float64Array;
  /** Packs that no index names. */
  orphans: { name: PackId; size: number }[];
  /** Whether blobs can be compressed: not in version 1 of the format. */
  canCompress: boolean;
}

export interface PruneTotals {
  packs: number;
  usedBlobs: number;
  usedBytes: number;
  unusedBlobs: number;
  unusedBytes: number;
  /** Copies of used blobs beyond the first. */
  duplicateBlobs: number;
  duplicateBytes: number;
  orphanPacks: number;
  orphanBytes: number;
  removedPacks: number;
  removedBytes: number;
  repackedPacks: number;
  /** Bytes of the packs rewritten, and of what of them is written anew. */
  repackedBytes: number;
  rewrittenBytes: number;
  /** Packs that only the index knows; nothing in them is needed. */
  missingPacks: number;
  /** Bytes that become free, and that are not used but stay. */
  freedBytes: number;
  unusedBytesAfter: number;
}

export interface PrunePlan {
  totals: PruneTotals;
  /** Packs in no index, to be deleted first. */
  orphans: PackId[];
  /** Numbers of packs whose kept blobs are written anew, in this order. */
  repack: number[];
  /** Numbers of packs without any kept blob. */
  remove: number[];
  /** Numbers of packs that are not there any more. */
  missing: number[];
  /** Marks of the copy of each used blob that is kept. */
  keep: Marks;
  inventory: Inventory;
  /** What the plan was made from, to see before executing it that nothing has changed. */
  snapshots: FileId[];
}

export const UNUSED_SHARE_MAX = 0.05;

/**
 * @throws {AppError} `file-missing` or `file-damaged` naming the pack when a blob that is needed lies only in packs that
 *   are missing or have a wrong size
 */
export function planPacks(state: PruneState, policy: PrunePolicy, snapshots: FileId[]): PrunePlan {
  const { inventory, sizes, orphans } = state;
  const isWhole = (pack: number): boolean => sizes[pack] === inventory.sizeOf(pack);
  const { keep, lost, duplicates } = keepOneCopyEach(state, isWhole);
  if (lost !== undefined) throw refusal(state, lost);
  const sums = new PackSums(inventory, keep);
  const { repack, remove, missing } = choose({ state, sums }, policy);
  return {
    totals: totalsOf({ state, sums }, { repack, remove, missing, duplicates }),
    orphans: orphans.map(({ name }) => name),
    repack,
    remove,
    missing,
    keep,
    inventory,
    snapshots,
  };
}

function refusal({ inventory, sizes }: PruneState, blob: number): AppError {
  const pack = inventory.table.packOf(blob);
  const name = inventory.packs[pack]!;
  const hint = 'Nothing was changed. Run: holdfast check, then holdfast repair.';
  const needed = `pack ${name}, which a snapshot needs for blob ${inventory.table.idOf(blob)},`;
  if (sizes[pack] === -1) return new AppError('file-missing', { detail: `${needed} is missing`, hint });
  const found = `has ${sizes[pack]} bytes where the index tells of ${inventory.sizeOf(pack)}`;
  return new AppError('file-damaged', { detail: `${needed} ${found}`, hint });
}

interface Chosen {
  repack: number[];
  remove: number[];
  missing: number[];
  duplicates: { blobs: number; bytes: number };
}

function totalsOf({ state, sums }: { state: PruneState; sums: PackSums }, chosen: Chosen): PruneTotals {
  const { sizes, orphans, inventory } = state;
  const { repack, remove, missing, duplicates } = chosen;
  const sizeOfAll = (packs: number[]): number => packs.reduce((sum, pack) => sum + Math.max(0, sizes[pack]!), 0);
  const orphanBytes = orphans.reduce((sum, { size }) => sum + size, 0);
  const removedBytes = sizeOfAll(remove);
  const repackedBytes = sizeOfAll(repack);
  const rewrittenBytes = repack.reduce((sum, pack) => sum + sums.keptBytes[pack]!, 0);
  const gone = new Set([...repack, ...remove, ...missing]);
  const total = (values: Float64Array): number => values.reduce((sum, value) => sum + value, 0);
  const unusedAfter = inventory.packs.reduce((sum, _, pack) => sum + (gone.has(pack) ? 0 : sums.otherBytes[pack]!), 0);
  return {
    packs: inventory.packs.length,
    usedBlobs: total(sums.keptBlobs),
    usedBytes: total(sums.keptBytes),
    unusedBlobs: total(sums.otherBlobs) - duplicates.blobs,
    unusedBytes: total(sums.otherBytes) - duplicates.bytes,
    duplicateBlobs: duplicates.blobs,
    duplicateBytes: duplicates.bytes,
    orphanPacks: orphans.length,
    orphanBytes,
    removedPacks: remove.length,
    removedBytes,
    repackedPacks: repack.length,
    repackedBytes,
    rewrittenBytes,
    missingPacks: missing.length,
    freedBytes: orphanBytes + removedBytes + repackedBytes - rewrittenBytes,
    unusedBytesAfter: unusedAfter,
  };
}
