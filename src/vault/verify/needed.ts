/** Which packs snapshots need. */
import { setImmediate } from 'node:timers/promises';
import type { PackId, SnapshotId } from '../../base/ids.ts';
import { checkSeed } from '../check/jobs.ts';
import { startCheckThreads } from '../check/threads.ts';
import { walkTrees } from '../check/tree-walk.ts';
import { type Inventory, takeInventory } from '../inventory.ts';
import { Marks } from '../marks.ts';
import type { Snapshot } from '../model.ts';
import type { Vault } from '../vault.ts';
import { UseGraph } from './use-graph.ts';

export interface PacksOfOptions {
  /** Of several packs that have the same blob, one for which this holds is enough; else the first counts. */
  prefers?: ((pack: PackId) => boolean) | undefined;
  /** For opening trees; with 0 it is done in this thread. */
  threads: number;
  signal?: AbortSignal | undefined;
}

export interface NeededPacks {
  snapshotId: SnapshotId;
  /** Each once, in no particular order; as far as the trees could be read. */
  packs: Iterable<PackId>;
  /** What of it cannot be restored, whatever the packs hold: a tree that cannot be read, blobs in no index; one line. */
  lack: string | undefined;
}

/**
 * The packs with anything that a snapshot needs, trees and data, for each of the snapshots in their order. Trees that
 * several share are looked into once. The caller holds a lock, shared or exclusive.
 * @throws {AppError} what the storage throws when it cannot be reached; `file-damaged` naming an index file
 */
export async function packsOf(
  vault: Vault,
  snapshots: readonly Snapshot[],
  options: PacksOfOptions,
): Promise<NeededPacks[]> {
  const { signal } = options;
  if (snapshots.length === 0) return [];
  const inventory = await takeInventory(vault, { signal });
  const { table, packs } = inventory;
  const graph = await readTrees(vault, { inventory, snapshots }, options);
  const needed: NeededPacks[] = [];
  for (const { id: snapshotId, tree } of snapshots) {
    const root = table.findHex('tree', tree);
    if (root < 0) {
      needed.push({ snapshotId, packs: [], lack: `tree ${tree} is in no index` });
      continue;
    }
    const { packs: marks, lack } = graph.below(root, table);
    needed.push({ snapshotId, packs: new MarkedPacks(packs, marks), lack });
    // A snapshot of a million directories takes tens of milliseconds: others have their turn in between.
    await setImmediate(undefined, { signal });
  }
  return needed;
}

/** Names of the packs that are marked: a bit for each pack of the vault, where a set of names would take hundreds. */
class MarkedPacks implements Iterable<PackId> {
  readonly #names: readonly PackId[];
  readonly #marks: Marks;

  constructor(names: readonly PackId[], marks: Marks) {
    this.#names = names;
    this.#marks = marks;
  }

  *[Symbol.iterator](): Generator<PackId, void> {
    for (const [number, name] of this.#names.entries()) if (this.#marks.has(number)) yield name;
  }
}

async function readTrees(
  vault: Vault,
  { inventory, snapshots }: { inventory: Inventory; snapshots: readonly Snapshot[] },
  { prefers = () => false, threads: count, signal }: PacksOfOptions,
): Promise<UseGraph> {
  const { table, packs } = inventory;
  const preferred = new Marks(packs.length);
  for (const [number, name] of packs.entries()) if (prefers(name)) preferred.mark(number);
  const used = new Marks(table.count);
  const roots = snapshots.map(({ tree }) => table.findHex('tree', tree)).filter((root) => root >= 0 && used.mark(root));
  const graph = new UseGraph({ blobs: table.count, packs: packs.length });
  const seed = { ...checkSeed(vault.parts.key, inventory, used), preferred: preferred.memory };
  await using threads = startCheckThreads(seed, count);
  await walkTrees(
    {
      vault,
      inventory,
      threads,
      signal,
      onTrees: () => {},
      // What is found is in the records of the trees it was found in.
      onFinding: () => {},
      onUses: (uses) => {
        for (const each of uses) graph.add(each);
      },
    },
    roots,
  );
  return graph;
}
