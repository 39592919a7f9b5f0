/** A run of a plan: hooks, capture, reading back, proof, retention, hooks. */
import { availableParallelism } from 'node:os';
import { type BackupEvent, type BackupResult, backup } from '../backup.ts';
import { AppError, hasCode } from '../base/errors.ts';
import {
  CLOCK_AHEAD_MS_MAX,
  CLOCK_SKEW_MS_MAX,
  PACK_BYTES_TARGET,
  RUN_LOCK_WAIT_MS,
  STATUS_RUNS_MAX,
} from '../base/limits.ts';
import type { PlanConfig } from '../config.ts';
import { judgeRun } from '../retention.ts';
import { contentOf } from './files.ts';
import { runHooks } from './hooks.ts';
import { nextSequence, tagsOf } from './points.ts';
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
  const { targets, selection, streams } = await openSources(plan.sources, {
    processesOf: processesOf(task),
    environmentOf: (source) => revealAll(source.environment, secretParts(task)),
    contentOf,
    environment: world.environment,
    signal,
  });
  emit({ kind: 'phase', text: 'reading the sources' });
  const result = await backup(vault, {
    targets,
    workingDirectory: '/',
    selection,
    streams,
    hostname,
    tags: [...plan.tags, ...tagsOf(name, sequence)],
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
  takeDown(task, result);
  assertNotEmpty(task, plan);
  judge(task, plan);
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

function takeDown({ findings }: Task, result: BackupResult): void {
  const { counts, dataAdded, dataAddedPacked, errors, snapshotId } = result;
  findings.snapshotId = snapshotId;
  findings.problems = errors;
  findings.figures = {
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

/**
 * Folders without a single file are what is left when something was not mounted.
 * @throws {AppError} `source-empty`
 */
function assertNotEmpty({ findings }: Task, { sources }: PlanConfig): void {
  const source = sources.find((each) => 'files' in each);
  if (source === undefined) return;
  const streams = sources.length - 1;
  const files = (findings.figures.files ?? 0) - streams;
  if (files >= source.minFiles) return;
  const detail = `${source.files.join(', ')}: ${files} files where at least ${source.minFiles} are expected`;
  throw new AppError('source-empty', { detail });
}

/**
 * Compares the run with earlier good ones of the plan. An unusual one is held from this moment on, whatever comes after: a
 * kill, a failed reading, or somebody who applies the retention meanwhile.
 */
function judge({ world, name, run, findings }: Task, plan: PlanConfig): void {
  if (plan.anomaly === false) return;
  const { factor, runs } = plan.anomaly;
  const held = new Set(world.ledger.holds(name).flatMap((hold) => (hold.releasedMs === undefined ? [hold.runId] : [])));
  const good = world.ledger
    .runs({ kind: 'backup', subject: name, statuses: ['success'], limit: runs + held.size })
    .filter(({ id }) => !held.has(id))
    .slice(0, runs);
  findings.anomalies = judgeRun(
    findings.figures,
    good.map(({ figures }) => figures),
    { factor },
  );
  const { anomalies, snapshotId } = findings;
  if (anomalies.length > 0 && snapshotId !== undefined)
    world.ledger.hold({ runId: run.id, plan: name, snapshotId, reasons: anomalies, heldMs: world.clock.nowMs() });
}
