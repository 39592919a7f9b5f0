/** What to do about plans, vaults and clusters that are not ok: for each kind of trouble what shows or mends it. */
import type { PlanStatus, Status, VaultStatus } from '../daemon.ts';

type ClusterStatus = Status['clusters'][number];

/** What `status --check` says beside its exit code, of those that are not ok. */
export function hintFor(
  plans: readonly PlanStatus[],
  vaults: readonly VaultStatus[],
  clusters: readonly ClusterStatus[],
): string {
  const hints = [...plans.flatMap(ofPlan), ...vaults.flatMap(ofVault), ...clusters.flatMap(ofCluster)];
  const text = hints.length === 0 ? NO_PLAN : [...new Set(hints)].join('; ');
  return text.charAt(0).toUpperCase() + text.slice(1);
}

const NO_PLAN = 'put a plan into the configuration: holdfast config init';
const BAD_RUNS = 'see what failed: holdfast history --bad';
const LATE = 'see what keeps runs from beginning: holdfast doctor';

function ofPlan({ state, plan, vault, last, holds, isGone }: PlanStatus): string[] {
  switch (state) {
    case 'failed':
    case 'incomplete':
      return [BAD_RUNS];
    case 'overdue':
      return [last === undefined || last.status === 'success' ? LATE : BAD_RUNS];
    case 'never ran':
      return [`make its first point: holdfast run ${plan}`];
    case 'held': {
      const { runId } = holds[0]!;
      return [`look at what run ${runId} stored, then: holdfast history --release ${runId}, or --reject ${runId}`];
    }
    case 'unproven':
      return [isGone ? `make a new point: holdfast run ${plan}` : `read it back: holdfast run --verify ${vault}`];
    case 'ok':
      return [];
  }
}

function ofVault({ lastVerify, lastPrune, overdue }: VaultStatus): string[] {
  const isFailed = [lastVerify, lastPrune].some((run) => run !== undefined && run.status !== 'success');
  return [...(isFailed ? [BAD_RUNS] : []), ...(overdue.verify.isOverdue || overdue.prune.isOverdue ? [LATE] : [])];
}

function ofCluster({ cluster, state, last }: ClusterStatus): string[] {
  if (state === 'ok') return [];
  if (state === 'overdue') return [last === undefined || last.status === 'success' ? LATE : BAD_RUNS];
  return [last === undefined ? `try its fencing: holdfast run --fencing ${cluster}` : BAD_RUNS];
}
