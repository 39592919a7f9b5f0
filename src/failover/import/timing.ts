/** How long an operation of an agent may take. */
import type { cib } from '../../cluster.ts';
import { isSharedMount } from '../claims.ts';

/** Seconds. */
interface Timing {
  start: number;
  stop: number;
  /** How often, and how long it may take. */
  monitor: readonly [interval: number, timeout: number];
}

/**
 * At least what the metadata of the agents advise. A file system that is mounted after a crash waits first for the multiple
 * mount protection: 45 s at the usual update interval of 5 s (measured), and then replays its journal.
 */
const TIMINGS: Readonly<Record<string, Timing>> = {
  'ocf:heartbeat:Filesystem': { start: 120, stop: 120, monitor: [20, 40] },
  'ocf:lustre:Lustre': { start: 450, stop: 300, monitor: [60, 300] },
  'ocf:heartbeat:IPaddr2': { start: 20, stop: 20, monitor: [10, 20] },
  'ocf:heartbeat:mdraid': { start: 60, stop: 60, monitor: [20, 20] },
  'ocf:heartbeat:LVM': { start: 60, stop: 60, monitor: [20, 30] },
  'ocf:heartbeat:apache': { start: 40, stop: 60, monitor: [10, 30] },
  'ocf:heartbeat:nginx': { start: 40, stop: 60, monitor: [10, 60] },
  'ocf:heartbeat:mysql': { start: 120, stop: 120, monitor: [20, 30] },
  'ocf:heartbeat:pgsql': { start: 120, stop: 120, monitor: [30, 30] },
  'ocf:heartbeat:named': { start: 60, stop: 60, monitor: [30, 30] },
  'ocf:heartbeat:nfsserver': { start: 40, stop: 40, monitor: [10, 30] },
  'ocf:heartbeat:db2': { start: 120, stop: 120, monitor: [20, 60] },
  'ocf:heartbeat:ids': { start: 120, stop: 120, monitor: [10, 60] },
  'ocf:heartbeat:WAS': { start: 300, stop: 300, monitor: [10, 30] },
  'ocf:heartbeat:ServeRAID': { start: 40, stop: 40, monitor: [10, 20] },
  'ocf:heartbeat:ldirectord': { start: 20, stop: 20, monitor: [20, 20] },
  'ocf:linbit:drbd': { start: 240, stop: 100, monitor: [29, 20] },
};
const LUSTRE: Timing = { start: 450, stop: 300, monitor: [60, 300] };
const OTHER: Timing = { start: 30, stop: 30, monitor: [10, 30] };
/** Programs that take their time to come up and to finish. */
const SERVICE: Timing = { start: 100, stop: 100, monitor: [30, 60] };

export function timingOf(agent: string, params: Readonly<Record<string, string>>): Timing {
  if (agent === 'ocf:heartbeat:Filesystem' && params['fstype'] === 'lustre') return LUSTRE;
  if (agent === 'ocf:heartbeat:Delay') return delayTiming(params);
  if (/^(?:lsb|systemd):/.test(agent)) return SERVICE;
  return TIMINGS[agent] ?? OTHER;
}

export function operationsOf(agent: string, params: Readonly<Record<string, string>>): cib.PlainOperation[] {
  const { start, stop, monitor } = timingOf(agent, params);
  const deep = readsDevice(agent, params) ? { params: { OCF_CHECK_LEVEL: '10' } } : {};
  return [
    { name: 'start', timeout: `${start}s` },
    { name: 'stop', timeout: `${stop}s` },
    { name: 'monitor', interval: `${monitor[0]}s`, timeout: `${monitor[1]}s`, ...deep },
  ];
}

/**
 * ext4 stays mounted when the path to its disk is lost, so the mount alone tells nothing. The agent reads a block of the device
 * past the cache, which harms nothing; of a Lustre target it would not, and leaves it out by itself.
 */
function readsDevice(agent: string, params: Readonly<Record<string, string>>): boolean {
  return agent === 'ocf:heartbeat:Filesystem' && isOnDevice(params);
}

/** As the agent tells it; of all others its deeper monitor does nothing, and warns of that each time. */
function isOnDevice({ device = '', fstype: type, options }: Readonly<Record<string, string>>): boolean {
  if (type === 'lustre' || /(?:^|,)loop(?:,|=|$)/.test(options ?? '')) return false;
  return ['gfs2', 'ocfs2'].includes(type ?? '') || !isSharedMount({ device, type, options });
}

/** It sleeps for as long as it is told, in each operation. */
function delayTiming({ startdelay = '20', stopdelay = '30' }: Readonly<Record<string, string>>): Timing {
  const enough = (text: string): number => OTHER.start + (/^\d+$/.test(text) ? Number(text) : 0);
  const start = enough(startdelay);
  return { start, stop: enough(stopdelay), monitor: [OTHER.monitor[0], start] };
}

export function timingReason(agent: string, params: Readonly<Record<string, string>>): string {
  const { start, stop, monitor } = timingOf(agent, params);
  const told = `start ${start} s, stop ${stop} s, monitor every ${monitor[0]} s within ${monitor[1]} s`;
  if (agent === 'ocf:lustre:Lustre' || params['fstype'] === 'lustre')
    return `${told}: a mount after a crash waits for the multiple mount protection (45 s at an update interval of 5 s) and for the management server before clients recover; an unmount waits for its clients`;
  if (agent === 'ocf:heartbeat:Filesystem' && !isOnDevice(params))
    return `${told}: the monitor sees whether it is mounted, and no more, as there is no device of its own to read`;
  if (agent === 'ocf:heartbeat:Filesystem')
    return `${told}: a mount after a crash waits for the multiple mount protection (45 s at an update interval of 5 s), then for the journal; the monitor reads the device, as a mount outlives the path to its disk`;
  return told;
}
