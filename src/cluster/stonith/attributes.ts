/** A fence device as Pacemaker's attributes (pacemaker-fenced(7)). */
import type { FenceDevice } from './model.ts';
import type { Secret } from './secret.ts';

/**
 * Instance attributes in a steady order: the agent's options, then which nodes, then the delay. A delay for one of
 * several nodes needs Pacemaker 2.1.2 or later.
 */
export function fenceAttributesOf(device: FenceDevice): (readonly [name: string, value: string | Secret])[] {
  const attributes: [string, string | Secret][] = Object.entries(device.options);
  const hasMap = Object.keys(device.plugOf).length > 0;
  if (hasMap) attributes.push(['pcmk_host_map', hostMapOf(device)]);
  else attributes.push(['pcmk_host_list', device.hosts.join(',')]);
  attributes.push(['pcmk_host_check', 'static-list']);
  const delays = Object.entries(device.delaySecondsOf);
  if (delays.length > 0) attributes.push(['pcmk_delay_base', delayOf(device, delays)]);
  return attributes;
}

function hostMapOf(device: FenceDevice): string {
  return device.hosts.map((host) => `${host}:${escaped(device.plugOf[host] ?? host)}`).join(';');
}

function delayOf(device: FenceDevice, delays: [string, number][]): string {
  if (device.hosts.length === 1) return `${delays[0]![1]}s`;
  return delays.map(([host, seconds]) => `${host}:${seconds}s`).join(';');
}

/** What ends a name or a plug in a map stands behind a backslash; a comma parts plugs and stays. */
function escaped(plug: string): string {
  return plug.replace(/[\\:=; \t]/g, '\\$&');
}
