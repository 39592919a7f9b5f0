/** Saves what is good in damaged packs: copies it into new packs, takes the damaged ones out of the index, removes them. */
import { AppError, hasCode } from '../../base/errors.ts';
import { idBytes, type PackId } from '../../base/ids.ts';
import { BlobReader } from '../blob-reader.ts';
import { removeFiles, rewriteIndex } from '../index-rewrite.ts';
import { Inventory, takeInventory } from '../inventory.ts';
import { loadPackHeader } from '../pack-file.ts';
import { type RepackOptions, repackBlobs } from '../prune/repack.ts';
import type { Vault } from '../vault.ts';

export interface RepairPacksPlan {
  packs: {
    name: PackId;
    /** False when only the index knows the pack. */
    exists: boolean;
    /** Numbers of the blobs that can be saved, and of those that cannot. */
    good: number[];
    bad: number[];
  }[];
  inventory: Inventory;
}

/**
 * Reads and proves every blob of the packs named. The caller holds an exclusive lock until the plan is executed.
 * @throws {AppError} `not-found` for a pack that neither the index nor the storage has
 */
export async function planRepairPacks(
  vault: Vault,
  { names, signal }: { names: readonly PackId[]; signal?: AbortSignal | undefined },
): Promise<RepairPacksPlan> {
  const sizes = new Map<string, number>();
  for await (const { name, size } of vault.parts.storage.list('pack', signal)) sizes.set(name, size);
  const inventory = await withHeaders(vault, { inventory: await takeInventory(vault, { signal }), names, sizes });
  const plan: RepairPacksPlan = { packs: [], inventory };
  for (const name of new Set(names)) {
    signal?.throwIfAborted();
    const size = sizes.get(name);
    const number = inventory.packs.indexOf(name);
    if (size === undefined && number < 0) throw new AppError('not-found', { detail: `pack ${name}` });
    const blobs = number < 0 ? [] : [...inventory.blobsOf(number)];
    const good = await goodBlobs(vault, { inventory, name, blobs, size: size ?? 0 });
    const bad = blobs.filter((blob) => !good.includes(blob));
    plan.packs.push({ name, exists: size !== undefined, good, bad });
  }
  return plan;
}

/** Snapshots that need a blob that could not be saved must be repaired next. */
export async function executeRepairPacks(vault: Vault, plan: RepairPacksPlan, options: RepackOptions): Promise<void> {
  const { inventory, packs } = plan;
  const { signal } = options;
  await repackBlobs(vault, { inventory, blobs: Uint32Array.from(packs.flatMap(({ good }) => good)) }, options);
  const names = new Set(packs.map(({ name }) => name));
  await rewriteIndex(vault, { inventory, isDropped: (pack) => names.has(inventory.packs[pack]!), signal });
  const stored = packs.filter(({ exists }) => exists).map(({ name }) => name);
  await removeFiles(vault, 'pack', { names: stored, signal });
  vault.dropIndex();
}

/** Adds what the packs' own headers tell and the index does not. */
async function withHeaders(
  vault: Vault,
  { inventory, names, sizes }: { inventory: Inventory; names: readonly PackId[]; sizes: ReadonlyMap<string, number> },
): Promise<Inventory> {
  const packs = [...inventory.packs];
  for (const name of names) {
    const size = sizes.get(name);
    if (size === undefined || inventory.packs.includes(name)) continue;
    try {
      const blobs = await loadPackHeader(vault.parts, { name, size });
      const pack = packs.push(name) - 1;
      for (const { id, ...place } of blobs) inventory.table.add(idBytes(id), { ...place, pack });
    } catch (error) {
      if (!hasCode(error, 'file-damaged')) throw error;
    }
  }
  return packs.length === inventory.packs.length ? inventory : new Inventory(inventory.table, packs, inventory.files);
}

async function goodBlobs(
  vault: Vault,
  { inventory, name, blobs, size }: { inventory: Inventory; name: PackId; blobs: readonly number[]; size: number },
): Promise<number[]> {
  const { table } = inventory;
  const reader = new BlobReader(vault.parts.key);
  const good: number[] = [];
  for (const blob of blobs) {
    const [offset, length] = [table.offsetOf(blob), table.lengthOf(blob)];
    if (offset + length > size) continue;
    const sealed = await vault.loadSealed(name, { offset, length });
    try {
      reader.open(sealed, { id: table.idOf(blob), uncompressedLength: table.uncompressedLengthOf(blob) });
      good.push(blob);
    } catch (error) {
      if (!hasCode(error, 'file-damaged')) throw error;
    }
  }
  return good;
}
