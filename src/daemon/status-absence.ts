/** What it means that no point of a plan is proven: whether one should be by now, and whether there is any left. */
import type { Config, PlanConfig } from '../config.ts';
import type { Ledger, RunStatus } from '../ledger.ts';

const ENDED: readonly RunStatus[] = ['success', 'incomplete', 'failed', 'interrupted', 'lost'];

/** Of what a verification leaves unread nothing can be said; of a vault all of which it knows, it proves every point. */
export function isGoneFrom(ledger: Ledger, name: string, vault: string): boolean {
  const runs = ledger.runs({ kind: 'backup', subject: name, statuses: ['success'] });
  const verify = ledger.runs({ kind: 'verify', subject: vault, statuses: ENDED, limit: 1 })[0];
  if (runs.length === 0 || verify === undefined || verify.status !== 'success' || verify.id < runs[0]!.id) return false;
  const { bytes, vaultBytes } = verify.figures;
  const proven = new Set(ledger.proofs(vault).map(({ originId }) => originId));
  const hasPoint = runs.some(({ snapshotId }) => snapshotId !== undefined && proven.has(snapshotId));
  return vaultBytes !== undefined && bytes === vaultBytes && !hasPoint;
}

/**
 * A good run reads back what it stores. Where that is turned off, verifications do, a share at a time: something should
 * be proven once they have gone through the whole vault, or had the time that a reading counts for.
 */
export function wasToBeProven(
  { ledger, config, nowMs }: { ledger: Ledger; config: Config; nowMs: number },
  name: string,
  plan: PlanConfig,
): boolean {
  const first = ledger.runs({ kind: 'backup', subject: name, statuses: ['success'] }).at(-1);
  if (plan.readBack || first === undefined) return first !== undefined;
  const { share, provenFor } = config.vaults[plan.vault]!.verify;
  const verifies = ledger.runs({ kind: 'verify', subject: plan.vault, statuses: ['success', 'incomplete', 'failed'] });
  const since = verifies.filter(({ id }) => id > first.id).length;
  // A share of 1/30 is written as a percentage, which is not exactly that.
  return since >= Math.ceil(1 / share - 1e-9) || (first.endedMs ?? first.startedMs) < nowMs - provenFor;
}
