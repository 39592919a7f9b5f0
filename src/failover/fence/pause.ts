/** A pause of fencing, as a lease that the cluster keeps; and its end before time. */

import {
  CLUSTER_REREAD_MS,
  FENCE_PAUSE_MS_MAX,
  FENCE_PAUSE_MS_MIN,
  FENCE_SETTLE_MS_MAX,
} from '../../base/cluster-limits.ts';
import { AppError } from '../../base/errors.ts';
import { fencing, live } from '../../cluster.ts';
import type { Condition } from './condition.ts';
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
}

/**
 * @throws {AppError} `usage` for a pause that is too short or too long; `refused` when fencing is off for good, or the
 * configuration leaves no room for a pause
 */
export function planPause({ state, cib, setting }: FencingView, request: PauseRequest): PausePlan {
  const { durationMs, dcNowMs, nowMs } = request;
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
      {
        outcome: state.hasQuorum === undefined ? 'unexamined' : state.hasQuorum ? 'met' : 'violated',
        text: state.hasQuorum ? 'the cluster has quorum' : 'the cluster has no quorum',
      },
      calmCondition(state),
      dcNowMs === undefined
        ? { outcome: 'unexamined', text: `the clock of the DC ${dc ?? ''}, by which the pause ends`.replace('  ', ' ') }
        : { outcome: 'met', text: `the DC ${dc} has the same time, to ${offsetText(dcNowMs - nowMs)}` },
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
 * Sets the lease and waits until the cluster says that fencing is off.
 * @throws {AppError} `failed` when it does not; what the cluster refuses
 */
export async function executePause(seat: live.Seat, plan: PausePlan, options: live.ReadOptions): Promise<void> {
  await fencing.patchCib(seat, (cib) => fencing.pauseEdits(cib, plan.endMs), options);
  await waitFor(seat, false, options);
}

/**
 * Removes the lease and puts the setting where it was.
 * @returns whether there was anything to remove
 * @throws {AppError} `refused` when fencing is off without a pause; `failed` when the cluster does not say that it is on
 */
export async function executeResume(view: FencingView, options: live.ReadOptions): Promise<boolean> {
  const { seat, setting } = view;
  const isChanged = await fencing.patchCib(seat, fencing.resumeEdits, options);
  if (!setting.isEnabled)
    throw new AppError('refused', {
      detail: `fencing is off in the configuration, for good${isChanged ? '; the pause beside that is gone' : ''}`,
      hint: 'Switch it on: crm_attribute --type crm_config --name stonith-enabled --update true',
    });
  await waitFor(seat, true, options);
  return isChanged;
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

async function waitFor(seat: live.Seat, isOn: boolean, options: live.ReadOptions): Promise<void> {
  const { clock, signal } = options;
  const endMs = clock.monotonicMs() + FENCE_SETTLE_MS_MAX;
  for (;;) {
    const { options: told } = await live.readState(seat, options);
    if (told.fencesNodes === isOn) return;
    if (clock.monotonicMs() >= endMs)
      throw new AppError('failed', {
        detail: `${seat.name} took the change, but does not say that fencing is ${isOn ? 'on' : 'off'}`,
        hint: 'See: holdfast ha fence list',
      });
    await clock.sleep(CLUSTER_REREAD_MS, signal);
  }
}

function offsetText(ms: number): string {
  const seconds = Math.round(Math.abs(ms) / 1000);
  return seconds <= 1 ? 'a second' : `${seconds} s, which was allowed for`;
}
