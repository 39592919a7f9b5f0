/** Carries out the retention of a plan. */
import { hasCode } from '../base/errors.ts';
import type { SnapshotId } from '../base/ids.ts';
import { RETENTION_LOCK_WAIT_MS } from '../base/limits.ts';
import type { PlanConfig } from '../config.ts';
import { planPoints } from '../retention.ts';
import { prune } from '../vault.ts';
import { pointsOf, policyOf } from './points.ts';
import { openTaskVault, type Task } from './task.ts';

/**
 * Forgets the points of the plan that nothing wants any more. When others are at the vault, that is left to the next run.
 * @throws {AppError} what planning and forgetting throw
 */
export async function retain(task: Task, plan: PlanConfig): Promise<void> {
  const { world, name, emit, findings } = task;
  try {
    await using opened = await openTaskVault(task, plan.vault, { exclusive: true, waitMs: RETENTION_LOCK_WAIT_MS });
    const { vault, signal } = opened;
    const snapshots = await vault.listSnapshots(signal);
    const owner = { plan: name, hostname: plan.hostname ?? world.identity.hostname };
    const current = findings.problems === 0 ? findings.snapshotId : undefined;
    const points = pointsOf(snapshots, { ...owner, vault: plan.vault, ledger: world.ledger, current });
    if (isLedgerNew(task, points.length) || hasAdopted(task)) return;
    const { remove } = planPoints(points, policyOf(plan.retention), { nowMs: world.clock.nowMs() });
    for (const { point, text } of remove)
      emit({ kind: 'line', level: 'info', text: `forgetting ${point.id.slice(0, 8)} of ${point.time}: ${text}` });
    const seen = snapshots.map(({ id }) => id);
    await prune.executeForget(vault, { seen, remove: remove.map(({ point }) => point.id as SnapshotId) }, signal);
    for (const { point } of remove) world.ledger.removeProof(plan.vault, point.id);
  } catch (error) {
    if (!hasCode(error, 'vault-locked')) throw error;
    findings.notes.push('retention is left to the next run, as others are at the vault');
  }
}

/** What was released in a ledger that is lost looks held again, and good points after it in doubt: a person sees to it first. */
function hasAdopted({ world, name, run, findings }: Task): boolean {
  const adopted = world.ledger.holds(name).filter(({ runId, snapshotId }) => {
    return runId === run.id && snapshotId !== findings.snapshotId;
  });
  if (adopted.length === 0) return false;
  findings.notes.push('a point was held of which the ledger did not know: nothing is forgotten in this run');
  return true;
}

/** A ledger that knows no point while the vault has some was lost: which were unusual is not known any more. */
function isLedgerNew({ world, name, findings }: Task, points: number): boolean {
  if (points <= 1 || world.ledger.points(name).size > 0) return false;
  findings.notes.push('the ledger knows none of the points in the vault: nothing is forgotten in this run');
  return true;
}
