/** What the superblocks of devices say of their protection. */
import { DEVICES_READ_MAX } from '../../base/cluster-limits.ts';
import { hasCode } from '../../base/errors.ts';
import { forEachLimited } from '../../base/tasks.ts';
import { mmp, UNREACHED } from '../../cluster.ts';
import type { DeviceSight, MmpFeature } from './model.ts';

export interface ReadDevices {
  sights: Map<string, DeviceSight>;
  /** Why there is none. */
  failures: Map<string, string>;
}

/** A device that cannot be read, or hangs, must not take along what is known already. */
export async function readDevices(
  host: mmp.MmpHost,
  devices: readonly string[],
  signal: AbortSignal,
): Promise<ReadDevices> {
  const sights = new Map<string, DeviceSight>();
  const failures = new Map<string, string>();
  await forEachLimited(devices, { width: DEVICES_READ_MAX, signal }, async (device) => {
    try {
      const reading = await mmp.readMmp(host, device, signal);
      const feature = featureOf(reading);
      if (feature === undefined) failures.set(device, reading.damage?.text ?? 'damaged');
      else sights.set(device, { feature, afterCrashS: feature === 'on' ? afterCrash(reading) : undefined });
    } catch (error) {
      if (!hasCode(error, 'device-failed', ...UNREACHED)) throw error;
      failures.set(device, error.message);
    }
  });
  return { sights, failures };
}

/** Undefined where damage leaves that open. */
function featureOf({ state, ext4 }: mmp.MmpReading): MmpFeature | undefined {
  if (state === 'not-ext4') return 'not-ext4';
  if (ext4 === undefined) return undefined;
  return ext4.hasMmp ? 'on' : 'off';
}

/** Whoever has it now, and in whatever state it is. */
function afterCrash(reading: mmp.MmpReading): number | undefined {
  return mmp.mountWaitOf({ ...reading, state: 'active-or-crashed' }).mountsAfterS;
}
