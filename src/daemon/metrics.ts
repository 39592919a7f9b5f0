/**
 * Metrics in the text format of Prometheus, version 0.0.4. What is not known has no sample: a 0 would be a claim.
 * docs/monitoring.md explains each.
 */
import type { Run, RunKind, RunStatus } from '../ledger.ts';
import { counter, type Family, gauge, render, type Sample, seconds } from './metric-family.ts';
import { clusterFamilies } from './metrics-cluster.ts';
import type { PlanStatus, Status, VaultStatus, VaultTask } from './status.ts';

export const METRICS_TYPE = 'text/plain; version=0.0.4; charset=utf-8';

export interface MetricsFacts {
  status: Status;
  version: string;
  /** Runs that ended since the daemon began, by kind, subject and status. */
  ended: readonly { kind: RunKind; subject: string; status: RunStatus; count: number }[];
  /** Notifications that were not delivered since the daemon began, by target; 0 for those without. */
  undelivered: ReadonlyMap<string, number>;
  reload: { isOk: boolean; atMs: number };
}

const STATUSES: readonly RunStatus[] = ['success', 'incomplete', 'failed', 'interrupted', 'lost'];

/** Families without a sample are left out. */
export function renderMetrics(facts: MetricsFacts): string {
  const { nowMs } = facts.status;
  const families = [
    ...planFamilies(facts.status.plans, nowMs),
    ...runFamilies(facts.status.plans),
    ...vaultFamilies(facts.status.vaults),
    ...clusterFamilies(facts.status.clusters, nowMs),
    ...daemonFamilies(facts),
  ];
  return families.map(render).join('');
}

function planFamilies(plans: readonly PlanStatus[], nowMs: number): Family[] {
  const of = (value: (plan: PlanStatus) => number | undefined): Sample[] =>
    plans.map((each) => [{ plan: each.plan }, value(each)]);
  return [
    gauge(
      'plan_last_success_timestamp_seconds',
      'When the last good run ended',
      of((p) => seconds(p.lastSuccess?.endedMs)),
    ),
    gauge(
      'plan_proven_point_timestamp_seconds',
      'Time of the newest proven restore point',
      of((p) => seconds(p.proven?.pointMs)),
    ),
    gauge(
      'plan_proven_point_age_seconds',
      'Age of the newest proven restore point when this was written',
      of((p) => (p.proven === undefined ? undefined : Math.max(0, nowMs - p.proven.pointMs) / 1000)),
    ),
    gauge(
      'plan_overdue',
      'Whether the last good run is too long ago (1) or not (0)',
      of((p) => (p.overdueMs === undefined ? undefined : Number(p.isOverdue))),
    ),
    gauge(
      'plan_overdue_timestamp_seconds',
      'When the plan became or will become overdue',
      of((p) => seconds(p.overdueMs)),
    ),
    gauge(
      'plan_next_run_timestamp_seconds',
      'When the next run begins by the schedule',
      of((p) => seconds(p.nextMs)),
    ),
    gauge(
      'plan_running',
      'Whether a run is under way (1) or not (0)',
      of((p) => Number(p.running !== undefined)),
    ),
    gauge(
      'plan_held_points',
      'Unusual points that nobody has released',
      of((p) => p.holds.length),
    ),
  ];
}

function runFamilies(plans: readonly PlanStatus[]): Family[] {
  const of = (value: (last: Run) => number | undefined): Sample[] =>
    plans.flatMap(({ plan, last }): Sample[] => (last === undefined ? [] : [[{ plan }, value(last)]]));
  const statuses = plans.flatMap(({ plan, last }) =>
    last === undefined ? [] : STATUSES.map((status): Sample => [{ plan, status }, Number(last.status === status)]),
  );
  return [
    gauge('plan_last_run_status', 'How the last run ended: 1 for its status, 0 for the others', statuses),
    gauge(
      'plan_last_run_timestamp_seconds',
      'When the last run ended',
      of((run) => seconds(run.endedMs)),
    ),
    gauge(
      'plan_last_run_duration_seconds',
      'How long the last run took',
      of(({ startedMs, endedMs, status }) =>
        endedMs === undefined || status === 'lost' ? undefined : Math.max(0, endedMs - startedMs) / 1000,
      ),
    ),
    gauge(
      'plan_last_run_files',
      'Files in the point of the last run',
      of((run) => run.figures.files),
    ),
    gauge(
      'plan_last_run_bytes',
      'Bytes in the point of the last run',
      of((run) => run.figures.bytes),
    ),
    gauge(
      'plan_last_run_added_bytes',
      'New bytes of the last run, before compression',
      of((run) => run.figures.bytesAdded),
    ),
    gauge(
      'plan_last_run_stored_bytes',
      'New bytes of the last run, as stored',
      of((run) => run.figures.bytesStored),
    ),
    gauge(
      'plan_last_run_problems',
      'What the last run could not read',
      of((run) => run.figures.problems),
    ),
  ];
}

function vaultFamilies(vaults: readonly VaultStatus[]): Family[] {
  const of = (value: (vault: VaultStatus) => number | undefined): Sample[] =>
    vaults.map((each) => [{ vault: each.vault }, value(each)]);
  return [
    gauge(
      'vault_size_bytes',
      'Size of the vault when it was last looked at',
      of((v) => v.bytes),
    ),
    gauge(
      'vault_verified_ratio',
      'Share of the vault that was read back recently enough to count as proven',
      of(({ coverage }) =>
        coverage === undefined || coverage.bytes === 0 ? undefined : coverage.provenBytes / coverage.bytes,
      ),
    ),
    gauge(
      'vault_last_verify_timestamp_seconds',
      'When the last verification ended',
      of((v) => seconds(v.lastVerify?.endedMs)),
    ),
    gauge(
      'vault_last_verify_success_timestamp_seconds',
      'When the last verification ended that found all right',
      of((v) => seconds(v.lastVerifySuccess?.endedMs)),
    ),
    gauge(
      'vault_next_verify_timestamp_seconds',
      'When the next verification begins',
      of((v) => seconds(v.nextVerifyMs)),
    ),
    gauge(
      'vault_verify_overdue',
      'Whether the last good verification is too long ago (1) or not (0)',
      of((v) => overdueOf(v, 'verify')),
    ),
    gauge(
      'vault_prune_overdue',
      'Whether the last good pruning is too long ago (1) or not (0)',
      of((v) => overdueOf(v, 'prune')),
    ),
    gauge(
      'vault_last_prune_timestamp_seconds',
      'When the last pruning ended',
      of((v) => seconds(v.lastPrune?.endedMs)),
    ),
    gauge(
      'vault_next_prune_timestamp_seconds',
      'When the next pruning begins',
      of((v) => seconds(v.nextPruneMs)),
    ),
  ];
}

function overdueOf({ overdue }: VaultStatus, task: VaultTask): number | undefined {
  const { isOverdue, deadlineMs } = overdue[task];
  return deadlineMs === undefined ? undefined : Number(isOverdue);
}

function daemonFamilies({ status, version, ended, undelivered, reload }: MetricsFacts): Family[] {
  const runs = ended.map(({ kind, subject, status: how, count }): Sample => [{ kind, subject, status: how }, count]);
  const failures = [...undelivered].map(([target, count]): Sample => [{ target }, count]);
  return [
    counter('runs_total', 'Runs that ended since the daemon began', runs),
    counter('notifications_failed_total', 'Notifications not delivered since the daemon began', failures),
    gauge('config_last_reload_successful', 'Whether the newest configuration is in force (1) or an older one (0)', [
      [{}, Number(reload.isOk)],
    ]),
    gauge('config_last_reload_timestamp_seconds', 'When the configuration was last read', [[{}, seconds(reload.atMs)]]),
    gauge('written_timestamp_seconds', 'When this was written', [[{}, seconds(status.nowMs)]]),
    gauge('build_info', 'Version of Holdfast', [[{ version }, 1]]),
  ];
}
