/**
 * One run, from its entry in the ledger to its notices. The time of the last success moves in one place only: where the
 * ledger is told `success`, after everything the run is for was done without an error.
 */
import { AppError, hasCode, textOf } from '../base/errors.ts';
import {
  RUN_AFTERMATH_MS,
  RUN_END_ATTEMPTS_MAX,
  RUN_END_PAUSE_MS,
  RUN_STOP_GRACE_MS,
  RUN_STOP_HOOKS_MS,
} from '../base/limits.ts';
import { type Clock, startTimer } from '../host.ts';
import type { NewRun, Run, RunOutcome } from '../ledger.ts';
import { hooksOf, performBackup } from './backup-run.ts';
import { performFencing } from './fencing-run.ts';
import type { RunEvent, Runner, RunRequest, RunWorld } from './model.ts';
import { tellOutcome, tellStart } from './outcome.ts';
import { Redactor } from './redact.ts';
import { RunLog } from './run-log.ts';
import { subjectsByKind } from './schedule.ts';
import { noFindings, type Task } from './task.ts';
import { performPrune, performVerify } from './vault-run.ts';

const PERFORM = { backup: performBackup, verify: performVerify, prune: performPrune, fencing: performFencing } as const;

/** `worldOf` gives the world of the moment a run begins, so that a reload does not change what is under way. */
export function createRunner(worldOf: () => RunWorld): Runner {
  return async (request, options) => {
    const world = worldOf();
    await sweep(world);
    return await executeRun(world, request, options);
  };
}

/** Runs of this process that are under way, by ledger and number: all others that say they are its own were given up. */
const ACTIVE = new Set<string>();

function activeKey({ config }: RunWorld, id: number): string {
  return `${id} ${config.stateDirectory}`;
}

/** Says that this process works on the run, until disposed of. */
export function markActive(world: RunWorld, id: number): Disposable {
  const key = activeKey(world, id);
  ACTIVE.add(key);
  return { [Symbol.dispose]: () => void ACTIVE.delete(key) };
}

/**
 * Takes down runs that nobody works on any more, which would block their subjects, and tells of everything that ended
 * and was not told.
 */
export async function sweep(world: RunWorld): Promise<void> {
  const { ledger, clock, isAlive, process } = world;
  ledger.sweepLost(isAlive, clock.nowMs());
  for (const { id, process: holder } of ledger.runs({ statuses: ['running'] })) {
    if (holder !== process || ACTIVE.has(activeKey(world, id))) continue;
    const errorText = 'its end could not be written down';
    ledger.endRun(id, { status: 'lost', endedMs: clock.nowMs(), errorText });
  }
  await tellForgotten(world);
}

/** What ended without its notice, as the process was killed in between. Of what others are just telling nothing is said. */
export async function tellForgotten(world: RunWorld): Promise<void> {
  const { ledger, isAlive, process } = world;
  for (const run of ledger.untold()) {
    const isTold = ACTIVE.has(activeKey(world, run.id)) || (run.process !== process && isAlive(run.process));
    if (isTold) continue;
    using _telling = markActive(world, run.id);
    await tellOutcome(world, run);
  }
}

async function executeRun(
  world: RunWorld,
  request: RunRequest,
  { signal, onEvent }: Parameters<Runner>[1],
): Promise<Run> {
  assertKnown(world, request);
  const { kind, subject, trigger, dueMs } = request;
  const { clock, config } = world;
  const redactor = new Redactor();
  const startedMs = clock.nowMs();
  const clean = (text: string): string => redactor.clean(text);
  using log = new RunLog({ stateDirectory: config.stateDirectory, kind, subject, startedMs, clock, clean });
  const run = begin(world, log, { kind, subject, trigger, dueMs, startedMs });
  using _active = markActive(world, run.id);
  const emit = (event: RunEvent): void => {
    if (event.kind === 'phase') log.line('info', event.text);
    else if (event.kind === 'line') log.line(event.level, event.text);
    onEvent?.(event.kind === 'progress' ? event : { ...event, text: clean(event.text) });
  };
  using limit = timeLimitOf(world, request);
  const stop = AbortSignal.any([signal, limit.signal]);
  const task: Task = { name: subject, run, world, redactor, signal: stop, emit, findings: noFindings() };
  await tellStart(world, run);
  const failure = await attempt(() => PERFORM[kind](task), stop, clock);
  const outcome = outcomeOf(task, { failure, stop: signal, limit: limit.signal });
  if (outcome.status !== 'success' && outcome.status !== 'incomplete') await afterFailure(task, signal.aborted);
  const ended = await conclude(task, log, outcome);
  await tellOutcome(world, ended);
  return ended;
}

/** @throws {AppError} `run-exists`, `plan-busy`; then there is no log either */
function begin(world: RunWorld, log: RunLog, run: Omit<NewRun, 'logFile' | 'process'>): Run {
  try {
    return world.ledger.beginRun({ ...run, logFile: log.file, process: world.process });
  } catch (error) {
    log.discard();
    throw error;
  }
}

/** @throws {AppError} `plan-missing` */
function assertKnown({ config }: RunWorld, { kind, subject }: RunRequest): void {
  const known = subjectsByKind(config)[kind];
  if (Object.hasOwn(known, subject)) return;
  const hint = `The configuration has: ${Object.keys(known).join(', ') || 'none'}.`;
  throw new AppError('plan-missing', { detail: subject, hint });
}

/**
 * Does the work, but waits no longer for it than a while after it was told to stop: what reads from a dead mount never
 * comes back. @returns what was thrown, or why it was stopped
 */
async function attempt(work: () => Promise<void>, signal: AbortSignal, clock: Clock): Promise<unknown> {
  const over = new AbortController();
  const graceOver = aborted(signal, over.signal)
    .then(() => clock.sleep(RUN_STOP_GRACE_MS, over.signal))
    .then(
      () => signal.reason as unknown,
      () => undefined,
    );
  const done = work().then(
    () => undefined,
    (error: unknown) => error ?? new Error('failed without a reason'),
  );
  try {
    return await Promise.race([done, graceOver]);
  } finally {
    over.abort();
  }
}

/** Resolves when `signal` is aborted. @throws when `over` is aborted before */
async function aborted(signal: AbortSignal, over: AbortSignal): Promise<void> {
  if (signal.aborted) return;
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  signal.addEventListener('abort', () => resolve(), { once: true, signal: over });
  over.addEventListener('abort', () => reject(over.reason as Error), { once: true });
  await promise;
}

function timeLimitOf({ config }: RunWorld, { kind, subject }: RunRequest): Disposable & { signal: AbortSignal } {
  const controller = new AbortController();
  const limitMs = limitOf(config, { kind, subject });
  const cancel = startTimer(limitMs, () =>
    controller.abort(new AppError('command-timeout', { detail: 'the run took longer than its timeLimit' })),
  );
  return { signal: controller.signal, [Symbol.dispose]: cancel };
}

function limitOf(config: RunWorld['config'], { kind, subject }: Pick<RunRequest, 'kind' | 'subject'>): number {
  if (kind === 'backup') return config.plans[subject]!.timeLimit;
  if (kind === 'fencing') return config.clusters[subject]!.fencing.timeLimit;
  return config.vaults[subject]![kind]!.timeLimit;
}

interface Ending {
  failure: unknown;
  stop: AbortSignal;
  limit: AbortSignal;
}

function outcomeOf({ findings, world, redactor }: Task, { failure, stop, limit }: Ending): RunOutcome {
  const common = {
    endedMs: world.clock.nowMs(),
    figures: findings.figures,
    snapshotId: findings.snapshotId,
    notes: [...findings.notes, ...findings.anomalies].map((note) => redactor.clean(note)),
  };
  if (failure === undefined) {
    if (findings.problems === 0) return { ...common, status: 'success' };
    const unread = `${findings.problems} things could not be read; the log has a line for each`;
    const errorText = redactor.clean(findings.problemsText ?? unread);
    return { ...common, status: 'incomplete', errorCode: 'incomplete', errorText };
  }
  const cause = limit.aborted ? limit.reason : failure;
  const isStopped = stop.aborted && !limit.aborted;
  const errorCode = cause instanceof AppError ? cause.code : 'bug';
  const errorText = redactor.clean(textOf(cause));
  return { ...common, status: isStopped ? 'interrupted' : 'failed', errorCode, errorText };
}

/** Failure hooks run even when the run's own time is over; what they do wrong is told beside the failure. */
async function afterFailure(task: Task, isStopped: boolean): Promise<void> {
  const { run, world, findings, emit } = task;
  if (run.kind !== 'backup') return;
  const signal = AbortSignal.timeout(isStopped ? RUN_STOP_HOOKS_MS : RUN_AFTERMATH_MS);
  const hooks = (): Promise<void> => hooksOf({ ...task, signal }, world.config.plans[task.name]!, 'failure');
  const failure = await attempt(hooks, signal, world.clock);
  if (failure === undefined) return;
  findings.notes.push(textOf(failure));
  emit({ kind: 'line', level: 'error', text: textOf(failure) });
}

/**
 * Closes the log first: an entry in the ledger that ended has its log. Whatever the log or a full disk say, the run ends.
 * @throws {AppError} `ledger-failed`, `storage-full` when the ledger takes no end for a while; the next run takes it down
 */
async function conclude(task: Task, log: RunLog, outcome: RunOutcome): Promise<Run> {
  const { ledger, clock } = task.world;
  const { status, errorText } = outcome;
  const text = errorText === undefined ? status : `${status}: ${errorText}`;
  log.conclude(status === 'success' ? 'info' : 'error', text);
  const lines = [...(outcome.notes ?? []), ...task.findings.notes, ...(log.failure === undefined ? [] : [log.failure])];
  const notes = [...new Set(lines.map((note) => task.redactor.clean(note)))];
  for (let attempts = 1; ; attempts++)
    try {
      return ledger.endRun(task.run.id, { ...outcome, notes });
    } catch (error) {
      if (!hasCode(error, 'ledger-failed', 'storage-full') || attempts >= RUN_END_ATTEMPTS_MAX) throw error;
      await clock.sleep(RUN_END_PAUSE_MS);
    }
}
