/**
 * How things stand, from the ledger and from nothing else. What is not known is undefined: no figure is made up. The
 * command `status`, the metrics, the daily summary and the overdue watch all read this.
 */
import { CLOCK_AHEAD_MS_MAX, STATUS_RUNS_MAX } from '../base/limits.ts';
import { type Config, type PlanConfig, when } from '../config.ts';
import type { Hold, Ledger, Run, RunStatus } from '../ledger.ts';
import { isInDoubt, markOf } from './doubt.ts';
import { judgeOverdue, type OverdueJudgement } from './overdue.ts';
import { type Subject, subjectsOf, type Turns, upcoming } from './schedule.ts';
import { turnFacts } from './scheduler.ts';
import { isGoneFrom, wasToBeProven } from './status-absence.ts';
import { type ClusterStatus, type SubjectRuns, stateOfCluster, waysOf } from './status-cluster.ts';

/** From best to worst; the worst that holds is the state of the plan. */
export const PLAN_STATES = ['ok', 'unproven', 'held', 'incomplete', 'never ran', 'failed', 'overdue'] as const;
/**
 * - `unproven`: no point of it is proven readable, or none recently enough.
 * - `held`: an unusual run waits for a person to look at it.
 * - `incomplete`, `failed`: how the last run ended; stopped and killed ones have failed.
 */
export type PlanState = (typeof PLAN_STATES)[number];

export interface ProvenPoint {
  snapshotId: string;
  /** When its run began: to here one would have to go back. */
  pointMs: number;
  /** When it was read back. */
  provenMs: number;
}

export interface PlanStatus {
  plan: string;
  vault: string;
  state: PlanState;
  /** The newest point of a good run that was read back within the vault's `provenFor` and is not held as unusual. */
  proven: ProvenPoint | undefined;
  running: Run | undefined;
  /** The newest run that has ended. */
  last: Run | undefined;
  lastSuccess: Run | undefined;
  /** When the next run begins by the schedule; in the past when it waits for others. */
  nextMs: number | undefined;
  isOverdue: boolean;
  /** When it became or will become overdue; undefined without a schedule and `overdueAfter`. */
  overdueMs: number | undefined;
  /** Since when it is failing or overdue, whichever was first; undefined when it is neither. */
  troubleSinceMs: number | undefined;
  /** Unusual runs that nobody has released. */
  holds: readonly Hold[];
  /** Something was stored that should be proven by now, and no point is; `false` while nothing was to have proven it yet. */
  isProofMissing: boolean;
  /** After its newest good run a verification knew all that is in the vault to be right, and no point of it was there. */
  isGone: boolean;
}

export interface VaultStatus {
  vault: string;
  bytes: number | undefined;
  /** Bytes read back within `provenFor` at the end of the last verification, and all bytes then. */
  coverage: { provenBytes: number; bytes: number } | undefined;
  lastVerify: Run | undefined;
  lastVerifySuccess: Run | undefined;
  nextVerifyMs: number | undefined;
  lastPrune: Run | undefined;
  lastPruneSuccess: Run | undefined;
  nextPruneMs: number | undefined;
  /** What should have succeeded by now and has not, by the rule that also holds for plans. */
  overdue: Readonly<Record<VaultTask, OverdueJudgement>>;
}

/** What runs by itself at a vault as a whole. */
export type VaultTask = 'verify' | 'prune';

export interface Status {
  nowMs: number;
  plans: readonly PlanStatus[];
  vaults: readonly VaultStatus[];
  /** Those whose fencing is to be tried by itself, or was by hand. */
  clusters: readonly ClusterStatus[];
}

export interface StatusWorld {
  config: Config;
  ledger: Ledger;
  clock: { nowMs(): number };
  identity: { hostname: string };
  /** Whether the process of a run is still there; taken for true when absent. */
  isAlive?(process: string): boolean;
}

interface View {
  world: StatusWorld;
  nowMs: number;
  subjects: readonly Subject[];
  troubles: ReadonlyMap<string, number>;
}

const LOST_TEXT = 'its process ended without a word';
const ENDED: readonly RunStatus[] = ['success', 'incomplete', 'failed', 'interrupted', 'lost'];

/**
 * Opened when something without a success is first seen, so that it can become overdue; closed by the first success.
 * @param name that of a plan, or `taskName`
 */
export const newKey = (name: string): string => `no-success ${name}`;
export const overdueKey = (name: string): string => `overdue ${name}`;
export const failureKey = (plan: string): string => `failure ${plan}`;
export const unprovenKey = (plan: string): string => `unproven ${plan}`;
export const taskName = (task: VaultTask | 'fencing', subject: string): string => `${task} ${subject}`;

/** @throws {AppError} `ledger-failed`, `config` */
export function collectStatus(
  world: StatusWorld,
  parse: (text: string, zone?: string) => Turns = when.parseWhen,
): Status {
  const { config, ledger, clock } = world;
  const view: View = { world, nowMs: clock.nowMs(), subjects: subjectsOf(config, parse), troubles: ledger.troubles() };
  return {
    nowMs: view.nowMs,
    plans: Object.entries(config.plans).map(([name, plan]) => planStatus(view, name, plan)),
    vaults: Object.keys(config.vaults).map((name) => vaultStatus(view, name)),
    clusters: Object.keys(config.clusters).flatMap((name) => clusterStatus(view, name) ?? []),
  };
}

function planStatus(view: View, name: string, plan: PlanConfig): PlanStatus {
  const { ledger, config } = view.world;
  const { running, last, lastSuccess } = runsOf(view, 'backup', name);
  const marked = ledger.holds(name);
  const holds = marked.filter(({ releasedMs }) => releasedMs === undefined);
  const proven = provenPoint(view, name, { plan, marked });
  const { isOverdue, deadlineMs } = overdueOf(view, { kind: 'backup', name }, plan.overdueAfter);
  const since = [failureKey(name), overdueKey(name), unprovenKey(name)].flatMap((key) => view.troubles.get(key) ?? []);
  return {
    plan: name,
    vault: plan.vault,
    state: stateOf({ last, isOverdue, isHeld: holds.length > 0, isProven: proven !== undefined }),
    proven,
    running,
    last,
    lastSuccess,
    nextMs: nextOf(view, 'backup', name),
    isOverdue,
    overdueMs: deadlineMs,
    troubleSinceMs: since.length === 0 ? undefined : Math.min(...since),
    holds,
    isProofMissing: proven === undefined && wasToBeProven({ ledger, config, nowMs: view.nowMs }, name, plan),
    isGone: proven === undefined && isGoneFrom(ledger, name, plan.vault),
  };
}

/** A dead process is found out here before anybody has taken it down: it shows nothing green, and nothing as under way. */
function runsOf({ world }: View, kind: Subject['kind'], subject: string): SubjectRuns {
  const newest = (statuses: readonly RunStatus[]): Run | undefined =>
    world.ledger.runs({ kind, subject, statuses, limit: 1 })[0];
  const begun = newest(['running']);
  const isDead = begun !== undefined && world.isAlive?.(begun.process) === false;
  return {
    running: isDead ? undefined : begun,
    last: isDead ? { ...begun, status: 'lost', errorText: LOST_TEXT } : newest(ENDED),
    lastSuccess: newest(['success']),
  };
}

/** Undefined for one whose fencing nobody wants to be tried, and nobody did. */
function clusterStatus(view: View, name: string): ClusterStatus | undefined {
  const { config, ledger } = view.world;
  const { test, overdueAfter } = config.clusters[name]!.fencing;
  const runs = runsOf(view, 'fencing', name);
  const ways = waysOf(ledger.pathProofs(name));
  const isWanted = test !== undefined || overdueAfter !== undefined;
  if (!isWanted && runs.last === undefined && runs.running === undefined && ways.length === 0) return undefined;
  const overdue = overdueOf(view, { kind: 'fencing', name }, overdueAfter);
  return {
    cluster: name,
    state: stateOfCluster(runs, overdue),
    ...runs,
    nextMs: nextOf(view, 'fencing', name),
    overdue,
    ways,
  };
}

function stateOf(facts: { last: Run | undefined; isOverdue: boolean; isHeld: boolean; isProven: boolean }): PlanState {
  const { last, isOverdue, isHeld, isProven } = facts;
  if (isOverdue) return 'overdue';
  if (last === undefined) return 'never ran';
  if (last.status === 'incomplete') return 'incomplete';
  if (last.status !== 'success') return 'failed';
  if (isHeld) return 'held';
  return isProven ? 'ok' : 'unproven';
}

function provenPoint(
  { world, nowMs }: View,
  name: string,
  { plan, marked }: { plan: PlanConfig; marked: readonly Hold[] },
): ProvenPoint | undefined {
  const { ledger, config } = world;
  const provenForMs = config.vaults[plan.vault]?.verify.provenFor ?? 0;
  const proofs = new Map(ledger.proofs(plan.vault).map((proof) => [proof.originId, proof]));
  const marks = marked.map((hold) => markOf(hold, hold.runId));
  for (const { id, snapshotId, startedMs } of ledger.runs({ kind: 'backup', subject: name, statuses: ['success'] })) {
    const proof = snapshotId === undefined ? undefined : proofs.get(snapshotId);
    if (proof === undefined || isInDoubt(id, startedMs, marks)) continue;
    const { provenMs } = proof;
    const isFresh = provenMs >= nowMs - provenForMs && startedMs <= nowMs + CLOCK_AHEAD_MS_MAX;
    if (isFresh) return { snapshotId: proof.snapshotId, pointMs: startedMs, provenMs };
  }
  return undefined;
}

function overdueOf(
  { world, nowMs, subjects, troubles }: View,
  { kind, name }: { kind: Subject['kind']; name: string },
  overdueAfterMs: number | undefined,
): OverdueJudgement {
  const { ledger } = world;
  const successes = ledger.runs({ kind, subject: name, statuses: ['success'], limit: STATUS_RUNS_MAX });
  const subject = subjects.find((each) => each.kind === kind && each.subject === name);
  const firstSeenMs = troubles.get(newKey(kind === 'backup' ? name : taskName(kind, name))) ?? nowMs;
  return judgeOverdue(
    { turns: subject?.turns, randomDelayMs: subject?.randomDelayMs ?? 0, overdueAfterMs },
    { successesMs: successes.map(({ endedMs, startedMs }) => endedMs ?? startedMs), firstSeenMs, nowMs },
  );
}

function vaultStatus(view: View, name: string): VaultStatus {
  const { ledger } = view.world;
  const newest = (kind: 'verify' | 'prune', statuses: readonly RunStatus[]): Run | undefined =>
    ledger.runs({ kind, subject: name, statuses, limit: 1 })[0];
  return {
    vault: name,
    bytes: newestSize(view, name),
    coverage: coverageOf(view, name),
    lastVerify: newest('verify', ENDED),
    lastVerifySuccess: newest('verify', ['success']),
    nextVerifyMs: nextOf(view, 'verify', name),
    lastPrune: newest('prune', ENDED),
    lastPruneSuccess: newest('prune', ['success']),
    nextPruneMs: nextOf(view, 'prune', name),
    overdue: {
      verify: overdueOf(view, { kind: 'verify', name }, undefined),
      prune: overdueOf(view, { kind: 'prune', name }, undefined),
    },
  };
}

/** Every run of a vault takes down its size; the newest that did knows best. */
function newestSize({ world }: View, name: string): number | undefined {
  const { ledger, config } = world;
  const plans = Object.entries(config.plans).filter(([, { vault }]) => vault === name);
  const subjects = [
    ...plans.map(([subject]) => ({ kind: 'backup' as const, subject })),
    { kind: 'verify' as const, subject: name },
    { kind: 'prune' as const, subject: name },
  ];
  const sized = subjects.flatMap((subject) => {
    const runs = ledger.runs({ ...subject, statuses: ENDED, limit: STATUS_RUNS_MAX });
    return runs.find(({ figures }) => figures.vaultBytes !== undefined) ?? [];
  });
  return sized.sort((a, b) => b.id - a.id)[0]?.figures.vaultBytes;
}

/**
 * A verification takes down as `bytes` how much of the vault had been read back within `provenFor` when it ended. Once that
 * run is itself older, nothing of it counts any more.
 */
function coverageOf({ world, nowMs }: View, name: string): VaultStatus['coverage'] {
  const { ledger, config } = world;
  const runs = ledger.runs({ kind: 'verify', subject: name, statuses: ENDED, limit: STATUS_RUNS_MAX });
  const counted = runs.find(({ figures }) => figures.bytes !== undefined && figures.vaultBytes !== undefined);
  if (counted === undefined || (counted.endedMs ?? 0) < nowMs - config.vaults[name]!.verify.provenFor) return undefined;
  return { provenBytes: counted.figures.bytes!, bytes: counted.figures.vaultBytes! };
}

function nextOf({ world, nowMs, subjects }: View, kind: Subject['kind'], name: string): number | undefined {
  const subject = subjects.find((each) => each.kind === kind && each.subject === name);
  if (subject === undefined) return undefined;
  const { ledger, identity } = world;
  return upcoming(subject, turnFacts({ ledger, hostname: identity.hostname }, subject, nowMs));
}
