/** What is said of a device and its multiple-mount protection, to people and to programs. */
import { mmp } from '../cluster.ts';
import { formatAge } from './time.ts';

export const STATES = {
  clean: 'clean',
  'active-or-crashed': 'active or crashed',
  fsck: 'fsck',
  'not-ext4': 'not ext4',
  'no-mmp': 'NO MMP',
  damaged: 'DAMAGED',
} as const satisfies Record<mmp.MmpState, string>;

export function waitText(reading: mmp.MmpReading): string {
  const { mountsAfterS, refusedAfterS } = mmp.mountWaitOf(reading);
  if (reading.state === 'no-mmp') return 'no wait, and no protection';
  if (mountsAfterS === 0) return 'no wait';
  if (mountsAfterS === undefined) return 'refused';
  return `refused after ${refusedAfterS} s, or mounted after ${mountsAfterS} s`;
}

/** Who wrote the block last, and with which device; empty when nobody is known. */
export function writerText({ mmp: block }: mmp.MmpReading): string {
  if (block === undefined || block.nodeName === '') return '';
  return block.deviceName === '' ? block.nodeName : `${block.nodeName} (${block.deviceName})`;
}

/** Of another host's clock: what lies ahead of this one's says so. */
export function writtenText({ mmp: block }: mmp.MmpReading, nowMs: number): string {
  return block?.timeMs === undefined ? '' : formatAge(block.timeMs, nowMs);
}

/** What to know or do where the state alone does not tell; undefined when there is nothing. */
export function adviceText({ state, damage, ext4 }: mmp.MmpReading): string | undefined {
  switch (state) {
    case 'damaged':
    case 'not-ext4':
      return damage?.text;
    case 'no-mmp':
      return 'a second host can mount it at any time, which destroys it; see holdfast ha mmp enable';
    case 'fsck':
      return 'e2fsck or tune2fs is at work on it, or died; if it died, see holdfast ha mmp clear';
    case 'active-or-crashed':
      return 'holdfast ha mmp watch tells which';
    case 'clean':
      return ext4?.hasErrors ? 'the kernel has found errors in it: run e2fsck before it is mounted' : undefined;
  }
}

/** Fields for programs. */
export function readingFields(reading: mmp.MmpReading): Record<string, unknown> {
  const { state, damage, ext4, mmp: block } = reading;
  const { mountsAfterS, refusedAfterS } = mmp.mountWaitOf(reading);
  return {
    state,
    has_mmp: ext4?.hasMmp ?? null,
    damage: damage === undefined ? null : { at: damage.at, kind: damage.kind, text: damage.text },
    label: ext4?.label ?? null,
    uuid: ext4?.uuid ?? null,
    last_mounted: ext4?.lastMounted ?? null,
    clean: ext4?.isClean ?? null,
    needs_recovery: ext4?.needsRecovery ?? null,
    has_errors: ext4?.hasErrors ?? null,
    sequence: block?.sequence ?? null,
    time: block?.timeMs === undefined ? null : new Date(block.timeMs).toISOString(),
    node_name: block?.nodeName ?? null,
    device_name: block?.deviceName ?? null,
    check_interval_s: block?.checkIntervalS ?? null,
    update_interval_s: ext4?.hasMmp ? mmp.updateIntervalOf(reading) : null,
    mounts_after_s: mountsAfterS ?? null,
    refused_after_s: refusedAfterS ?? null,
  };
}
