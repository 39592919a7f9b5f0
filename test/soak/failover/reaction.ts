/** Looks on while a cluster reacts to what has struck it, until that is over. */
import { setTimeout as wait } from 'node:timers/promises';
import { areSame, type Bed, type Places, placesOf } from './bed.ts';
import type { Drawn } from './draw.ts';

/** Until then a fault may not even have been noticed: several tokens, and monitors every 3 s. */
export const REACT_MS_MIN = 11_000;
/** So long must nothing have changed when all is where it was said to go. */
const STABLE_MS = 2_500;
/** When it is not: longer than a file system takes to start on a disk that was left clean. */
const QUIET_MS = 12_000;
/**
 * When the cluster does not call itself idle, as with fencing that fails: longer than fencing and the wait of a mount for a
 * used disk (22 s) take together on a busy machine.
 */
const RESTLESS_MS = 60_000;
const REACT_MS_MAX = 180_000;
const LOOK_MS = 50;
const ASK_EVERY_MS = 1_000;

export interface Moment {
  sinceFaultMs: number;
  /** Since a file system was last mounted or unmounted anywhere. */
  sinceChangeMs: number;
  isExpected: boolean;
}

/** Whether there is anything more to wait for; `ask`: if the cluster says that it is idle, not. */
export function judgeMoment({ sinceFaultMs, sinceChangeMs, isExpected }: Moment): 'wait' | 'ask' | 'over' {
  if (sinceFaultMs >= REACT_MS_MAX) return 'over';
  const quietMs = Math.min(sinceFaultMs, sinceChangeMs);
  if (sinceFaultMs < REACT_MS_MIN) return 'wait';
  if (quietMs >= RESTLESS_MS) return 'over';
  return quietMs >= (isExpected ? STABLE_MS : QUIET_MS) ? 'ask' : 'wait';
}

export interface Reaction {
  places: Places;
  /** LUN → milliseconds after the faults at which it was mounted on another host than at the start. */
  mountedMs: Record<string, number>;
  /** It went on until the limit. */
  isEndless: boolean;
}

/** @param expected any of them ends the wait sooner */
export async function awaitReaction(
  bed: Bed,
  { drawn, expected, signal }: { drawn: Drawn; expected: readonly Places[]; signal: AbortSignal },
): Promise<Reaction> {
  const begin = performance.now();
  const mountedMs: Record<string, number> = {};
  let places = placesOf(bed);
  let changedAt = begin;
  let askedAt = begin;
  for (;;) {
    signal.throwIfAborted();
    const now = performance.now();
    const seen = placesOf(bed);
    if (!areSame(seen, places)) [places, changedAt] = [seen, now];
    for (const [lun, hosts] of Object.entries(seen))
      if (hosts !== '' && hosts !== drawn.start[lun]) mountedMs[lun] ??= Math.round(now - begin);
    const isExpected = expected.some((each) => areSame(each, seen));
    const judged = judgeMoment({ sinceFaultMs: now - begin, sinceChangeMs: now - changedAt, isExpected });
    if (judged === 'over') return { places, mountedMs, isEndless: now - begin >= REACT_MS_MAX };
    if (judged === 'ask' && now - askedAt >= ASK_EVERY_MS) {
      askedAt = now;
      // The answer may have come because something has just been done.
      if ((await bed.isIdle(unharmed(bed, drawn))) && areSame(placesOf(bed), seen))
        return { places: seen, mountedMs, isEndless: false };
    }
    await wait(LOOK_MS, undefined, { signal });
  }
}

/** Those that no fault has hit answer for the cluster; with none left, whoever is on. */
function unharmed({ hosts }: Bed, { faults }: Drawn) {
  const hit = faults.flatMap(({ kind, node, peer }) => (kind.startsWith('fence-') ? [] : [node, peer]));
  const others = hosts.filter(({ name, isOn }) => isOn && !hit.includes(name));
  return others.length > 0 ? others : hosts.filter(({ isOn }) => isOn);
}
