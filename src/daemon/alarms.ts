/** What the daemon itself tells: what is overdue or not proven any more, a wrong configuration, a ledger that fails. Runs tell of themselves. */
import { type AppError, hasCode } from '../base/errors.ts';
import type { Run } from '../ledger.ts';
import { type Notice, notices, type Severity } from '../notify.ts';
import type { RunWorld } from './model.ts';
import {
  newKey,
  overdueKey,
  type PlanStatus,
  type Status,
  taskName,
  unprovenKey,
  type VaultStatus,
  type VaultTask,
} from './status.ts';
import type { ClusterStatus } from './status-cluster.ts';

export const CONFIG_KEY = 'configuration';

/**
 * Tells once of each plan, task of a vault or test of a cluster that has become overdue and of each plan that is not proven any more, and once
 * when that is over. Told first and taken down after, so that who is killed in between tells twice rather than never.
 * @throws {AppError} `ledger-failed`, `storage-full`, after all were looked at: what is wrong with one keeps nobody from
 *   hearing of the others
 */
export async function watch(world: RunWorld, { plans, vaults, clusters, nowMs }: Status): Promise<void> {
  const tasks = vaults.flatMap((vault) => (['verify', 'prune'] as const).map((task) => ({ vault, task })));
  const looks = [
    ...plans.flatMap((plan) => [
      () => judgeOverdue(world, watchedPlan(world, plan, nowMs), nowMs),
      () => judgeProof(world, plan, nowMs),
    ]),
    ...tasks.map((each) => () => judgeOverdue(world, watchedTask(world, each, nowMs), nowMs)),
    ...clusters.map((each) => () => judgeOverdue(world, watchedCluster(world, each, nowMs), nowMs)),
    async () => forgetGone(world),
  ];
  const failures: AppError[] = [];
  for (const look of looks)
    await look().catch((error: unknown) => {
      if (!hasCode(error, 'ledger-failed', 'storage-full')) throw error;
      failures.push(error);
    });
  if (failures[0] !== undefined) throw failures[0];
}

/** Something that is to succeed by itself every so often. */
interface Watched {
  /** As troubles have it. */
  name: string;
  about: notices.About;
  isOverdue: boolean;
  overdueMs: number | undefined;
  last: Run | undefined;
  lastSuccess: Run | undefined;
  nextMs: number | undefined;
  newestProvenMs: number | 'none' | undefined;
  severity: Severity;
}

function watchedPlan(world: RunWorld, plan: PlanStatus, nowMs: number): Watched {
  const newestProvenMs = plan.proven?.pointMs ?? 'none';
  return { ...plan, name: plan.plan, about: aboutPlan(world, plan, nowMs), newestProvenMs, severity: 'critical' };
}

/** What is not verified may be lost and nobody knows; what is not pruned takes space. */
function watchedTask(
  world: RunWorld,
  { vault, task }: { vault: VaultStatus; task: VaultTask },
  nowMs: number,
): Watched {
  const isVerify = task === 'verify';
  const { isOverdue, deadlineMs } = vault.overdue[task];
  const { hostname } = world.identity;
  const subject = `${task} of vault ${vault.vault}`;
  return {
    name: taskName(task, vault.vault),
    about: { plan: undefined, subject, vault: vault.vault, hostname, nowMs, timezone: world.config.timezone },
    isOverdue,
    overdueMs: deadlineMs,
    last: isVerify ? vault.lastVerify : vault.lastPrune,
    lastSuccess: isVerify ? vault.lastVerifySuccess : vault.lastPruneSuccess,
    nextMs: isVerify ? vault.nextVerifyMs : vault.nextPruneMs,
    newestProvenMs: undefined,
    severity: isVerify ? 'critical' : 'warning',
  };
}

/** What was not tried for long may be broken, and a takeover that needs it destroys data or waits for ever. */
function watchedCluster(world: RunWorld, status: ClusterStatus, nowMs: number): Watched {
  const { cluster, overdue, last, lastSuccess, nextMs } = status;
  return {
    name: taskName('fencing', cluster),
    about: aboutCluster(world, cluster, nowMs),
    isOverdue: overdue.isOverdue,
    overdueMs: overdue.deadlineMs,
    ...{ last, lastSuccess, nextMs, newestProvenMs: undefined, severity: 'critical' },
  };
}

async function judgeOverdue(world: RunWorld, watched: Watched, nowMs: number): Promise<void> {
  const { ledger } = world;
  const { name, isOverdue, lastSuccess, about, newestProvenMs, nextMs, severity } = watched;
  const troubles = ledger.troubles();
  const isNew = troubles.has(newKey(name));
  if (lastSuccess === undefined && !isNew) ledger.openTrouble(newKey(name), nowMs);
  if (lastSuccess !== undefined && isNew) ledger.closeTrouble(newKey(name));
  const key = overdueKey(name);
  const sinceMs = troubles.get(key);
  if (isOverdue && sinceMs === undefined) {
    await world.tell(overdueNotice(world, watched, nowMs));
    ledger.openTrouble(key, nowMs);
  }
  if (isOverdue || sinceMs === undefined || !isSince(lastSuccess, sinceMs, nowMs)) return;
  await world.tell(notices.recoveryNotice({ ...about, trouble: 'overdue', severity, sinceMs, newestProvenMs, nextMs }));
  ledger.closeTrouble(key);
}

async function judgeProof(world: RunWorld, plan: PlanStatus, nowMs: number): Promise<void> {
  const { ledger, config } = world;
  const { proven, lastSuccess, nextMs, isProofMissing, isGone, vault } = plan;
  const key = unprovenKey(plan.plan);
  const sinceMs = ledger.troubles().get(key);
  const about = aboutPlan(world, plan, nowMs);
  if (isProofMissing && sinceMs === undefined) {
    const provenForMs = config.vaults[vault]!.verify.provenFor;
    await world.tell(
      notices.unprovenNotice({ ...about, newestGoodMs: lastSuccess?.endedMs, vault, provenForMs, isGone, nextMs }),
    );
    ledger.openTrouble(key, nowMs);
  }
  if (proven === undefined || sinceMs === undefined) return;
  const newestProvenMs = proven.pointMs;
  await world.tell(notices.recoveryNotice({ ...about, trouble: 'unproven', sinceMs, newestProvenMs, nextMs }));
  ledger.closeTrouble(key);
}

/** Plans and tasks that are not in the configuration any more are nobody's trouble. */
function forgetGone({ ledger, config }: RunWorld): void {
  const tasks = Object.entries(config.vaults).flatMap(([vault, { prune }]) => [
    taskName('verify', vault),
    ...(prune === undefined ? [] : [taskName('prune', vault)]),
  ]);
  const tests = Object.keys(config.clusters).map((cluster) => taskName('fencing', cluster));
  const known = new Set([...Object.keys(config.plans), ...tasks, ...tests]);
  for (const key of ledger.troubles().keys()) {
    const [word, name] = [key.slice(0, key.indexOf(' ')), key.slice(key.indexOf(' ') + 1)];
    if (['overdue', 'no-success', 'unproven'].includes(word) && !known.has(name)) ledger.closeTrouble(key);
  }
}

/** Only a good run is a recovery; a clock that was set back, or a rule that was eased, is none. */
function isSince(success: Run | undefined, sinceMs: number, nowMs: number): boolean {
  return success !== undefined && ((success.endedMs ?? 0) > sinceMs || sinceMs > nowMs);
}

function overdueNotice(world: RunWorld, watched: Watched, nowMs: number): Notice {
  const { name, about, last, lastSuccess, overdueMs = nowMs, newestProvenMs, nextMs, severity } = watched;
  const newestGoodMs = lastSuccess?.endedMs;
  const fromMs = newestGoodMs ?? world.ledger.troubles().get(newKey(name)) ?? nowMs;
  return notices.overdueNotice({
    ...about,
    severity,
    newestGoodMs,
    overdueAfterMs: overdueMs - fromMs,
    lastRun: last?.endedMs === undefined ? undefined : { status: last.status, endedMs: last.endedMs },
    newestProvenMs,
    nextMs,
  });
}

function aboutPlan({ identity, config }: RunWorld, { plan }: PlanStatus, nowMs: number): notices.About {
  return { plan, hostname: identity.hostname, nowMs, timezone: config.timezone };
}

export function aboutCluster(
  { identity, config }: Pick<RunWorld, 'identity' | 'config'>,
  cluster: string,
  nowMs: number,
): notices.About {
  const { hostname } = identity;
  return {
    ...{ plan: undefined, subject: `fencing of cluster ${cluster}`, cluster },
    ...{ hostname, nowMs, timezone: config.timezone },
  };
}

/** What is about no plan, and about all. */
export type CommonTrouble = 'configuration' | 'ledger';

const TITLES: Readonly<Record<CommonTrouble, { failure: string; recovery: string }>> = {
  configuration: {
    failure: 'The new configuration is wrong; the old one stays',
    recovery: 'The configuration is right again',
  },
  ledger: {
    failure: 'The ledger fails: nothing runs until it works again',
    recovery: 'The ledger can be read and written again',
  },
};

export function troubleNotice(world: RunWorld, trouble: CommonTrouble, error: AppError): Notice {
  return {
    kind: 'failure',
    severity: 'critical',
    plan: undefined,
    story: trouble,
    title: TITLES[trouble].failure,
    lines: [error.message, ...(error.hint === '' ? [] : [error.hint])],
    hostname: world.identity.hostname,
    atMs: world.clock.nowMs(),
    facts: { code: error.code },
  };
}

/** It weighs as much as the trouble did, so that it reaches whoever heard of that. */
export function overNotice(world: RunWorld, trouble: CommonTrouble): Notice {
  return {
    kind: 'recovery',
    severity: 'critical',
    plan: undefined,
    story: trouble,
    title: TITLES[trouble].recovery,
    lines: [],
    hostname: world.identity.hostname,
    atMs: world.clock.nowMs(),
    facts: {},
  };
}
