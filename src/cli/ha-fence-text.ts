/** Fencing in words. */
import { type fencing, type live, stonith } from '../cluster.ts';
import type { fence } from '../failover.ts';
import { printable } from './text.ts';
import { formatAge, formatDuration, formatTime } from './time.ts';

export function targetsText({ targets, targetsBy }: fencing.FencingDevice): string {
  if (targets !== undefined) return targets.join(', ') || 'none';
  return targetsBy === 'status' ? 'asked about each node' : 'told by the device';
}

/** Where it is started, which is where the cluster watches it; any node may use it. */
export function startedText({ state }: fence.FencingView, device: fencing.FencingDevice): string {
  if (device.isDisabled) return 'DISABLED';
  const found = devicesIn(state).find(({ id }) => id === device.id);
  if (found === undefined) return 'not told';
  return found.isFailed ? 'FAILED' : found.isActive ? `on ${found.nodes.join(', ')}` : 'STOPPED';
}

export function signOf(view: fence.FencingView, device: fencing.FencingDevice): string {
  return /^[A-Z]/.test(startedText(view, device)) ? '✘' : device.monitorIntervalMs === undefined ? '!' : '✔';
}

/** The first line: whether a shot would be fired now, and until when not. */
export function settingLine({ setting, state, fencing: { devices } }: fence.FencingView, nowMs: number): string {
  const { isEnabled, lease, foreignRules } = setting;
  if (foreignRules.length > 0) return printable(`! fencing depends on rules of ${foreignRules.join(', ')}`);
  if (!isEnabled) return '✘ fencing is OFF, for good: a node that falls silent counts as harmless';
  if (lease !== undefined && !lease.hasEnded)
    return `✘ fencing is PAUSED until ${formatTime(lease.endMs)}, for another ${formatDuration(lease.endMs - nowMs)}: a node that falls silent counts as harmless`;
  if (devices.length === 0) return '✘ fencing is on, but there is no device: nothing can be taken over';
  const ended =
    lease === undefined ? '' : `; a pause ended ${formatAge(lease.endMs, nowMs)}, tidy it away with ha fence resume`;
  return state.options.fencesNodes === false
    ? '✘ fencing is on in the configuration, but the cluster says that it is OFF'
    : `✔ fencing is on${ended}`;
}

export function levelText({ target, index, devices }: fencing.Fencing['levels'][number]): string {
  const whom =
    target.kind === 'node'
      ? target.name
      : target.kind === 'pattern'
        ? `nodes like ${target.pattern}`
        : `${target.name}=${target.value}`;
  return `${whom}, level ${index}: ${devices.join(' and ')}`;
}

export function valueText({ value }: fencing.DeviceParam): string {
  return value instanceof stonith.Secret ? String(value) : value;
}

export function eventFields(event: live.FencingEvent): Record<string, unknown> {
  return { ...event, completed: event.completed?.text ?? null, completed_ms: event.completed?.ms ?? null };
}

export function whenText(event: live.FencingEvent, nowMs: number): string {
  const { completed } = event;
  if (completed === undefined) return '';
  return completed.ms === undefined ? completed.text : `${formatTime(completed.ms)}, ${formatAge(completed.ms, nowMs)}`;
}

function devicesIn({ resources }: live.ClusterState): live.PrimitiveState[] {
  return resources.flatMap((each): live.PrimitiveState[] =>
    each.kind === 'primitive' ? [each] : devicesIn({ resources: each.members } as live.ClusterState),
  );
}
