/** A fence device that switches nodes by PowerMan. */
import { FENCE_DELAY_SECONDS } from '../stonith/devices.ts';
import type { FenceDevice } from '../stonith/model.ts';
import type { PowermanView } from './plugs.ts';

const LISTEN = '127.0.0.1:10101';
const NOTES = [
  'In fence-agents 4.12.1 (Debian 12) the action list fails (TypeError: a bytes-like object is required); status, monitor, on, off and reboot work. So pcmk_host_check has to be static-list, never dynamic-list.',
  'powermand is a single point that all fencing hangs on: run it on a machine that is none of the nodes, or on each.',
];

/**
 * One device for the nodes that hang on a plug; undefined when none of them does. PowerMan knows them by their names, so
 * there is no map.
 * @param host where powermand is reached from the nodes, if not where it says that it listens
 */
export function fenceDeviceOfPowerman(
  view: PowermanView,
  nodes: readonly string[],
  host?: string,
): FenceDevice | undefined {
  const hung = new Map(view.plugs.map(({ node, place }) => [node, place]));
  const hosts = nodes.filter((node) => hung.has(node));
  if (hosts.length === 0) return undefined;
  const listen = view.listen[0] ?? LISTEN;
  const at = listen.lastIndexOf(':');
  const address = host ?? listen.slice(0, at);
  const isLocal = host === undefined && /^(?:127\.|localhost$|0\.0\.0\.0$)/.test(address);
  return {
    id: 'fence-powerman',
    agent: 'fence_powerman',
    options: { ip: address === '0.0.0.0' ? '127.0.0.1' : address, ipport: listen.slice(at + 1) },
    hosts,
    plugOf: {},
    mayRunOn: [...nodes],
    delaySecondsOf: nodes.length === 2 && hung.has(nodes[0]!) ? { [nodes[0]!]: FENCE_DELAY_SECONDS } : {},
    asked: isLocal ? [{ option: 'ip', why: 'powermand is only known by an address of its own machine' }] : [],
    notes: NOTES,
    places: hosts.map((node) => hung.get(node)!),
  };
}
