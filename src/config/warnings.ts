/** What may stand in a configuration but will be regretted: told by `config check`, and in the way of nothing. */
import { FENCING_PROOF_MS_MAX } from '../base/cluster-limits.ts';
import { type At, schedulesOf } from './places.ts';
import type { Path } from './problem.ts';
import { DAY_MS, reachOf } from './reach.ts';
import type { ClusterConfig, Config, PlanConfig, VaultConfig } from './schema.ts';
import { toldOf } from './told.ts';
import { parseWhen } from './when.ts';

export interface Warning {
  path: Path;
  /** One line. */
  text: string;
}

/** From Friday evening to Tuesday morning nobody looks: what went wrong then must still be undone. */
const WEEKEND_DAYS = 4;

/** All that the configuration alone tells. */
export function warningsOf(config: Config, nowMs: number): Warning[] {
  return [
    ...wholeWarnings(config),
    ...Object.entries(config.plans).flatMap(([name, plan]) => planWarnings(config, name, plan)),
    ...Object.entries(config.vaults).flatMap(([name, vault]) => vaultWarnings(config, name, vault)),
    ...Object.entries(config.clusters).flatMap(([name, cluster]) => clusterWarnings(config, name, cluster)),
    ...mailWarnings(config),
    ...summaryWarnings(config),
    ...schedulesOf(config).flatMap((schedule) => neverWarnings(schedule, nowMs)),
  ];
}

function wholeWarnings({ plans, vaults }: Config): Warning[] {
  if (Object.keys(plans).length === 0) return [{ path: ['plans'], text: 'there is no plan, so nothing is backed up' }];
  const isOffsite = Object.values(plans).some(({ vault }) => vaults[vault]!.offsite);
  if (isOffsite) return [];
  const text = 'no plan has a vault with offsite: true: a fire takes the original and the backup';
  return [{ path: ['vaults'], text }];
}

function planWarnings(config: Config, name: string, plan: PlanConfig): Warning[] {
  const path: Path = ['plans', name];
  const { schedule } = plan;
  const intervalMs = schedule === undefined ? DAY_MS : parseWhen(schedule.at, schedule.timezone).intervalMs;
  const warnings = [...retentionWarnings(plan, path, intervalMs)];
  if (schedule === undefined) warnings.push({ path, text: 'there is no schedule: it runs only when somebody runs it' });
  if (toldOf(config, { plan: name }).length === 0)
    warnings.push({ path, text: 'nobody is told when it fails: no target, or no notify and no route has it' });
  if (plan.overdueAfter !== undefined && schedule !== undefined && plan.overdueAfter < intervalMs)
    warnings.push({ path: [...path, 'overdueAfter'], text: 'it is overdue before its next run is due' });
  if (!plan.readBack) warnings.push({ path: [...path, 'readBack'], text: 'without it no run proves what it stored' });
  return warnings;
}

function retentionWarnings({ retention }: PlanConfig, path: Path, intervalMs: number): Warning[] {
  const reach = retention === undefined ? undefined : reachOf(retention, Math.min(intervalMs, 365 * DAY_MS));
  if (reach === undefined)
    return [{ path, text: 'there is no rule of retention: every snapshot stays, and the vault grows' }];
  const at = [...path, 'retention'];
  const isDaily = intervalMs <= DAY_MS;
  const what = `after a long weekend there is nothing left to go back to; keep ${WEEKEND_DAYS} days or more`;
  if (reach.closeMs < WEEKEND_DAYS * DAY_MS && isDaily)
    return [{ path: at, text: `holds daily points for ${daysText(reach.closeMs)}: ${what}` }];
  if (reach.points < WEEKEND_DAYS)
    return [{ path: at, text: `holds ${reach.points === 1 ? '1 point' : `${reach.points} points`} only` }];
  return [];
}

function daysText(ms: number): string {
  const days = Math.floor((ms / DAY_MS) * 10) / 10;
  return `${days} ${days === 1 ? 'day' : 'days'}`;
}

function vaultWarnings(config: Config, name: string, { verify, prune }: VaultConfig): Warning[] {
  const path: Path = ['vaults', name];
  const users = Object.values(config.plans).filter(({ vault }) => vault === name);
  if (users.length === 0) return [{ path, text: 'no plan backs up to it' }];
  const warnings: Warning[] = untoldWarnings(config, name);
  const { schedule, share, provenFor } = verify;
  const { intervalMs } = parseWhen(schedule.at, schedule.timezone);
  if (share === 0) warnings.push({ path: [...path, 'verify', 'share'], text: 'nothing of it is ever read back' });
  else if (Math.ceil(1 / share - 1e-9) * intervalMs > provenFor)
    warnings.push({
      path: [...path, 'verify'],
      text: 'reading all of it back takes longer than provenFor, so it is never proven as a whole; read a larger share, or more often',
    });
  if (prune === undefined && users.some(({ retention }) => retention !== undefined))
    warnings.push({ path, text: 'there is no prune: snapshots go, but their space is never freed' });
  return warnings;
}

/** Without any target each plan says so. */
function untoldWarnings(config: Config, vault: string): Warning[] {
  const isTold = Object.keys(config.notifications.targets).length === 0 || toldOf(config, { vault }).length > 0;
  if (isTold) return [];
  const text = 'nobody is told when its verification finds damage: no route has a plan that backs up to it';
  return [{ path: ['vaults', vault], text }];
}

function clusterWarnings(config: Config, name: string, { fencing: { test, overdueAfter } }: ClusterConfig): Warning[] {
  const path: Path = ['clusters', name];
  if (test === undefined) return [{ path, text: 'its fencing is never tried: add fencing: { test: 0/6:00 }' }];
  const { intervalMs } = parseWhen(test.at, test.timezone);
  const at = [...path, 'fencing'];
  const warnings: Warning[] = [];
  if (intervalMs >= FENCING_PROOF_MS_MAX)
    warnings.push({
      path: [...at, 'test'],
      text: 'what a test proves counts for 24 hours before a takeover; test more often',
    });
  if (overdueAfter !== undefined && overdueAfter < intervalMs)
    warnings.push({ path: [...at, 'overdueAfter'], text: 'it is overdue before its next test is due' });
  if (toldOf(config, { cluster: name }).length === 0)
    warnings.push({
      path: at,
      text: 'nobody is told when its fencing fails: no target, or no notify and no route has it',
    });
  return warnings;
}

function summaryWarnings(config: Config): Warning[] {
  const { summary } = config.notifications;
  if (summary === undefined || toldOf(config, { kind: 'summary', severity: 'info' }).length > 0) return [];
  const text = 'nobody gets the summary: no route with severity info is for all plans';
  return [{ path: ['notifications', 'summary'], text }];
}

const LOOPBACK = /^(?:localhost|127\.\d+\.\d+\.\d+|::1|\[::1\])$/i;

function mailWarnings({ notifications }: Config): Warning[] {
  return Object.entries(notifications.targets).flatMap(([name, { mail }]) => {
    const smtp = mail?.smtp;
    if (smtp === undefined || smtp.tls !== 'none' || LOOPBACK.test(smtp.host)) return [];
    const path = ['notifications', 'targets', name, 'mail', 'smtp', 'tls'];
    return [{ path, text: `mail goes to ${smtp.host} without TLS: everyone on the way reads it, and the password` }];
  });
}

function neverWarnings({ path, it }: At<{ at: string; timezone?: string | undefined }>, nowMs: number): Warning[] {
  const isComing = parseWhen(it.at, it.timezone).next(nowMs) !== undefined;
  return isComing ? [] : [{ path, text: 'this time never comes' }];
}
