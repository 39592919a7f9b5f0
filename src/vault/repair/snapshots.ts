/** Makes snapshots that can be restored out of those that need something that is lost. */
import type { AppError } from '../../base/errors.ts';
import { type BlobId, idBytes, type SnapshotId } from '../../base/ids.ts';
import { PACK_BYTES_TARGET } from '../../base/limits.ts';
import { BlobSaver } from '../blob-saver.ts';
import { removeFiles } from '../index-rewrite.ts';
import type { Snapshot } from '../model.ts';
import { listReadableSnapshots } from '../snapshot-list.ts';
import type { Vault } from '../vault.ts';
import { TreeRepair } from './trees.ts';

const TAG = 'repaired';

export interface SnapshotRepair {
  snapshot: Snapshot;
  /** Undefined when its root cannot be read: nothing is left of it. */
  tree: BlobId | undefined;
  /** An earlier run has made the new snapshot already. */
  isMade: boolean;
  /** What is left out, one line each; what several snapshots share is told with the first. */
  losses: string[];
}

export interface RepairSnapshotsPlan {
  repairs: SnapshotRepair[];
  /** Snapshots whose file cannot be read; none when the plan is for certain snapshots only. */
  damaged: { id: SnapshotId; error: AppError }[];
  /** Trees to be stored, by id. */
  trees: ReadonlyMap<BlobId, Uint8Array>;
  /** Snapshots that need no repair. */
  intact: number;
}

export interface RepairSnapshotsOptions {
  /** Remove the snapshots that were repaired, and those of which nothing is left. */
  forget: boolean;
  signal?: AbortSignal | undefined;
}

/**
 * Whether a blob's bytes are good is not looked at: that is for `repair packs`, which takes bad blobs out of the index.
 * The caller holds an exclusive lock until the plan is executed.
 */
export async function planRepairSnapshots(
  vault: Vault,
  { ids, signal }: { ids?: ReadonlySet<SnapshotId> | undefined; signal?: AbortSignal | undefined } = {},
): Promise<RepairSnapshotsPlan> {
  const { snapshots, damaged } = await listReadableSnapshots(vault, signal);
  const { table, packs } = await vault.index(signal);
  const sizes = new Map<string, number>();
  for await (const { name, size } of vault.parts.storage.list('pack', signal)) sizes.set(name, size);
  const isThere = (id: BlobId): boolean =>
    table.findAll('data', id).some((blob) => {
      const { pack, offset, length } = table.placeOf(blob, packs);
      return offset + length <= (sizes.get(pack) ?? -1);
    });
  const work = new TreeRepair({ vault, table, isThere, signal });
  const repairs: SnapshotRepair[] = [];
  let intact = 0;
  for (const snapshot of snapshots.filter(({ id }) => ids === undefined || ids.has(id))) {
    const before = work.losses.length;
    const tree = await work.repair(snapshot.tree);
    if (tree === snapshot.tree) intact++;
    else {
      const isMade = snapshots.some(({ original, tree: made }) => original === snapshot.id && made === tree);
      repairs.push({ snapshot, tree, isMade, losses: work.losses.slice(before) });
    }
  }
  return { repairs, damaged: ids === undefined ? damaged : [], trees: work.trees, intact };
}

/** Trees first, then the new snapshots, then the old ones go. @returns ids of the new snapshots */
export async function executeRepairSnapshots(
  vault: Vault,
  plan: RepairSnapshotsPlan,
  { forget, signal }: RepairSnapshotsOptions,
): Promise<SnapshotId[]> {
  await storeTrees(vault, plan.trees, signal);
  const made: SnapshotId[] = [];
  for (const { snapshot, tree, isMade } of plan.repairs) {
    if (tree === undefined || isMade) continue;
    signal?.throwIfAborted();
    const { id, timeMs: _, ...document } = snapshot;
    const tags = [...new Set([...document.tags, TAG])];
    made.push(await vault.saveSnapshot({ ...document, tree, tags, original: id }));
  }
  if (forget) {
    const names = [...plan.repairs.map(({ snapshot }) => snapshot.id), ...plan.damaged.map(({ id }) => id)];
    await removeFiles(vault, 'snapshot', { names, signal });
  }
  return made;
}

async function storeTrees(
  vault: Vault,
  trees: RepairSnapshotsPlan['trees'],
  signal: AbortSignal | undefined,
): Promise<void> {
  const { table } = await vault.index(signal);
  const saver = new BlobSaver(vault, { compression: 'auto', packBytesTarget: PACK_BYTES_TARGET, signal });
  for (const [id, bytes] of trees) {
    if (table.findHex('tree', id) < 0) await saver.add('tree', bytes, idBytes(id));
  }
  await saver.finish();
  vault.dropIndex();
}
