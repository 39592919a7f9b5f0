/** The daily summary, at its time and once for it. */
import { formatBytes } from '../base/bytes.ts';
import { FENCING_PROOF_MS_MAX } from '../base/cluster-limits.ts';
import { type Config, when } from '../config.ts';
import { type Notice, notices } from '../notify.ts';
import { CONFIG_KEY } from './alarms.ts';
import type { RunWorld } from './model.ts';
import { judge, type Subject, type Turns } from './schedule.ts';
import { turnFacts } from './scheduler.ts';
import type { PlanStatus, Status, VaultStatus } from './status.ts';
import type { ClusterStatus } from './status-cluster.ts';

/** Settled in the ledger under a name that no plan can have. */
const SUMMARY = '@summary';

type Parse = (text: string, timezone?: string) => Turns;

const DAY_MS = 24 * 60 * 60_000;

/** @returns whether one was sent. @throws {AppError} `ledger-failed` */
export async function tellSummary(world: RunWorld, status: Status, parse: Parse = when.parseWhen): Promise<boolean> {
  const { ledger, identity, config } = world;
  const subject = subjectOf(config, parse);
  if (subject === undefined) return false;
  const { due, settle } = judge(subject, turnFacts({ ledger, hostname: identity.hostname }, subject, status.nowMs));
  if (settle !== undefined) ledger.settle(subject.kind, subject.subject, settle.untilMs);
  if (due?.request.dueMs === undefined) return false;
  await world.tell(summaryOf(world, status));
  ledger.settle(subject.kind, subject.subject, due.request.dueMs);
  return true;
}

function subjectOf(config: Config, parse: Parse): Subject | undefined {
  const { summary } = config.notifications;
  if (summary === undefined) return undefined;
  return {
    kind: 'backup',
    subject: SUMMARY,
    vault: undefined,
    turns: parse(summary.at, summary.timezone ?? config.timezone),
    randomDelayMs: summary.randomDelay ?? 0,
    catchUp: summary.catchUp,
    windowMs: undefined,
  };
}

function summaryOf({ ledger, identity, config }: RunWorld, { plans, vaults, clusters, nowMs }: Status): Notice {
  const sinceMs = nowMs - DAY_MS;
  const ended = ledger.runs({ sinceMs }).filter(({ status }) => status !== 'running');
  const succeeded = ended.filter(({ status }) => status === 'success').length;
  return notices.summaryNotice({
    plans: plans.map(planSummary),
    others: [
      ...vaults.flatMap(taskSummaries),
      ...clusters.map(clusterSummary),
      ...openTroubles(config, ledger.troubles().keys()),
    ],
    runs: { succeeded, failed: ended.length - succeeded },
    sinceMs,
    notes: [...vaults.map(vaultLine), ...clusters.map((cluster) => clusterLine(cluster, nowMs))],
    hostname: identity.hostname,
    nowMs,
    timezone: config.timezone,
  });
}

function planSummary(status: PlanStatus): notices.PlanSummary {
  const { plan, state, isOverdue, last, proven, nextMs, holds, isProofMissing, isGone } = status;
  const isFailing = last !== undefined && last.status !== 'success';
  return {
    plan,
    state,
    isOverdue,
    isFailing,
    newestProvenMs: proven?.pointMs,
    lastRun: last?.endedMs === undefined ? undefined : { status: last.status, endedMs: last.endedMs },
    nextMs,
    problems: [
      ...(isFailing ? [last.errorText ?? last.status] : []),
      ...(isProofMissing
        ? [isGone ? 'the vault holds no point of it any more' : 'nothing of it is proven readable']
        : []),
      ...holds.map(({ snapshotId, reasons }) => `point ${snapshotId.slice(0, 8)} is unusual: ${reasons.join('; ')}`),
    ],
  };
}

/** Verification and pruning; what never ran is only looked at when it is overdue. */
function taskSummaries({ vault, lastVerify, lastPrune, overdue }: VaultStatus): notices.OtherSummary[] {
  return (
    [
      ['verify', lastVerify],
      ['prune', lastPrune],
    ] as const
  ).map(([task, last]) => {
    const isFailing = last !== undefined && last.status !== 'success';
    return {
      name: `${task} of vault ${vault}`,
      isOverdue: overdue[task].isOverdue,
      isFailing,
      problems: isFailing ? [last.errorText ?? last.status] : [],
    };
  });
}

function clusterSummary({ cluster, overdue, last }: ClusterStatus): notices.OtherSummary {
  const isFailing = last !== undefined && last.status !== 'success';
  return {
    name: `fencing of cluster ${cluster}`,
    isOverdue: overdue.isOverdue,
    isFailing,
    problems: isFailing ? [last.errorText ?? last.status] : [],
  };
}

/** What is wrong and has no status of its own: calls at shelves, and a new configuration. */
function openTroubles({ shelves }: Config, keys: Iterable<string>): notices.OtherSummary[] {
  const names = [...keys].flatMap((key) => {
    const [, text, shelf = ''] = /^failure (shelf ([^ ]+).*)$/s.exec(key) ?? [];
    if (text !== undefined) return Object.hasOwn(shelves, shelf) ? text : [];
    return key === CONFIG_KEY ? 'the new configuration' : [];
  });
  return names.map((name) => ({ name, isOverdue: false, isFailing: true, problems: [] }));
}

function clusterLine({ cluster, overdue, last, ways }: ClusterStatus, nowMs: number): string {
  const proven = ways.filter(({ isProven, atMs }) => isProven && nowMs - atMs <= FENCING_PROOF_MS_MAX).length;
  const late = overdue.isOverdue ? ' OVERDUE.' : '';
  const share = `${proven} of ${ways.length} ways to fence a node proven within a day`;
  return `Cluster ${cluster}: ${share}, last test ${last?.status ?? 'never'}.${late}`;
}

function vaultLine({ vault, bytes, coverage, lastVerify, overdue }: VaultStatus): string {
  const size = bytes === undefined ? 'size not known' : formatBytes(bytes);
  const share = coverage === undefined || coverage.bytes === 0 ? undefined : coverage.provenBytes / coverage.bytes;
  const proven = share === undefined ? 'share read back not known' : `${Math.floor(share * 100)}% read back`;
  const late = (['verify', 'prune'] as const).filter((task) => overdue[task].isOverdue);
  const lateText = late.length === 0 ? '' : ` OVERDUE: ${late.join(' and ')}.`;
  return `Vault ${vault}: ${size}, ${proven}, last verification ${lastVerify?.status ?? 'never'}.${lateText}`;
}
