/** What `prune` and `forget --prune` share: options, showing the plan, executing it. */
import { availableParallelism } from 'node:os';
import { formatBytes, MIB } from '../base/bytes.ts';
import { AppError } from '../base/errors.ts';
import type { SnapshotId } from '../base/ids.ts';
import { PACK_BYTES_TARGET, PACK_BYTES_TARGET_MAX, PACK_BYTES_TARGET_MIN } from '../base/limits.ts';
import { blobs, prune } from '../vault.ts';
import type { Context } from './context.ts';
import type { OpenedVault } from './open.ts';
import { choice, flag, type OptionValues, size, text, whole } from './options.ts';
import type { Output } from './output.ts';
import { formatCount } from './text.ts';
import { withdrawProofs } from './withdraw-proofs.ts';

export const PRUNE_OPTIONS = {
  maxUnused: text('limit', 'What may stay unused: a share of the rest (5%), a size, or unlimited; 5% when not given'),
  maxRepackSize: size('size', 'Rewrite packs of at most this size together'),
  repackUncompressed: flag('Rewrite packs that hold uncompressed data'),
  repackSmall: flag('Rewrite packs that are much smaller than the pack size'),
  repackCacheableOnly: flag('Rewrite only packs of trees'),
  compression: choice(blobs.COMPRESSIONS, 'How hard to compress what is rewritten', { fallback: 'auto' }),
  packSize: size('size', 'Size of new pack files, 4M to 128M; 16M when not given'),
  threads: whole('n', 'Threads for the byte work; one for each core when not given', { min: 1 }),
} as const;

export type PruneValues = OptionValues<typeof PRUNE_OPTIONS>;

export interface PruneRequest {
  options: PruneValues;
  dryRun: boolean;
  /** Snapshots to plan without, in a dry run. */
  without?: ReadonlySet<SnapshotId>;
}

/** Checks the options before anything is done. @throws {AppError} `usage` */
export function prunePolicy(options: PruneValues): prune.PrunePolicy {
  const packBytesTarget = options.packSize ?? PACK_BYTES_TARGET;
  if (packBytesTarget < PACK_BYTES_TARGET_MIN || packBytesTarget > PACK_BYTES_TARGET_MAX) {
    const hint = `Give ${PACK_BYTES_TARGET_MIN / MIB}M to ${PACK_BYTES_TARGET_MAX / MIB}M.`;
    throw new AppError('usage', { detail: `--pack-size ${formatBytes(packBytesTarget)}`, hint });
  }
  if (options.repackUncompressed && options.compression === 'off') {
    const hint = 'Leave out one of the two.';
    throw new AppError('usage', { detail: '--repack-uncompressed with --compression off', hint });
  }
  return {
    packBytesTarget,
    maxRepackBytes: options.maxRepackSize,
    repackUncompressed: options.repackUncompressed,
    repackSmall: options.repackSmall,
    repackCacheableOnly: options.repackCacheableOnly,
    ...(options.maxUnused === undefined ? {} : { maxUnused: prune.parseUnusedLimit(options.maxUnused) }),
  };
}

/** Plans, shows the plan and, without `dryRun`, executes it. @returns fields for the summary */
export async function pruneVault(
  context: Context,
  { vault, signal }: OpenedVault,
  { options, dryRun, without }: PruneRequest,
): Promise<Record<string, unknown>> {
  const { output } = context;
  const policy = prunePolicy(options);
  const threads = options.threads ?? availableParallelism();
  using progress = output.progress();
  const onProgress = ({ done, bytesDone, bytesTotal }: prune.PruneProgress): void =>
    progress.update({ filesDone: done, bytesDone, bytesTotal });
  const plan = await prune.planPrune(vault, policy, { threads, signal, onProgress, without });
  showPlan(output, plan.totals);
  if (!dryRun) {
    const { packBytesTarget } = policy;
    if (plan.totals.repackedPacks > 0) await withdrawProofs(context, vault.config.id, 'all');
    await prune.executePrune(vault, plan, {
      threads,
      signal,
      onProgress,
      packBytesTarget,
      compression: options.compression,
      framesAll: options.repackUncompressed,
    });
  }
  progress.end();
  output.line(dryRun ? 'Dry run: nothing was changed.' : `Done: ${formatBytes(plan.totals.freedBytes)} freed.`);
  return fieldsOf(plan.totals);
}

function showPlan(output: Output, totals: prune.PruneTotals): void {
  const rows: [string, number, number | undefined][] = [
    ['Used blobs', totals.usedBlobs, totals.usedBytes],
    ['Unused blobs', totals.unusedBlobs, totals.unusedBytes],
    ['Blobs stored twice', totals.duplicateBlobs, totals.duplicateBytes],
    ['Packs in no index, to remove', totals.orphanPacks, totals.orphanBytes],
    ['Packs to remove', totals.removedPacks, totals.removedBytes],
    ['Packs to rewrite', totals.repackedPacks, totals.repackedBytes],
    ['  of which stays', totals.repackedPacks, totals.rewrittenBytes],
    ['Packs gone, to leave the index', totals.missingPacks, undefined],
  ];
  const shown = rows.filter(([name, count]) => count > 0 || name === 'Used blobs' || name === 'Unused blobs');
  output.table(
    [{ title: 'What' }, { title: 'Count', align: 'right' }, { title: 'Size', align: 'right' }],
    shown.map(([name, count, bytes]) => [
      name,
      name.startsWith(' ') ? '' : formatCount(count),
      bytes === undefined ? '' : formatBytes(bytes),
    ]),
  );
  output.line(`Frees ${formatBytes(totals.freedBytes)}; ${formatBytes(totals.unusedBytesAfter)} stay unused.`);
}

function fieldsOf(totals: prune.PruneTotals): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(totals).map(([key, value]) => [
      key.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`),
      value,
    ]),
  );
}
