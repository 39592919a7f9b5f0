/** Runs about a vault as a whole: reading a share of it back, and removing what no snapshot needs. */
import { availableParallelism } from 'node:os';
import { formatBytes } from '../base/bytes.ts';
import { PACK_BYTES_TARGET, RUN_LOCK_WAIT_MS } from '../base/limits.ts';
import { browse, prune } from '../vault.ts';
import { type PackSize, packSizes, planReading } from '../verification.ts';
import { bytesOf, dropStaleProofs, judgeAll, keepProofs, type ProofPlace, read } from './prove.ts';
import { openTaskVault, type Task } from './task.ts';

/**
 * Reads the share of the vault that was unread for longest, then says of every snapshot whether it is proven.
 * @throws {AppError} `file-damaged` when anything is not right; proofs that rested on it are withdrawn before
 */
export async function performVerify(task: Task): Promise<void> {
  const { world, name, emit, findings } = task;
  const { verify } = world.config.vaults[name]!;
  await using opened = await openTaskVault(task, name, { exclusive: false, waitMs: RUN_LOCK_WAIT_MS });
  const { vault, signal } = opened;
  const place: ProofPlace = { vault, signal, vaultName: name };
  const { snapshots, damaged } = await browse.listReadableSnapshots(vault, signal);
  for (const { error } of damaged) emit({ kind: 'line', level: 'error', text: error.message });
  const sizes = await packSizes(vault, signal);
  const vaultBytes = bytesOf(sizes);
  findings.figures.vaultBytes = vaultBytes;
  const plan = planReading(sizes, world.ledger.verifiedPacks(vault.config.id), {
    shareOfBytes: verify.share,
    nowMs: world.clock.nowMs(),
    provenForMs: verify.provenFor,
  });
  emit({ kind: 'phase', text: `reading back ${formatBytes(plan.bytes)} of ${formatBytes(vaultBytes)}` });
  let failure: unknown;
  await read(task, place, plan.packs).catch((error: unknown) => {
    failure = error;
  });
  signal.throwIfAborted();
  findings.figures.bytes = provenBytes(task, place, sizes);
  const judgements = await judgeAll(task, place, snapshots);
  keepProofs(task, place, { snapshots, judgements });
  dropStaleProofs(task, name, snapshots);
  const unproven = judgements.filter(({ isProven }) => !isProven);
  for (const { snapshotId, reason } of unproven)
    emit({ kind: 'line', level: 'info', text: `snapshot ${snapshotId.slice(0, 8)} is not proven: ${reason}` });
  if (failure !== undefined) throw failure;
  if (damaged.length > 0) throw damaged[0]!.error;
}

/** How much of the vault was read back within the time that counts. */
function provenBytes({ world, name }: Task, { vault }: ProofPlace, sizes: readonly PackSize[]): number {
  const verified = world.ledger.verifiedPacks(vault.config.id);
  const sinceMs = world.clock.nowMs() - world.config.vaults[name]!.verify.provenFor;
  return bytesOf(sizes.filter((pack) => (verified.get(pack.name) ?? Number.NEGATIVE_INFINITY) >= sinceMs));
}

/** @throws {AppError} what planning and executing a prune throw */
export async function performPrune(task: Task): Promise<void> {
  const { world, name, emit, findings } = task;
  const settings = world.config.vaults[name]!.prune!;
  await using opened = await openTaskVault(task, name, { exclusive: true, waitMs: RUN_LOCK_WAIT_MS });
  const { vault, signal } = opened;
  const threads = availableParallelism();
  const onProgress = ({ done, bytesDone }: prune.PruneProgress): void =>
    emit({ kind: 'progress', files: done, bytes: bytesDone, current: '' });
  const policy: prune.PrunePolicy = {
    packBytesTarget: PACK_BYTES_TARGET,
    maxRepackBytes: settings.maxRepackSize,
    repackUncompressed: false,
    repackSmall: false,
    repackCacheableOnly: false,
    maxUnused: prune.parseUnusedLimit(settings.maxUnused),
  };
  const plan = await prune.planPrune(vault, policy, { threads, signal, onProgress });
  const { totals } = plan;
  const before = new Set((await packSizes(vault, signal)).map((each) => each.name));
  emit({
    kind: 'phase',
    text: `removing ${totals.removedPacks} packs, rewriting ${totals.repackedPacks}: frees ${formatBytes(totals.freedBytes)}`,
  });
  // What is rewritten is proven anew below; when the run is stopped before, nothing claims that it had been.
  if (totals.repackedPacks > 0) world.ledger.withdrawProofs(vault.config.id, 'all');
  await prune.executePrune(vault, plan, {
    threads,
    signal,
    onProgress,
    packBytesTarget: PACK_BYTES_TARGET,
    compression: 'auto',
  });
  vault.dropIndex();
  const sizes = await packSizes(vault, signal);
  findings.figures.vaultBytes = bytesOf(sizes);
  // What was rewritten is in new packs, which nothing has read back yet.
  const place: ProofPlace = { vault, signal, vaultName: name };
  const snapshots = await vault.listSnapshots(signal);
  dropStaleProofs(task, name, snapshots);
  // Proofs that rested on packs that are gone do not outlive a run that is stopped from here on.
  keepProofs(task, place, { snapshots, judgements: await judgeAll(task, place, snapshots) });
  await read(
    task,
    place,
    sizes.map((each) => each.name).filter((pack) => !before.has(pack)),
  );
  keepProofs(task, place, { snapshots, judgements: await judgeAll(task, place, snapshots) });
}
