/** A pause of fencing, as a lease that the cluster keeps; and its end before time. */

import {
  CLUSTER_REREAD_MS,
  FENCE_CLOCKS_MS_MAX,
  FENCE_PAUSE_MS_MAX,
  FENCE_PAUSE_MS_MIN,
  FENCE_SETTLE_MS_MAX,
} from '../../base/cluster-limits.ts';
import { AppError, hasCode } from '../../base/errors.ts';
import { fencing, live, UNANSWERED } from '../../cluster.ts';
import { type Condition, refuseUnless } from './condition.ts';
import type { FencingView } from './read.ts';

export interface PausePlan {
  /** By the clock of the DC: milliseconds since 1970. */
  endMs: number;
  /** A pause that is there gets another end. */
  isChange: boolean;
  conditions: readonly Condition[];
  /** How late the end may be noticed. */
  noticedAfterMs: number | undefined;
}

export interface PauseRequest {
  durationMs: number;
  /** By the clock of the DC; undefined when that could not be asked. */
  dcNowMs: number | undefined;
  nowMs: number;
  /** Of the other members, at the same time; undefined where it could not be asked. */
  clocks: ReadonlyMap<string, number | undefined>;
}

/**
 * @throws {AppError} `usage` for a pause that is too short or too long; `refused` when fencing is off for good, or the
 * configuration leaves no room for a pause
 */
export function planPause({ state, cib, setting }: FencingView, request: PauseRequest): PausePlan {
  const { durationMs, dcNowMs, nowMs, clocks } = request;
  if (durationMs < FENCE_PAUSE_MS_MIN || durationMs > FENCE_PAUSE_MS_MAX)
    throw new AppError('usage', {
      detail: `a pause of ${durationMs / 1000} s`,
      hint: `Give one from ${FENCE_PAUSE_MS_MIN / 1000} s to ${FENCE_PAUSE_MS_MAX / 3_600_000} h.`,
    });
  // Whole seconds, as dates of rules have no others.
  const endMs = Math.ceil(((dcNowMs ?? nowMs) + durationMs) / 1000) * 1000;
  // Throws where there is no room.
  fencing.pauseEdits(cib, endMs);
  const { noticedAfterMs } = fencing.recheckOf(cib);
  const dc = state.dc?.name;
  return {
    endMs,
    isChange: setting.lease !== undefined,
    noticedAfterMs,
    conditions: [
      quorumCondition(state),
      calmCondition(state),
      dcNowMs === undefined
        ? { outcome: 'unexamined', text: `the clock of the DC ${dc ?? ''}, by which the pause ends`.replace('  ', ' ') }
        : { outcome: 'met', text: `the DC ${dc} has the same time, to ${offsetText(dcNowMs - nowMs)}` },
      clocksCondition(state, dcNowMs ?? nowMs, clocks),
      noticedAfterMs === undefined
        ? {
            outcome: 'violated',
            text: 'cluster-recheck-interval is 0 and this Pacemaker does not look ahead: it would never notice the end',
          }
        : {
            outcome: 'met',
            text: `the end is noticed ${noticedAfterMs === 0 ? 'at once' : `within ${noticedAfterMs / 1000} s`}`,
          },
    ],
  };
}

/**
 * Looks once more whether a node waits to be fenced, sets the lease, and waits until the cluster says that fencing is off.
 * @throws {AppError} `refused`, and nothing was changed; `failed` or `interrupted` when the lease is set and the cluster
 * does not say so; what the cluster refuses
 */
export async function executePause(seat: live.Seat, plan: PausePlan, options: live.ReadOptions): Promise<void> {
  const state = await live.readState(seat, options);
  // What could not be examined was overridden with the plan, if at all.
  refuseUnless([quorumCondition(state), calmCondition(state)], 'planned');
  await fencing.patchCib(seat, (cib) => fencing.pauseEdits(cib, plan.endMs), options);
  const end = new Date(plan.endMs).toISOString();
  await waitFor(seat, false, {
    options,
    left: `the pause stands in its configuration, and may hold until ${end}`,
    hint: 'See: holdfast ha fence list. To take it back: holdfast ha fence resume',
  });
}

/**
 * How many changes would remove the lease and put the setting where it was; 0 when there is no pause.
 * @throws {AppError} `refused` when fencing is off without a pause, which no resuming ends
 */
export function planResume({ cib, setting }: FencingView): number {
  if (!setting.isEnabled) throw offForGood('');
  return fencing.resumeEdits(cib).length;
}

/**
 * Removes the lease and puts the setting where it was.
 * @returns whether there was anything to remove
 * @throws {AppError} `refused` when fencing is off without a pause; `failed` when the cluster does not say that it is on
 */
export async function executeResume(view: FencingView, options: live.ReadOptions): Promise<boolean> {
  const { seat, setting } = view;
  const isChanged = await fencing.patchCib(seat, fencing.resumeEdits, options);
  if (!setting.isEnabled) throw offForGood(isChanged ? '; the pause beside that is gone' : '');
  await waitFor(seat, true, {
    options,
    left: isChanged ? 'the pause is gone from its configuration' : 'there is no pause in its configuration',
    hint: 'See: holdfast ha fence list',
  });
  return isChanged;
}

function offForGood(more: string): AppError {
  return new AppError('refused', {
    detail: `fencing is off in the configuration, for good${more}`,
    hint: 'Switch it on: crm_attribute --type crm_config --name stonith-enabled --update true',
  });
}

/** With fencing off, a node that is not surely off counts as harmless at once, and its resources start elsewhere. */
function calmCondition(state: live.ClusterState): Condition {
  const unclean = state.nodes.filter(({ isUnclean }) => isUnclean).map(({ name }) => name);
  if (unclean.length > 0) {
    const text = `${unclean.join(', ')} waits to be fenced; a pause would have the cluster take it for dead and start its resources elsewhere`;
    return { outcome: 'violated', text };
  }
  const pending = state.fencing?.filter(({ status }) => status === 'pending').map(({ target }) => target) ?? [];
  if (pending.length > 0) return { outcome: 'violated', text: `${pending.join(', ')} is being fenced right now` };
  if (state.fencing === undefined) return { outcome: 'unexamined', text: 'whether a fencing is under way' };
  return { outcome: 'met', text: 'no node waits to be fenced' };
}

function quorumCondition({ hasQuorum }: live.ClusterState): Condition {
  if (hasQuorum === undefined) return { outcome: 'unexamined', text: 'whether the cluster has quorum' };
  return hasQuorum
    ? { outcome: 'met', text: 'the cluster has quorum' }
    : { outcome: 'violated', text: 'the cluster has no quorum' };
}

/** Whoever is the DC when the pause ends judges it by its own clock: one that is behind makes it longer. */
function clocksCondition(
  { nodes, dc }: live.ClusterState,
  dcMs: number,
  clocks: ReadonlyMap<string, number | undefined>,
): Condition {
  const others = nodes.filter(({ name, kind, isOnline }) => isOnline && kind === 'member' && name !== dc?.name);
  const told = others.map(({ name }) => ({ name, ms: clocks.get(name) }));
  const late = told.filter(({ ms }) => ms !== undefined && dcMs - ms > FENCE_CLOCKS_MS_MAX);
  if (late.length > 0) {
    const each = late.map(({ name, ms }) => `${name} is ${Math.round((dcMs - ms!) / 1000)} s behind`);
    const text = `the clocks of the nodes differ: ${each.join(', ')}; as the DC it would end the pause that much later`;
    return { outcome: 'violated', text };
  }
  const unknown = told.flatMap(({ name, ms }) => (ms === undefined ? [name] : []));
  if (unknown.length > 0)
    return {
      outcome: 'unexamined',
      text: `the clock of ${unknown.join(', ')}, which may be the DC when the pause ends`,
    };
  return { outcome: 'met', text: 'no other clock is behind, by which the pause might end later' };
}

/** What the cluster says of fencing; what it was told stands in its configuration, whatever becomes of this. */
async function waitFor(
  seat: live.Seat,
  isOn: boolean,
  { options, left, hint }: { options: live.ReadOptions; left: string; hint: string },
): Promise<void> {
  const { clock, signal } = options;
  const endMs = clock.monotonicMs() + FENCE_SETTLE_MS_MAX;
  for (;;) {
    if ((await toldOf(seat, { ...options, signal: undefined })) === isOn) return;
    const isOver = clock.monotonicMs() >= endMs;
    if (isOver || signal?.aborted)
      throw new AppError(isOver ? 'failed' : 'interrupted', {
        detail: `${seat.name} took the change, but does not say that fencing is ${isOn ? 'on' : 'off'}: ${left}`,
        hint,
      });
    await clock.sleep(CLUSTER_REREAD_MS);
  }
}

/** Undefined while a DC is being elected, or nothing is said. */
async function toldOf(seat: live.Seat, options: live.ReadOptions): Promise<boolean | undefined> {
  try {
    return (await live.readState(seat, options)).options.fencesNodes;
  } catch (error) {
    if (!hasCode(error, ...UNANSWERED)) throw error;
    return undefined;
  }
}

function offsetText(ms: number): string {
  const seconds = Math.round(Math.abs(ms) / 1000);
  return seconds <= 1 ? 'a second' : `${seconds} s, which was allowed for`;
}
