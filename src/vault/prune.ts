/**
 * Removes what no snapshot needs (format description, "prune"). At every moment each used blob is in a pack that is there
 * and that an index names; an interrupted run leaves garbage or duplicates, which the next one removes.
 */
import { AppError } from '../base/errors.ts';
import type { PackId, SnapshotId } from '../base/ids.ts';
import type { Finding } from './check/finding.ts';
import { checkSeed } from './check/jobs.ts';
import { startCheckThreads } from './check/threads.ts';
import { walkTrees } from './check/tree-walk.ts';
import type { Compression } from './compression.ts';
import { removeFiles, rewriteIndex } from './index-rewrite.ts';
import { type Inventory, takeInventory } from './inventory.ts';
import { Marks } from './marks.ts';
import type { Snapshot } from './model.ts';
import { type PrunePlan, type PrunePolicy, type PruneState, planPacks } from './prune/plan.ts';
import { repackBlobs } from './prune/repack.ts';
import type { Vault } from './vault.ts';

export { parseUnusedLimit } from './prune/limit.ts';
export type { PrunePlan, PrunePolicy, PruneTotals } from './prune/plan.ts';

export interface PruneProgress {
  stage: 'trees' | 'orphans' | 'repack' | 'index' | 'packs';
  /** Trees when finding what is used, else files. */
  done: number;
  bytesDone: number;
  bytesTotal: number | undefined;
}

export interface PruneRunOptions {
  /** For the byte work; with 0 it is done in this thread. */
  threads: number;
  onProgress?: ((progress: PruneProgress) => void) | undefined;
  signal?: AbortSignal | undefined;
}

export interface PrunePlanOptions extends PruneRunOptions {
  /** Snapshots to plan without, as if they were gone already; such a plan is only for looking at. */
  without?: ReadonlySet<SnapshotId> | undefined;
}

export interface PruneExecuteOptions extends PruneRunOptions {
  /** Of what is written anew. */
  compression: Compression;
  /** Bytes. */
  packBytesTarget: number;
  /** Leave no blob uncompressed, also where that makes it no smaller: else `repackUncompressed` would find it again. */
  framesAll?: boolean;
}

/**
 * Finds out what is used and decides what goes. The caller holds an exclusive lock until the plan is executed.
 * @throws {AppError} `file-damaged`, `file-missing`, `blob-missing` when it cannot be told what is needed, or something
 *   needed is not there; nothing may be removed then
 */
export async function planPrune(vault: Vault, policy: PrunePolicy, options: PrunePlanOptions): Promise<PrunePlan> {
  const { signal, without } = options;
  const listed = await vault.listSnapshots(signal);
  const snapshots = listed.filter(({ id }) => !without?.has(id));
  const inventory = await takeInventory(vault, { signal });
  const used = await markUsed(vault, { inventory, snapshots }, options);
  const { sizes, orphans } = await listPacks(vault, inventory, signal);
  const state: PruneState = { inventory, used, sizes, orphans, canCompress: vault.config.version > 1 };
  const ids = snapshots.map(({ id }) => id);
  return planPacks(state, policy, ids);
}

/**
 * Does what the plan says, in the order that keeps the vault whole at every moment.
 * @throws {AppError} `refused` when the vault is not as it was when the plan was made
 */
export async function executePrune(vault: Vault, plan: PrunePlan, options: PruneExecuteOptions): Promise<void> {
  const { inventory, totals } = plan;
  const { signal, onProgress } = options;
  await refuseChanged(vault, plan);
  const report = (stage: PruneProgress['stage'], bytesDone: number, bytesTotal?: number): void =>
    onProgress?.({ stage, done: 0, bytesDone, bytesTotal });
  report('orphans', 0);
  await vault.parts.storage.sweep();
  await removeFiles(vault, 'pack', { names: plan.orphans, signal });
  let bytes = 0;
  const onBytes = (read: number): void => {
    bytes += read;
    report('repack', bytes, totals.repackedBytes);
  };
  await repackBlobs(vault, { inventory, blobs: keptBlobs(plan) }, { ...options, onBytes });
  const gone = new Set([...plan.repack, ...plan.remove, ...plan.missing]);
  report('index', 0);
  await rewriteIndex(vault, { inventory, isDropped: (pack) => gone.has(pack), signal });
  report('packs', 0);
  const names = [...plan.repack, ...plan.remove].map((pack) => inventory.packs[pack]!);
  await removeFiles(vault, 'pack', { names, signal });
  vault.dropIndex();
}

async function markUsed(
  vault: Vault,
  { inventory, snapshots }: { inventory: Inventory; snapshots: readonly Snapshot[] },
  { threads: count, onProgress, signal }: PruneRunOptions,
): Promise<Marks> {
  const used = new Marks(inventory.table.count);
  const roots: number[] = [];
  for (const { id, tree } of snapshots) {
    const root = inventory.table.findHex('tree', tree);
    if (root < 0) throw unsafe('blob-missing', `tree ${tree} of snapshot ${id}`);
    if (used.mark(root)) roots.push(root);
  }
  let done = 0;
  let bytesDone = 0;
  const onTrees = (trees: number, bytes: number): void => {
    done += trees;
    bytesDone += bytes;
    onProgress?.({ stage: 'trees', done, bytesDone, bytesTotal: undefined });
  };
  await using threads = startCheckThreads(checkSeed(vault.parts.key, inventory, used), count);
  await walkTrees({ vault, inventory, threads, onFinding: refuseDamage, onTrees, signal }, roots);
  return used;
}

/** What breaks rules but can be read still tells what it needs. */
function refuseDamage({ kind, message }: Finding): void {
  if (kind === 'tree-invalid') return;
  throw unsafe(kind === 'tree-damaged' ? 'file-damaged' : 'blob-missing', message);
}

function unsafe(code: 'file-damaged' | 'blob-missing', detail: string): AppError {
  const hint = 'Nothing was changed. Run: holdfast check, then holdfast repair.';
  return new AppError(code, { detail, hint });
}

async function listPacks(
  vault: Vault,
  inventory: Inventory,
  signal: AbortSignal | undefined,
): Promise<Pick<PruneState, 'sizes' | 'orphans'>> {
  const numbers = new Map(inventory.packs.map((name, number) => [name, number]));
  const sizes = new Float64Array(inventory.packs.length).fill(-1);
  const orphans: PruneState['orphans'] = [];
  for await (const file of vault.parts.storage.list('pack', signal)) {
    const number = numbers.get(file.name as PackId);
    if (number === undefined) orphans.push({ name: file.name as PackId, size: file.size });
    else sizes[number] = file.size;
  }
  return { sizes, orphans };
}

function keptBlobs({ inventory, repack, keep }: PrunePlan): Uint32Array {
  const kept: number[] = [];
  for (const pack of repack) for (const blob of inventory.blobsOf(pack)) if (keep.has(blob)) kept.push(blob);
  return Uint32Array.from(kept);
}

async function refuseChanged(vault: Vault, plan: PrunePlan): Promise<void> {
  const [snapshots, files] = [await vault.documents.list('snapshot'), await vault.documents.list('index')];
  const isSame =
    isSameSet(snapshots, plan.snapshots) &&
    isSameSet(
      files,
      plan.inventory.files.map(({ name }) => name),
    );
  if (isSame) return;
  const detail = 'the vault has changed since the plan was made; nothing was removed';
  throw new AppError('refused', { detail, hint: 'Plan again.' });
}

function isSameSet(a: readonly string[], b: readonly string[]): boolean {
  const names = new Set(a);
  return names.size === b.length && b.every((name) => names.has(name));
}

export { executeForget } from './forget.ts';
