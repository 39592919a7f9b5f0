/**
 * Makes the index tell what the packs hold: names packs no index knows, corrects entries that do not fit their pack,
 * drops packs that are gone, and removes index files that cannot be read.
 */
import { type AppError, hasCode } from '../../base/errors.ts';
import type { FileId, PackId } from '../../base/ids.ts';
import { forEachLimited } from '../../base/tasks.ts';
import type { StoredPack } from '../check/subset.ts';
import { rewriteIndex } from '../index-rewrite.ts';
import { type Inventory, takeInventory } from '../inventory.ts';
import { loadPackHeader } from '../pack-file.ts';
import type { Vault } from '../vault.ts';

export interface RepairIndexPlan {
  /** Index files that cannot be read. */
  damaged: FileId[];
  /** Packs whose headers are to be read. */
  read: StoredPack[];
  /** Packs that are gone. */
  missing: PackId[];
  inventory: Inventory;
}

export interface RepairIndexResult {
  /** Packs whose header was read and is now what the index says. */
  packsIndexed: number;
  packsDropped: number;
  /** Packs whose header cannot be read. What the index said of them still stands. */
  unreadable: { name: PackId; error: AppError }[];
}

/** The caller holds an exclusive lock until the plan is executed. */
export async function planRepairIndex(
  vault: Vault,
  { readAllPacks, signal }: { readAllPacks: boolean; signal?: AbortSignal | undefined },
): Promise<RepairIndexPlan> {
  const damaged: FileId[] = [];
  const inventory = await takeInventory(vault, { onDamaged: ({ name }) => damaged.push(name), signal });
  const numbers = new Map(inventory.files.flatMap(({ packs }) => packs.map((pack) => [inventory.packs[pack]!, pack])));
  const read: StoredPack[] = [];
  for await (const { name, size } of vault.parts.storage.list('pack', signal)) {
    const pack = numbers.get(name as PackId);
    if (readAllPacks || pack === undefined || inventory.sizeOf(pack) !== size)
      read.push({ name: name as PackId, size });
    numbers.delete(name as PackId);
  }
  return { damaged, read, missing: [...numbers.keys()], inventory };
}

/** New index files are written before old ones are removed; a run that was interrupted can be run again. */
export async function executeRepairIndex(
  vault: Vault,
  plan: RepairIndexPlan,
  { signal, onPack }: { signal?: AbortSignal | undefined; onPack?: ((done: number) => void) | undefined } = {},
): Promise<RepairIndexResult> {
  const { inventory, missing, damaged } = plan;
  const writer = vault.indexWriter();
  const unreadable: RepairIndexResult['unreadable'] = [];
  const replaced = new Set<PackId>(missing);
  let done = 0;
  await forEachLimited(plan.read, { width: vault.parts.storage.connections, signal }, async (pack) => {
    try {
      const blobs = await loadPackHeader(vault.parts, pack);
      await writer.add({ pack: pack.name, blobs });
      replaced.add(pack.name);
    } catch (error) {
      if (!hasCode(error, 'file-damaged')) throw error;
      unreadable.push({ name: pack.name, error });
    }
    onPack?.(++done);
  });
  const isDropped = (pack: number): boolean => replaced.has(inventory.packs[pack]!);
  await rewriteIndex(vault, { inventory, isDropped, damaged, writer, signal });
  return { packsIndexed: replaced.size - missing.length, packsDropped: missing.length, unreadable };
}
