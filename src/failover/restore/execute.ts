/** Carries a runbook out: gates first, peers looked at anew before each step, and nothing counts that was not seen. */
import { CLUSTER_LOOK_MS, CLUSTER_WAIT_SPAN_MS } from '../../base/cluster-limits.ts';
import { AppError, hasCode } from '../../base/errors.ts';
import { cib, live, type pacemaker, pacemakerAct, UNANSWERED } from '../../cluster.ts';
import type { Clock } from '../../host.ts';
import { differencesOf } from '../act/differences.ts';
import { doubled } from '../act/judge.ts';
import { readSituation } from '../act/live-pacemaker.ts';
import { versionOf } from '../capture/gather.ts';
import { CIB_FILE } from '../capture/items.ts';
import { readNodeFiles } from '../capture/read.ts';
import { nowOf } from './files.ts';
import { isMember, standingOf } from './gates.ts';
import { daemonsOn, isConfigured, lookAt, type NodeLook } from './look.ts';
import type { Gate, RestorePlan, RestoreStep } from './model.ts';
import { keptIn, setCibAside, startService, writeFile } from './target.ts';

export interface RestoreExecution {
  seatOf(node: string): pacemaker.Seat;
  /** As they were when it was planned. */
  peers: readonly NodeLook[];
  clock: Clock;
  /** Between two steps, and while something is waited for. */
  signal?: AbortSignal | undefined;
  override: string | undefined;
  onEvent?(event: RestoreEvent): void;
}

export type RestoreEvent =
  | { kind: 'step'; number: number; of: number; step: RestoreStep }
  | { kind: 'waiting'; elapsedMs: number; limitMs: number; text: string }
  | { kind: 'verified'; text: string; tookMs: number };

/** @returns the gates that the reason took the place of @throws {AppError} `refused` */
export function expectGates({ gates }: Pick<RestorePlan, 'gates'>, override: string | undefined): readonly Gate[] {
  const unmet = gates.filter(({ isMet }) => !isMet);
  const shut = unmet.filter(({ isOverridable }) => !isOverridable || override === undefined);
  const [first] = shut;
  if (first === undefined) return unmet;
  const detail = shut.map(({ text }) => text).join('; ');
  throw new AppError('refused', { detail, hint: `${first.hint} Nothing was changed.` });
}

/**
 * What an earlier run has done is not done again, so a run that was cut short is completed by another.
 * @throws {AppError} `refused` by a gate, or by a peer that is not what it was before anything was done; `failed` with what is
 * done and what is not; the abort signal's reason, between two steps or while it waits
 */
export async function executeRestore(plan: RestorePlan, execution: RestoreExecution): Promise<{ tookMs: number }> {
  const { clock, signal, onEvent, override } = execution;
  expectGates(plan, override);
  const beginMs = clock.monotonicMs();
  for (const [at, step] of plan.steps.entries()) {
    signal?.throwIfAborted();
    const beganMs = clock.monotonicMs();
    try {
      await expectPeers(plan, execution);
      onEvent?.({ kind: 'step', number: at + 1, of: plan.steps.length, step });
      await takeStep(step, plan, execution);
    } catch (error) {
      if (!(error instanceof AppError) || signal?.aborted || (at === 0 && error.code === 'refused')) throw error;
      throw stopped(plan, at, error);
    }
    onEvent?.({ kind: 'verified', text: step.verify, tookMs: clock.monotonicMs() - beganMs });
  }
  return { tookMs: clock.monotonicMs() - beginMs };
}

/** A peer that has come up, or gone, since: then another plan may be right. */
async function expectPeers(
  { mode, peer, node }: RestorePlan,
  { peers, seatOf, clock, signal }: RestoreExecution,
): Promise<void> {
  for (const before of peers) {
    if (mode === 'join' && before.name !== peer) continue;
    const was = standingOf(before);
    const is = standingOf(await lookAt(seatOf(before.name), { clock, signal }));
    if (is === was) continue;
    throw new AppError('refused', {
      detail: `${before.name} was ${was} when this was planned, and is ${is} now`,
      hint: `Run holdfast ha restore ${node} again: it looks at the peers anew.`,
    });
  }
}

async function takeStep(step: RestoreStep, plan: RestorePlan, execution: RestoreExecution): Promise<void> {
  const { change, timeLimitMs } = step;
  const { clock, seatOf } = execution;
  const seat = seatOf(plan.node);
  const kept = keptIn(plan.plannedMs);
  switch (change.kind) {
    case 'files':
      await expectStopped(seat, ['corosync', 'pacemakerd', 'heartbeat'], execution);
      for (const file of change.files) await writeFile(seat, file, kept);
      return await expectFiles(
        seat,
        change.files.map(({ path }) => path),
        { plan, execution },
      );
    case 'aside':
      await expectStopped(seat, ['pacemakerd'], execution);
      await setCibAside(seat, { clock, kept });
      return await expectNoCib(seat, execution);
    case 'start':
      await startService(seat, change.service, { clock, timeLimitMs });
      return await until(step, execution, async () => {
        const daemons = await daemonsOn(seat, execution);
        return daemons.has(change.daemon) ? undefined : `${change.daemon} does not run yet`;
      });
    case 'member':
      return await until(step, execution, () => lacksMember(plan, change.peer, execution));
    case 'agree':
      return await until(step, execution, () => disagreement([seat, seatOf(change.peer)], execution));
    case 'replace':
      return await replace(seat, change, { step, execution });
    case 'cleanup':
      await pacemakerAct.changePacemaker(seat, { kind: 'cleanup', resource: undefined, node: plan.member }, { clock });
      return await until(step, execution, () => unsettled(seat, execution));
  }
}

async function expectStopped(
  seat: pacemaker.Seat,
  daemons: readonly string[],
  { clock, signal }: RestoreExecution,
): Promise<void> {
  const running = [...(await daemonsOn(seat, { clock, signal }))].filter((daemon) => daemons.includes(daemon));
  if (running.length > 0)
    throw new AppError('refused', {
      detail: `${running.join(', ')} runs on ${seat.name}`,
      hint: 'Stop it there first.',
    });
}

async function expectFiles(
  seat: pacemaker.Seat,
  paths: readonly string[],
  { plan, execution }: { plan: RestorePlan; execution: RestoreExecution },
): Promise<void> {
  const read = await readNodeFiles(seat, paths, { timeLimitMs: READ_MS, signal: execution.signal });
  const wrong = plan.files.filter((file) => paths.includes(file.path) && nowOf(file, read) !== 'same');
  if (wrong.length === 0) return;
  throw new AppError('failed', {
    detail: `${wrong.map(({ path }) => path).join(', ')} on ${seat.name}: not as it was written`,
    hint: 'Something else writes there: configuration management, or a read-only system.',
  });
}

const READ_MS = 60_000;

async function expectNoCib(seat: pacemaker.Seat, { signal }: RestoreExecution): Promise<void> {
  const { absent } = await readNodeFiles(seat, [CIB_FILE], { timeLimitMs: READ_MS, signal });
  if (!absent.includes(CIB_FILE))
    throw new AppError('failed', { detail: `${CIB_FILE} on ${seat.name} is still there` });
}

async function lacksMember(
  { node, member }: RestorePlan,
  peer: string | undefined,
  { seatOf, clock, signal }: RestoreExecution,
): Promise<string | undefined> {
  for (const name of [node, ...(peer === undefined ? [] : [peer])]) {
    const state = await live.readState(seatOf(name), { clock, signal });
    if (state.kind === 'pacemaker' && state.dc === undefined) return `${name} knows no DC yet`;
    if (!isMember(state, member)) return `${name} does not see ${member} as a member yet`;
  }
  return undefined;
}

async function disagreement(
  seats: readonly pacemaker.Seat[],
  { clock, signal }: RestoreExecution,
): Promise<string | undefined> {
  const [own, other] = await Promise.all(seats.map((seat) => pacemakerAct.readLiveCib(seat, { clock, signal })));
  const differences = differencesOf(own!, other!);
  if (versionOf(own!) === versionOf(other!) && differences.length === 0) return undefined;
  return `the CIB is ${versionOf(own!)} on one and ${versionOf(other!)} on the other${differences.length === 0 ? '' : `: ${differences.slice(0, 3).join('; ')}`}`;
}

async function replace(
  seat: pacemaker.Seat,
  { wanted, isForced }: { wanted: cib.XmlDocument; isForced: boolean },
  { step, execution }: { step: RestoreStep; execution: RestoreExecution },
): Promise<void> {
  const { clock, signal } = execution;
  const there = await pacemakerAct.readLiveCib(seat, { clock, signal });
  if (differencesOf(there, wanted).length === 0) return;
  if (!isForced && isConfigured(there))
    throw new AppError('refused', {
      detail: `the cluster has a configuration by now, ${versionOf(there)}: it came from a node that nobody saw`,
      hint: 'Keep it: see holdfast ha status. Nothing of it was replaced.',
    });
  await pacemakerAct.replaceConfiguration(
    seat,
    { wanted, base: cib.epochOf(there), atLeast: cib.epochOf(wanted) },
    { clock },
  );
  await until(step, execution, async () => {
    const differences = differencesOf(await pacemakerAct.readLiveCib(seat, { clock, signal }), wanted);
    return differences.length === 0 ? undefined : `it differs from the backup: ${differences.slice(0, 3).join('; ')}`;
  });
}

async function unsettled(seat: pacemaker.Seat, { clock, signal }: RestoreExecution): Promise<string | undefined> {
  const isIdle = await pacemakerAct.waitPacemaker(seat, { limitMs: CLUSTER_WAIT_SPAN_MS, clock, signal });
  const twice = doubled(await readSituation({ seat, clock }, { signal }));
  if (twice !== undefined) throw new AppError('failed', { detail: twice, hint: 'See holdfast ha status, now.' });
  return isIdle ? undefined : 'the cluster has more to do';
}

/** A daemon that has just been started does not answer for a while. */
async function until(
  { timeLimitMs: limitMs }: RestoreStep,
  { clock, signal, onEvent }: RestoreExecution,
  look: () => Promise<string | undefined>,
): Promise<void> {
  const beginMs = clock.monotonicMs();
  for (;;) {
    signal?.throwIfAborted();
    const lacking = await look().catch((error: unknown) => {
      if (!hasCode(error, ...UNANSWERED)) throw error;
      return error.message;
    });
    if (lacking === undefined) return;
    const elapsedMs = clock.monotonicMs() - beginMs;
    if (elapsedMs >= limitMs)
      throw new AppError('failed', { detail: `after ${Math.round(limitMs / 1000)} s: ${lacking}` });
    onEvent?.({ kind: 'waiting', elapsedMs, limitMs, text: lacking });
    await clock.sleep(CLUSTER_LOOK_MS, signal);
  }
}

function stopped({ node, steps }: RestorePlan, at: number, cause: AppError): AppError {
  const texts = steps.map(({ change }) => WORDS[change.kind]);
  const done = texts.slice(0, at);
  const story = [...(done.length > 0 ? [`done: ${done.join(', ')}`] : []), `not done: ${texts.slice(at).join(', ')}`];
  return new AppError('failed', {
    detail: `ha restore ${node}: ${cause.message} (${story.join('; ')})`,
    hint: `${cause.hint} Run the command again when it is mended: what is done stays done.`,
    cause,
  });
}

const WORDS: Readonly<Record<RestoreStep['change']['kind'], string>> = {
  files: 'files',
  aside: 'old CIB put aside',
  start: 'daemon started',
  member: 'member of the cluster',
  agree: 'CIB compared',
  replace: 'CIB of the backup',
  cleanup: 'cleanup',
};
