import { formatBytes } from '../base/bytes.ts';
import { AppError } from '../base/errors.ts';
import { collectStatus, type PlanStatus, type Status, type VaultStatus } from '../daemon.ts';
import type { Context } from './context.ts';
import { shortId } from './ids.ts';
import { flag } from './options.ts';
import { runFields } from './run-text.ts';
import { defineCommand } from './spec.ts';
import { showClusters } from './status-clusters.ts';
import { hintFor } from './status-hint.ts';
import { counted } from './text.ts';
import { formatAge, formatDuration, formatTime } from './time.ts';
import { openWorld } from './world.ts';

const SIGNS: Readonly<Record<PlanStatus['state'], string>> = {
  ok: '✔',
  unproven: '!',
  held: '!',
  incomplete: '!',
  'never ran': '✘',
  failed: '✘',
  overdue: '✘',
};

export const command = defineCommand({
  description:
    'Says how far back one would have to go: per plan the age of the newest restore point that was read back and is right, ' +
    'then the last run, the next one, whether it is overdue, the vaults, and whether the nodes of clusters could be fenced. All of it comes from the ledger; nothing is opened.',
  examples: [
    { line: 'status', does: 'how things stand' },
    { line: 'status --check', does: 'the same, with exit code 1 unless every plan is ok' },
    { line: 'status --json', does: 'for programs' },
  ],
  arguments: [{ usage: '[plan...]', description: 'Only these plans' }],
  options: { check: flag('Exit code 1 unless every plan, vault and cluster is ok') },
  async run(context, names, { check }) {
    const { output } = context;
    await using opened = await openWorld(context, { readOnly: true });
    const status = collectStatus(opened.world);
    const unknown = names.find((name) => !status.plans.some(({ plan }) => plan === name));
    if (unknown !== undefined) throw new AppError('plan-missing', { detail: unknown });
    const plans = status.plans.filter(({ plan }) => names.length === 0 || names.includes(plan));
    showPlans(context, plans, status.nowMs);
    if (names.length === 0) {
      showVaults(context, status);
      showClusters(context, status.clusters, { nowMs: status.nowMs, nextOf });
    }
    const bad = plans.filter(({ state }) => state !== 'ok');
    const badVaults = names.length === 0 ? status.vaults.filter(isBad) : [];
    const badClusters = names.length === 0 ? status.clusters.filter(({ state }) => state !== 'ok') : [];
    output.summary({
      plans: plans.length,
      not_ok: bad.length,
      vaults_not_ok: badVaults.length,
      clusters_not_ok: badClusters.length,
    });
    const looked = plans.length + (names.length === 0 ? status.clusters.length : 0);
    if (check && (bad.length + badVaults.length + badClusters.length > 0 || looked === 0)) {
      const parts = [
        ...(bad.length > 0 ? [counted(bad.length, 'plan')] : []),
        ...(badVaults.length > 0 ? [counted(badVaults.length, 'vault')] : []),
        ...(badClusters.length > 0 ? [counted(badClusters.length, 'cluster')] : []),
      ];
      const detail = looked === 0 ? 'there is no plan' : `${parts.join(' and ')} not ok`;
      throw new AppError('failed', { detail, hint: hintFor(bad, badVaults, badClusters) });
    }
    return undefined;
  },
});

function showPlans({ output }: Context, plans: readonly PlanStatus[], nowMs: number): void {
  if (plans.length === 0) output.line('The configuration has no plan.');
  else
    output.table(
      [
        { title: '' },
        { title: 'Plan', flexible: 'start' },
        { title: 'State' },
        { title: 'Back to (proven)' },
        { title: 'Last run' },
        { title: 'Took', align: 'right' },
        { title: 'Stored', align: 'right' },
        { title: 'Next' },
      ],
      plans.map((plan) => [
        SIGNS[plan.state],
        plan.plan,
        plan.state,
        plan.proven === undefined ? 'nowhere' : formatAge(plan.proven.pointMs, nowMs),
        lastOf(plan, nowMs),
        plan.last?.endedMs === undefined ? '' : formatDuration(plan.last.endedMs - plan.last.startedMs),
        plan.last?.figures.bytesStored === undefined ? '' : formatBytes(plan.last.figures.bytesStored),
        nextOf(plan.nextMs, nowMs),
      ]),
    );
  for (const plan of plans) {
    for (const line of remarks(plan, nowMs)) output.line(`  ${plan.plan}: ${line}`);
    output.record('plan', fieldsOf(plan, nowMs));
  }
}

function lastOf({ last, running }: PlanStatus, nowMs: number): string {
  if (running !== undefined) return `running since ${formatTime(running.startedMs)}`;
  return last === undefined ? 'never' : `${last.status}, ${formatAge(last.startedMs, nowMs)}`;
}

function nextOf(nextMs: number | undefined, nowMs: number): string {
  if (nextMs === undefined) return 'by hand';
  return nextMs <= nowMs ? 'now' : formatTime(nextMs);
}

/** What a person should do something about. */
function remarks(plan: PlanStatus, nowMs: number): string[] {
  const { last, lastSuccess, isOverdue, overdueMs, holds, state, isProofMissing } = plan;
  const good = lastSuccess === undefined ? 'never' : formatAge(lastSuccess.startedMs, nowMs);
  return [
    ...(isOverdue && overdueMs !== undefined ? [`overdue since ${formatTime(overdueMs)}; last success: ${good}`] : []),
    ...(last?.errorText !== undefined && state !== 'ok' ? [`run ${last.id} ${last.status}: ${last.errorText}`] : []),
    ...(isProofMissing ? [proofRemark(plan)] : []),
    ...holds.map(
      ({ runId, snapshotId, reasons }) =>
        `run ${runId} is unusual (${reasons.join('; ')}); snapshot ${shortId(snapshotId)} is held: ` +
        `holdfast history --release ${runId}`,
    ),
  ];
}

function proofRemark({ plan, vault, isGone }: PlanStatus): string {
  const again = `a new run: holdfast run ${plan}`;
  if (isGone) return `the vault holds no point of it any more; ${again}`;
  return `nothing of it is proven readable: holdfast run --verify ${vault}; if the vault holds no point of it any more, ${again}`;
}

/** A verification that found damage, did not come to its end or should have been by now, or a prune that did so. */
function isBad({ lastVerify, lastPrune, overdue }: VaultStatus): boolean {
  const isFailed = [lastVerify, lastPrune].some((run) => run !== undefined && run.status !== 'success');
  return isFailed || overdue.verify.isOverdue || overdue.prune.isOverdue;
}

function showVaults({ output }: Context, { vaults, nowMs }: Status): void {
  if (vaults.length === 0) return;
  output.line();
  output.table(
    [
      { title: '' },
      { title: 'Vault', flexible: 'start' },
      { title: 'Size', align: 'right' },
      { title: 'Read back', align: 'right' },
      { title: 'Last verification' },
      { title: 'Next' },
      { title: 'Last prune' },
    ],
    vaults.map((vault) => [
      isBad(vault) ? '✘' : '✔',
      vault.vault,
      vault.bytes === undefined ? 'unknown' : formatBytes(vault.bytes),
      coverageOf(vault),
      vault.lastVerify === undefined
        ? 'never'
        : `${vault.lastVerify.status}, ${formatAge(vault.lastVerify.startedMs, nowMs)}`,
      nextOf(vault.nextVerifyMs, nowMs),
      vault.lastPrune === undefined
        ? 'never'
        : `${vault.lastPrune.status}, ${formatAge(vault.lastPrune.startedMs, nowMs)}`,
    ]),
  );
  for (const vault of vaults) {
    const wrong = [vault.lastVerify, vault.lastPrune].filter((run) => run !== undefined && run.status !== 'success');
    for (const run of wrong)
      output.line(`  ${vault.vault}: run ${run!.id}, ${run!.kind} ${run!.status}: ${run!.errorText ?? ''}`);
    for (const task of ['verify', 'prune'] as const) {
      const { isOverdue, deadlineMs } = vault.overdue[task];
      if (isOverdue) output.line(`  ${vault.vault}: ${task} is overdue since ${formatTime(deadlineMs!)}`);
    }
    output.record('vault', {
      vault: vault.vault,
      ok: !isBad(vault),
      bytes: vault.bytes ?? null,
      proven_bytes: vault.coverage?.provenBytes ?? null,
      last_verify: vault.lastVerify === undefined ? null : runFields(vault.lastVerify),
      verify_overdue: vault.overdue.verify.isOverdue,
      prune_overdue: vault.overdue.prune.isOverdue,
      last_prune: vault.lastPrune === undefined ? null : runFields(vault.lastPrune),
    });
  }
}

function coverageOf({ coverage }: VaultStatus): string {
  if (coverage === undefined) return 'unknown';
  if (coverage.bytes === 0) return 'empty';
  return `${((100 * coverage.provenBytes) / coverage.bytes).toFixed(1)} %`;
}

function fieldsOf(plan: PlanStatus, nowMs: number): Record<string, unknown> {
  const time = (ms: number | undefined): string | null => (ms === undefined ? null : new Date(ms).toISOString());
  return {
    plan: plan.plan,
    vault: plan.vault,
    state: plan.state,
    proven_snapshot: plan.proven?.snapshotId ?? null,
    proven_point: time(plan.proven?.pointMs),
    proven_age_seconds: plan.proven === undefined ? null : Math.round((nowMs - plan.proven.pointMs) / 1000),
    last_success: time(plan.lastSuccess?.endedMs),
    last_run: plan.last === undefined ? null : runFields(plan.last),
    running: plan.running?.id ?? null,
    next: time(plan.nextMs),
    overdue: plan.isOverdue,
    held_runs: plan.holds.map(({ runId }) => runId),
  };
}
