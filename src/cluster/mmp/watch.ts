/** Whether somebody keeps writing: what one look at a block cannot tell. */
import { MMP_WATCH_STEP_MS_MAX, MMP_WATCH_STEP_MS_MIN } from '../../base/cluster-limits.ts';
import type { MmpHost } from './device.ts';
import type { MmpReading } from './model.ts';
import { readMmp } from './read.ts';
import { stillnessOf, updateIntervalOf } from './wait.ts';

/**
 * `active`: the sequence has moved, somebody has it. `stale`: it has stood still for as long as the kernel itself waits
 * before it takes a file system for abandoned; who wrote last is dead, cut off, or holds it frozen (fsfreeze(8)), as
 * then nothing is written either. `undecided`: not looked long enough. The others are as in `MmpState`.
 */
export type Activity = 'active' | 'stale' | 'undecided' | 'clean' | 'fsck' | 'unprotected' | 'unreadable';

export interface Watched {
  reading: MmpReading;
  activity: Activity;
  /** For how long the block has been as it is, as far as it was watched. */
  stillMs: number;
}

/** What was seen so far. */
export interface Sight {
  watched: Watched;
  /** Monotonic: when the block was first seen as it is now. */
  sinceMs: number;
  /** It has been seen to move. */
  hasMoved: boolean;
}

/**
 * A read may take long, of a device that hangs or over ssh, and the block may have been as it is at any moment of it: since
 * the end of the first such read it is known to be so, until the beginning of the last.
 * @param taken monotonic, of the beginning and the end of reading
 */
export function sightOf(
  before: Sight | undefined,
  reading: MmpReading,
  { beginMs, endMs }: { beginMs: number; endMs: number },
): Sight {
  const isSame = before !== undefined && sequenceOf(before.watched.reading) === sequenceOf(reading);
  const sinceMs = isSame ? before.sinceMs : endMs;
  // From what could not be read to what could is no move.
  const hasMoved = isSame ? before.hasMoved : before !== undefined && before.watched.reading.damage === undefined;
  const stillMs = Math.max(0, beginMs - sinceMs);
  return { watched: { reading, activity: activityOf(reading, { stillMs, hasMoved }), stillMs }, sinceMs, hasMoved };
}

/**
 * Looks again and again, until `signal` is aborted, whose reason it throws.
 * @throws {AppError} as `readMmp`
 */
export async function* watchMmp(host: MmpHost, device: string, signal: AbortSignal): AsyncGenerator<Watched> {
  let sight: Sight | undefined;
  for (;;) {
    const beginMs = host.clock.monotonicMs();
    const reading = await readMmp(host, device, signal);
    sight = sightOf(sight, reading, { beginMs, endMs: host.clock.monotonicMs() });
    yield sight.watched;
    await host.clock.sleep(stepMsOf(reading), signal);
  }
}

function stepMsOf(reading: MmpReading): number {
  const stepMs = updateIntervalOf(reading) * 500;
  return Math.min(MMP_WATCH_STEP_MS_MAX, Math.max(MMP_WATCH_STEP_MS_MIN, stepMs));
}

function activityOf(reading: MmpReading, { stillMs, hasMoved }: { stillMs: number; hasMoved: boolean }): Activity {
  switch (reading.state) {
    case 'clean':
    case 'fsck':
      return reading.state;
    case 'no-mmp':
      return 'unprotected';
    case 'damaged':
    case 'not-ext4':
      return 'unreadable';
    case 'active-or-crashed':
      if (stillMs >= stillnessOf(reading) * 1000) return 'stale';
      return hasMoved ? 'active' : 'undecided';
  }
}

/** States that are no counter are themselves what stands still. */
function sequenceOf({ state, mmp, ext4 }: MmpReading): string {
  return `${state} ${ext4?.uuid ?? ''} ${mmp?.sequence ?? ''}`;
}
