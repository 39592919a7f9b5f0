/** The whole way proven: a node is shot by the cluster, comes back, and everything that ran runs again, once. */

import { FENCE_GONE_MS_MAX, FENCE_REJOIN_MS_MAX, FENCE_SHOT_MS_MAX } from '../../base/cluster-limits.ts';
import { AppError, hasCode, textOf } from '../../base/errors.ts';
import { fencing, live } from '../../cluster.ts';
import { type Condition, refuseUnless } from './condition.ts';
import { planPaths, type TriedPath, tryPaths } from './paths.ts';
import { type FencingView, membersOf, readFencing } from './read.ts';
import { isMember, Watch } from './watch.ts';
import { enoughWays, levelsFor, waysTo } from './ways.ts';

export interface ShotFacts {
  votes: fencing.Votes | undefined;
  /** Resources that would be down without the node; undefined when that could not be found out. */
  lost: readonly string[] | undefined;
  /** Of the devices that are known to fence the node, used by others. */
  tried: readonly TriedPath[];
}

export interface ShotPlan {
  target: string;
  /** The node that gives the order. */
  by: string;
  conditions: readonly Condition[];
  steps: readonly string[];
  /** Active now, with the fence devices left out: each must be active exactly once when all is over. */
  active: readonly string[];
  /** So many fencings of the target were known before. */
  eventsBefore: number;
}

export type ShotStep =
  | { kind: 'checked'; conditions: readonly Condition[] }
  | { kind: 'shot' | 'back' | 'settled'; tookMs: number };

export interface ShotResult {
  /** Until the fencer said that it is off and on again; until it was a member; until all ran again. */
  shotMs: number;
  backMs: number;
  settledMs: number;
}

interface ShotDeps {
  seatOf: (node: string) => live.Seat;
  options: live.ReadOptions;
}

/** Asks everything that the plan rests on; switches nothing. */
export async function shotFacts(view: FencingView, target: string, { seatOf, options }: ShotDeps): Promise<ShotFacts> {
  const paths = planPaths(view).paths.filter(
    ({ device, from, target: own }) =>
      from !== target && (own?.node === target || (own === undefined && (device.targets?.includes(target) ?? true))),
  );
  const [votes, lost, tried] = await Promise.all([
    orUnknown(() => fencing.quorumOf(view.seat, options)),
    orUnknown(() => fencing.lostWithout(view.seat, { node: target, cibText: view.cibText }, options)),
    tryPaths(view, paths, { seatOf, options }),
  ]);
  return { votes, lost, tried };
}

export function planShot(view: FencingView, target: string, facts: ShotFacts): ShotPlan {
  const { state, node: by } = view;
  const active = live.primitivesOf(state.resources).filter(({ primitive }) => primitive.isActive);
  return {
    target,
    by,
    conditions: [
      targetCondition(view, target),
      settingCondition(view),
      quietCondition(view),
      pathCondition(view, target, facts.tried),
      quorumCondition(view, target, facts.votes),
      lossCondition(target, facts.lost),
    ],
    steps: [
      `${by}: stonith_admin --reboot ${target}, which cuts its power without warning; limit ${FENCE_SHOT_MS_MAX / 60_000} min`,
      `the fencer's history must tell of a success`,
      `the cluster must have been without ${target}`,
      `${target} must be a member again within ${FENCE_REJOIN_MS_MAX / 60_000} min`,
      'every resource that ran must run again, on one node',
    ],
    active: [...new Set(active.filter(isSingle).map(({ primitive }) => primitive.id))],
    eventsBefore: successesOf(view, target),
  };
}

/**
 * Examines everything once more, shoots, and watches until the node is back.
 * @throws {AppError} `refused`; `failed` when the fencer failed, or the node did not go, or it or a resource did not come
 * back in time; `interrupted`, with what was ordered
 */
export async function executeShot(
  view: FencingView,
  plan: ShotPlan,
  {
    seatOf,
    options,
    override,
    onStep,
  }: ShotDeps & { override?: string | undefined; onStep?: (step: ShotStep) => void },
): Promise<ShotResult> {
  const { target } = plan;
  const before = await readFencing(view.seat, options);
  const now = planShot(before, target, await shotFacts(before, target, { seatOf, options }));
  onStep?.({ kind: 'checked', conditions: now.conditions });
  refuseUnless(now.conditions, override);
  return await watchShot(view.seat, { plan: now, options, onStep });
}

async function watchShot(
  seat: live.Seat,
  {
    plan,
    options,
    onStep,
  }: { plan: ShotPlan; options: live.ReadOptions; onStep: ((step: ShotStep) => void) | undefined },
): Promise<ShotResult> {
  const { target, eventsBefore, active } = plan;
  const watch = new Watch(seat, options);
  const shooting = fencing.rebootNode(seat, target, { ...options, timeLimitMs: FENCE_SHOT_MS_MAX });
  let isShot = false;
  const done = shooting.finally(() => {
    isShot = true;
  });
  done.catch(() => {});
  try {
    let wasSeenOff = false;
    while (!isShot) {
      wasSeenOff ||= await watch.isGone(target);
      await watch.pause();
    }
    await done;
    const shotMs = watch.elapsedMs();
    onStep?.({ kind: 'shot', tookMs: shotMs });
    // A member still, it may be one that nobody has missed yet, or one that was never hit.
    if (!wasSeenOff)
      await watch.until(`the cluster to be without ${target}`, FENCE_GONE_MS_MAX, (state) => !isMember(state, target));
    const after = await watch.until(`${target} to be a member again`, FENCE_REJOIN_MS_MAX, (state) =>
      isMember(state, target),
    );
    const backMs = watch.elapsedMs();
    onStep?.({ kind: 'back', tookMs: backMs });
    if (successesOf(await readFencing(seat, options), target) <= eventsBefore)
      throw new AppError('failed', {
        detail: `${target} is there, but no fencing of it is in the history of ${seat.name}`,
      });
    if (!areAllActive(after, active))
      await watch.until('every resource to run once', FENCE_REJOIN_MS_MAX, (state) => areAllActive(state, active));
    const settledMs = watch.elapsedMs();
    onStep?.({ kind: 'settled', tookMs: settledMs });
    return { shotMs, backMs, settledMs };
  } catch (error) {
    if (hasCode(error, 'failed') || !(options.signal?.aborted || error instanceof AppError)) throw error;
    throw new AppError(options.signal?.aborted ? 'interrupted' : 'failed', {
      detail: `the order to shoot ${target} was given, and what came of it was not seen to its end: ${textOf(error)}`,
      hint: 'See: holdfast ha fence history, holdfast ha status',
      cause: error,
    });
  }
}

function targetCondition(view: FencingView, target: string): Condition {
  const found = membersOf(view).find(({ name }) => name === target);
  if (found === undefined) return { outcome: 'violated', text: `${target} is no node of this cluster` };
  if (view.node === target)
    return {
      outcome: 'violated',
      text: `${target} is the node that is asked: it would shoot itself; ask another with --on NODE`,
    };
  return found.isOnline && !found.isUnclean && !found.isPending
    ? { outcome: 'met', text: `${target} is an online member` }
    : { outcome: 'violated', text: `${target} is not online` };
}

function settingCondition({ state, setting }: FencingView): Condition {
  if (!setting.isEnabled || state.options.fencesNodes === false)
    return { outcome: 'violated', text: setting.lease === undefined ? 'fencing is off' : 'fencing is paused' };
  if (state.options.isInMaintenance)
    return { outcome: 'violated', text: 'the cluster is in maintenance mode: nothing would be taken over' };
  return state.options.fencesNodes === undefined
    ? { outcome: 'unexamined', text: 'whether fencing is on' }
    : { outcome: 'met', text: 'fencing is on' };
}

function quietCondition({ state }: FencingView): Condition {
  const unclean = state.nodes.filter(({ isUnclean }) => isUnclean).map(({ name }) => name);
  const failed = live.primitivesOf(state.resources).filter(({ primitive }) => primitive.isFailed);
  const busy = live.primitivesOf(state.resources).filter(({ primitive }) => primitive.pending !== undefined);
  const why = [
    ...unclean.map((name) => `${name} is unclean`),
    ...failed.map(({ primitive }) => `${primitive.id} has failed`),
    ...busy.map(({ primitive }) => `${primitive.id} is ${primitive.pending}`),
  ];
  return why.length === 0
    ? { outcome: 'met', text: 'no other trouble, nothing under way' }
    : { outcome: 'violated', text: `not the time for a trial: ${why.join(', ')}` };
}

function pathCondition(view: FencingView, target: string, tried: readonly TriedPath[]): Condition {
  const proven = enoughWays(waysTo(target, tried), levelsFor(target, view));
  if (proven !== undefined) {
    const told = proven.map(
      ({ device, from, text }) => `${device.id} answers ${from}, and says that ${target} is ${text}`,
    );
    return { outcome: 'met', text: told.join('; ') };
  }
  const why = tried.find((path) => path.step !== 'registered' && path.tried.outcome !== 'proven');
  const text = `no path to ${target} is proven${why === undefined ? ': no device is known to fence it' : `: ${why.device.id} from ${why.from}: ${why.tried.text}`}`;
  return { outcome: tried.some(({ tried: { outcome } }) => outcome === 'unproven') ? 'unexamined' : 'violated', text };
}

/** Whoever is left must have quorum, or everything stops. */
function quorumCondition(view: FencingView, target: string, votes: fencing.Votes | undefined): Condition {
  const others = membersOf(view).filter(({ name, isOnline, isUnclean }) => name !== target && isOnline && !isUnclean);
  if (others.length === 0) return { outcome: 'violated', text: `${target} is the last node; nobody would be left` };
  if (votes === undefined) return { outcome: 'unexamined', text: 'whether the others keep quorum' };
  const left = votes.present - 1;
  const isKept = votes.isQuorate && (left >= votes.needed || (votes.isTwoNode && left >= 1));
  const told = `${left} of ${votes.expected} votes would be left${votes.isTwoNode ? ', of two nodes one is enough' : `, ${votes.needed} are needed`}`;
  return isKept
    ? { outcome: 'met', text: `the others keep quorum: ${told}` }
    : { outcome: 'violated', text: `the others would lose quorum: ${told}` };
}

function lossCondition(target: string, lost: readonly string[] | undefined): Condition {
  if (lost === undefined) return { outcome: 'unexamined', text: `what would not run without ${target}` };
  return lost.length === 0
    ? { outcome: 'met', text: `everything can run without ${target}, by the scheduler's own word` }
    : { outcome: 'violated', text: `without ${target} these would not run: ${lost.join(', ')}` };
}

/** What must run on one node only; clones follow their nodes, and devices are not needed to be anywhere. */
function isSingle({ primitive, within }: live.Placed): boolean {
  return !live.isFenceDevice(primitive) && within.every(({ kind }) => kind === 'group');
}

function areAllActive(state: live.ClusterState, ids: readonly string[]): boolean {
  const now = live.primitivesOf(state.resources).map(({ primitive }) => primitive);
  return ids.every((id) => {
    const found = now.find((each) => each.id === id);
    return found?.isActive === true && found.nodes.length === 1 && found.pending === undefined;
  });
}

function successesOf({ history }: FencingView, target: string): number {
  return history.filter((event) => event.target === target && event.status === 'success').length;
}

async function orUnknown<T>(work: () => Promise<T>): Promise<T | undefined> {
  try {
    return await work();
  } catch (error) {
    if (!hasCode(error, 'command-missing', 'command-timeout', 'command-failed', 'cluster-unclear')) throw error;
    return undefined;
  }
}
