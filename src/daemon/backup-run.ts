/** A run of a plan: hooks, capture, reading back, proof, retention, hooks. */
import { availableParallelism } from 'node:os';
import { type BackupEvent, type BackupResult, backup } from '../backup.ts';
import { AppError, hasCode } from '../base/errors.ts';
import {
  ANOMALY_RUNS_MIN,
  CLOCK_AHEAD_MS_MAX,
  CLOCK_SKEW_MS_MAX,
  PACK_BYTES_TARGET,
  RUN_LOCK_WAIT_MS,
  STATUS_RUNS_MAX,
} from '../base/limits.ts';
import type { PlanConfig } from '../config.ts';
import type { Run, RunFigures } from '../ledger.ts';
import { judgeRun } from '../retention.ts';
import type { Snapshot } from '../vault.ts';
import { processesOfNode } from './cluster-source.ts';
import { contentOf } from './files.ts';
import { runHooks } from './hooks.ts';
import { HELD_TAG, nextSequence, originOf, tagsOf, unknownHolds } from './points.ts';
import { dropStaleProofs, proveNew } from './prove.ts';
import { retain } from './retain.ts';
import { revealAll, revealSecret } from './secrets.ts';
import { openSources } from './sources.ts';
import { openTaskVault, processesOf, secretParts, type Task } from './task.ts';

/** @throws {AppError} what any step throws; `task.findings` then says how far it came */
export async function performBackup(task: Task): Promise<void> {
  const plan = task.world.config.plans[task.name]!;
  await hideSecrets(task, plan);
  await hooksOf(task, plan, 'before');
  await capture(task, plan);
  assertClock(task);
  if (plan.retention !== undefined) {
    task.emit({ kind: 'phase', text: 'retention' });
    await retain(task, plan);
  }
  await hooksOf(task, plan, 'after');
}

/** Reads all secrets of the run before any program runs, so that none of them is written when one prints it. */
async function hideSecrets(task: Task, plan: PlanConfig): Promise<void> {
  const { vaults } = task.world.config;
  const ofSources = plan.sources.flatMap((source) =>
    'environment' in source ? Object.values(source.environment) : [],
  );
  for (const secret of [vaults[plan.vault]!.password, ...ofSources])
    await revealSecret(secret, secretParts(task)).catch((error: unknown) => {
      // A hook may bring it yet; where it is needed its absence is an error.
      if (!hasCode(error, 'secret-missing')) throw error;
    });
}

/** Runs the hooks of a moment. @throws {AppError} `hook-failed` */
export async function hooksOf(task: Task, plan: PlanConfig, moment: keyof PlanConfig['hooks']): Promise<void> {
  const { run, name, findings } = task;
  await runHooks(plan.hooks[moment], {
    moment,
    processesOf: processesOf(task),
    environment: {
      HOLDFAST_PLAN: name,
      HOLDFAST_RUN: String(run.id),
      ...(findings.snapshotId === undefined ? {} : { HOLDFAST_SNAPSHOT: findings.snapshotId }),
    },
    signal: task.signal,
    onLine: (text) => task.emit({ kind: 'line', level: 'info', text }),
  });
}

async function capture(task: Task, plan: PlanConfig): Promise<void> {
  const { world, name, emit, findings } = task;
  const { clock, identity } = world;
  emit({ kind: 'phase', text: `opening vault ${plan.vault}` });
  await using opened = await openTaskVault(task, plan.vault, { exclusive: false, waitMs: RUN_LOCK_WAIT_MS });
  const { vault, signal } = opened;
  const snapshots = await vault.listSnapshots(signal);
  dropStaleProofs(task, plan.vault, snapshots);
  const hostname = plan.hostname ?? identity.hostname;
  const sequence = nextSequence(snapshots, world.ledger, { plan: name, hostname });
  const followed = unknownHolds(snapshots, world.ledger, { plan: name, hostname });
  let unusual: readonly string[] = [];
  emit({ kind: 'phase', text: 'reading the sources' });
  const { targets, selection, streams, problems } = await openSources(plan.sources, {
    processesOf: processesOf(task),
    processesOfNode: (node) => processesOfNode(world, node),
    clusters: world.config.clusters,
    clock,
    version: world.version,
    environmentOf: (source) => revealAll(source.environment, secretParts(task)),
    contentOf,
    environment: world.environment,
    signal,
  });
  for (const text of problems) emit({ kind: 'line', level: 'warning', text });
  const result = await backup(vault, {
    targets,
    workingDirectory: '/',
    selection,
    streams,
    hostname,
    tags: [...plan.tags, ...tagsOf(name, sequence)],
    tagsFor: (found) => {
      const figures = figuresOf(found);
      // One that fails for being empty is not waited for by those after it.
      unusual = isEmpty(plan, figures, streams.length)
        ? []
        : [...judge(task, plan, figures), ...followed.map(followsOn)];
      return unusual.length > 0 ? [HELD_TAG] : [];
    },
    timeMs: clock.nowMs(),
    parent: undefined,
    force: false,
    ignoreCtime: false,
    ignoreInode: false,
    withAtime: false,
    skipIfUnchanged: false,
    compression: 'auto',
    packBytesTarget: PACK_BYTES_TARGET,
    threads: availableParallelism(),
    dryRun: false,
    programVersion: `holdfast ${world.version}`,
    clock,
    identity,
    signal,
    onEvent: (event) => report(task, event),
  });
  takeDown(task, result, problems.length);
  hold(task, unusual, followed);
  assertNotEmpty(plan, findings.figures, streams.length);
  if (plan.readBack) await proveNew(task, { vault, signal, vaultName: plan.vault });
  else findings.notes.push('readBack is off: the point is not proven until a verification has read it');
}

function report({ emit }: Task, event: BackupEvent): void {
  if (event.kind === 'problem') {
    const { path, message, harmless } = event.problem;
    const shown = Buffer.from(path, 'latin1').toString();
    emit({ kind: 'line', level: harmless ? 'info' : 'warning', text: `${shown}: ${message}` });
  } else if (event.kind === 'progress') {
    emit({ kind: 'progress', files: event.files, bytes: event.bytes, current: event.current });
  } else if (event.snapshot !== undefined) {
    emit({ kind: 'line', level: 'info', text: `comparing with snapshot ${event.snapshot.id}` });
  }
}

/** @param lacking how much the sources could not give */
function takeDown({ findings }: Task, result: BackupResult, lacking: number): void {
  findings.snapshotId = result.snapshotId;
  findings.problems = result.errors + lacking;
  const figures = figuresOf(result);
  findings.figures = { ...figures, problems: result.errors + lacking };
}

function figuresOf({ counts, dataAdded, dataAddedPacked, errors }: BackupResult): RunFigures {
  return {
    files: counts.filesNew + counts.filesChanged + counts.filesUnmodified,
    bytes: counts.bytes,
    filesChanged: counts.filesNew + counts.filesChanged,
    bytesAdded: dataAdded,
    bytesStored: dataAddedPacked,
    problems: errors,
  };
}

/**
 * A clock that went back makes the new point look older than others, and the age of the newest one smaller than it is. The
 * snapshot stays, but nothing is forgotten by its time and the run is no success.
 * @throws {AppError} `clock-behind`
 */
function assertClock({ world, name, run }: Task): void {
  const nowMs = world.clock.nowMs();
  // One that lies far ahead was noted by a wrong clock, and proves nothing.
  const believed = world.ledger
    .runs({ kind: 'backup', subject: name, statuses: ['success'], limit: STATUS_RUNS_MAX })
    .find(({ endedMs = 0 }) => endedMs <= nowMs + CLOCK_AHEAD_MS_MAX);
  const latestMs = Math.max(run.startedMs, believed?.endedMs ?? 0);
  if (nowMs >= latestMs - CLOCK_SKEW_MS_MAX) return;
  const detail = `it shows ${new Date(nowMs).toISOString()}, but showed ${new Date(latestMs).toISOString()} before`;
  throw new AppError('clock-behind', { detail });
}

/** @throws {AppError} `source-empty` */
function assertNotEmpty(plan: PlanConfig, figures: RunFigures, streams: number): void {
  const source = plan.sources.find((each) => 'files' in each);
  if (source === undefined || !isEmpty(plan, figures, streams)) return;
  const detail = `${source.files.join(', ')}: ${filesOf(figures, streams)} files where at least ${source.minFiles} are expected`;
  throw new AppError('source-empty', { detail });
}

/** Folders without a single file are what is left when something was not mounted. */
function isEmpty(plan: PlanConfig, figures: RunFigures, streams: number): boolean {
  const source = plan.sources.find((each) => 'files' in each);
  return source !== undefined && filesOf(figures, streams) < source.minFiles;
}

/** Without what the outputs of commands and the configurations of clusters became. */
function filesOf({ files = 0 }: RunFigures, streams: number): number {
  return files - streams;
}

/** Compares the run with earlier good ones of the plan. @returns why it is unusual; nothing when it is not */
function judge({ world, name }: Task, { anomaly }: PlanConfig, figures: RunFigures): readonly string[] {
  if (anomaly === false) return [];
  const { factor, runs } = anomaly;
  const holds = world.ledger.holds(name);
  const right = new Set(holds.flatMap((each) => (each.releasedMs !== undefined && !each.isWrong ? [each.runId] : [])));
  const unusual = new Set(holds.flatMap((each) => (right.has(each.runId) ? [] : [each.runId])));
  const good = world.ledger
    .runs({ kind: 'backup', subject: name, statuses: ['success'], limit: runs + unusual.size })
    .filter(({ id }) => !unusual.has(id))
    .slice(0, runs);
  const judgeBy = (history: readonly Run[]): string[] =>
    judgeRun(
      figures,
      history.map((run) => run.figures),
      { factor },
    );
  const reasons = judgeBy(good);
  // What a person found right is what the plan does from then on, though the median takes days to say so.
  const newUsual = good.find(({ id }) => right.has(id));
  const isUsual =
    newUsual !== undefined && judgeBy(Array.from({ length: ANOMALY_RUNS_MIN }, () => newUsual)).length === 0;
  return isUsual ? [] : reasons;
}

function followsOn({ id }: Snapshot): string {
  return `it follows on snapshot ${id.slice(0, 8)}, which was held as unusual and of which the ledger does not know that it was released`;
}

/**
 * Holds an unusual point from this moment on, whatever comes after: a kill, a failed reading, or somebody who applies the
 * retention meanwhile. Until now its tag said so. Points that an earlier ledger held are released with it.
 */
function hold({ world, name, run, findings }: Task, unusual: readonly string[], followed: readonly Snapshot[]): void {
  const { snapshotId } = findings;
  if (unusual.length === 0 || snapshotId === undefined) return;
  findings.anomalies = unusual;
  const common = { runId: run.id, plan: name, heldMs: world.clock.nowMs() };
  for (const each of followed)
    world.ledger.hold({ ...common, snapshotId: originOf(each), reasons: ['it was held when it was made'] });
  world.ledger.hold({ ...common, snapshotId, reasons: unusual });
}
