/** How long a mount waits for the protection, by the rules of Linux's fs/ext4/mmp.c; the same since Linux 3.0. */
import type { MmpReading } from './model.ts';

/** A check interval is never taken for less (EXT4_MMP_MIN_CHECK_INTERVAL). */
const CHECK_INTERVAL_S_MIN = 5;
/** However long the check interval is, the wait is at most this much longer. */
const WAIT_BEYOND_S_MAX = 60;
/** What an update interval of 0 stands for (tune2fs(8), mmp_update_interval). */
const UPDATE_INTERVAL_S_DEFAULT = 5;

export interface MountWait {
  /** Until a read-write mount goes through, when nobody else has it; undefined when it will not. */
  mountsAfterS: number | undefined;
  /** Until it is refused, when somebody else has it; undefined when the protection would not refuse it. */
  refusedAfterS: number | undefined;
}

/** Seconds between two writes of whoever has it. */
export function updateIntervalOf({ ext4 }: MmpReading): number {
  return ext4?.updateIntervalS || UPDATE_INTERVAL_S_DEFAULT;
}

/**
 * Seconds that a sequence must stand still before its owner counts as gone: twice the larger of the two intervals and
 * one second, or a minute more than it where that is less. Both intervals count, as the owner writes the longest time
 * it needed for a write into the block.
 */
export function stillnessOf({ ext4, mmp }: MmpReading): number {
  const intervals = [CHECK_INTERVAL_S_MIN, ext4?.updateIntervalS ?? 0, mmp?.checkIntervalS ?? 0];
  const intervalS = Math.max(...intervals);
  return Math.min(intervalS * 2 + 1, intervalS + WAIT_BEYOND_S_MAX);
}

/** A mount that finds the mark of nobody goes through at once; any other waits, writes a sequence of its own, and waits again. */
export function mountWaitOf(reading: MmpReading): MountWait {
  switch (reading.state) {
    case 'clean':
    case 'no-mmp':
      return { mountsAfterS: 0, refusedAfterS: undefined };
    case 'active-or-crashed':
      return { mountsAfterS: 2 * stillnessOf(reading), refusedAfterS: stillnessOf(reading) };
    case 'fsck':
    case 'damaged':
    case 'not-ext4':
      return { mountsAfterS: undefined, refusedAfterS: 0 };
  }
}
