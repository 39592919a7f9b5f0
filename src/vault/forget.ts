/** Removes snapshots. What only they needed stays in the packs until the vault is pruned. */
import { AppError } from '../base/errors.ts';
import type { SnapshotId } from '../base/ids.ts';
import { removeFiles } from './index-rewrite.ts';
import type { Vault } from './vault.ts';

export interface ForgetPlan {
  /** All snapshots there were when the plan was made. */
  seen: readonly SnapshotId[];
  remove: readonly SnapshotId[];
}

/**
 * The caller holds an exclusive lock.
 * @throws {AppError} `refused` when the snapshots are no longer those the plan was made from; nothing is removed then
 */
export async function executeForget(vault: Vault, { seen, remove }: ForgetPlan, signal?: AbortSignal): Promise<void> {
  if (remove.length === 0) return;
  const now = new Set(await vault.documents.list('snapshot', signal));
  if (now.size !== seen.length || seen.some((id) => !now.has(id))) {
    const detail = 'the snapshots have changed since the plan was made; nothing was removed';
    throw new AppError('refused', { detail, hint: 'Run the command again.' });
  }
  await removeFiles(vault, 'snapshot', { names: remove, signal });
}
