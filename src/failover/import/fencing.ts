/** Fence devices, which node may use them, and what is missing. */
import { AppError } from '../../base/errors.ts';
import { type cib, powerman, type stonith } from '../../cluster.ts';
import type { FencePrimitive, Notebook } from './model.ts';

export interface FencingParts {
  fencing: FencePrimitive[];
  constraints: cib.PlainConstraint[];
}

/** The device is asked so often whether it answers; service processors get slow when asked more. */
const OPERATIONS: readonly cib.PlainOperation[] = [
  { name: 'start', timeout: '60s' },
  { name: 'stop', timeout: '20s' },
  { name: 'monitor', interval: '60s', timeout: '60s' },
];

export function planFencing(
  { devices, unmapped }: stonith.FencePlan,
  { nodes, notebook }: { nodes: readonly string[]; notebook: Notebook },
): FencingParts {
  for (const { place, plugin, why, instead } of unmapped)
    notebook.unmapped.push({ what: `STONITH by ${plugin}`, place, why: `it ${why}`, instead });
  const parts = partsOf(devices, { nodes, notebook });
  tellWhole(devices, { nodes, notebook });
  return parts;
}

/** Each device for itself; whether all nodes can be shot, `tellUncovered` says. */
export function partsOf(
  devices: readonly stonith.FenceDevice[],
  { nodes, notebook }: { nodes: readonly string[]; notebook: Notebook },
): FencingParts {
  for (const device of devices) tellDevice(device, notebook);
  return {
    fencing: devices.map((device) => ({ device, operations: OPERATIONS })),
    constraints: devices.flatMap((device) => bansOf(device, nodes)),
  };
}

/**
 * With a device for the nodes that PowerMan switches, unless a line of STONITH made one already.
 * @throws {AppError} `config` when powermand would not start with it, or it switches none of the nodes
 */
export function withPowerman(
  plan: stonith.FencePlan,
  view: powerman.PowermanView | undefined,
  { nodes, survivor = nodes[0] }: { nodes: readonly string[]; survivor: string | undefined },
): stonith.FencePlan {
  if (view === undefined || plan.devices.some(({ agent }) => agent === 'fence_powerman')) return plan;
  const wrong = view.findings.find(({ level }) => level === 'error');
  if (wrong !== undefined)
    throw new AppError('config', {
      detail: `${wrong.place.file}:${wrong.place.line}:${wrong.place.column}: ${wrong.text}`,
      hint: `${wrong.remedy}; holdfast ha lint tells all of it.`,
    });
  const device = powerman.fenceDeviceOfPowerman(view, nodes);
  if (device === undefined)
    throw new AppError('config', {
      detail: `PowerMan switches none of ${nodes.join(', ')}`,
      hint: 'Its nodes must be called as those of ha.cf.',
    });
  const [delay] = Object.values(device.delaySecondsOf);
  const delaySecondsOf = delay === undefined || !device.hosts.includes(survivor!) ? {} : { [survivor!]: delay };
  return { ...plan, devices: [...plan.devices, { ...device, delaySecondsOf }] };
}

function bansOf({ id, mayRunOn }: stonith.FenceDevice, nodes: readonly string[]): cib.PlainConstraint[] {
  return nodes
    .filter((node) => !mayRunOn.includes(node))
    .map((node) => ({
      kind: 'location',
      id: `${id}-not-on-${node}`,
      resource: id,
      prefer: { node, score: '-INFINITY' },
    }));
}

function tellDevice(device: stonith.FenceDevice, { explanations, unmapped }: Notebook): void {
  const { id, agent, hosts, mayRunOn, asked, notes, delaySecondsOf } = device;
  const [place] = device.places;
  const delays = Object.entries(delaySecondsOf).map(
    ([host, delay]) =>
      ` Shooting ${host} waits ${delay} s, so that of two nodes that shoot at each other ${host} lives on.`,
  );
  explanations.push({
    about: id,
    place,
    was: placesText(device),
    becomes: `stonith:${agent}, shoots ${hosts.join(', ')}, used by ${mayRunOn.join(', ')}`,
    why:
      `${notes.filter((text) => text !== '').join(' ')}${delays.join('')}`.trim() ||
      'The agent for this kind of device.',
  });
  for (const { option, why } of asked)
    unmapped.push({
      what: `${id}: ${option}`,
      place,
      why: `the old files do not tell it: ${why}`,
      instead: `set ${option} of ${id} before the cluster starts anything`,
    });
}

/** The lines themselves hold passwords. */
function placesText({ places }: stonith.FenceDevice): string {
  return places.length === 0 ? 'fence' : `stonith of line ${[...new Set(places.map(({ line }) => line))].join(', ')}`;
}

function tellWhole(
  devices: readonly stonith.FenceDevice[],
  { nodes, notebook }: { nodes: readonly string[]; notebook: Notebook },
): void {
  notebook.explanations.push({
    about: 'stonith-enabled',
    place: undefined,
    was: `fence devices: ${devices.map(({ id }) => id).join(', ') || 'none'}`,
    becomes: 'stonith-enabled=true, stonith-action=reboot',
    why: 'It is never turned off here: without fencing, a takeover from a node that is only believed dead mounts a file system twice. Reboot is what Heartbeat did.',
  });
  if (devices.length === 0) {
    notebook.unmapped.push({
      what: 'fencing',
      place: undefined,
      why: 'no fence device came out of the old configuration; the cluster will start nothing until fencing is there',
      instead:
        'add a fence device for each node (holdfast ha fence list afterwards), and do not set stonith-enabled=false',
    });
    return;
  }
  tellUncovered(devices, { nodes, notebook });
}

export function tellUncovered(
  devices: readonly stonith.FenceDevice[],
  { nodes, notebook }: { nodes: readonly string[]; notebook: Notebook },
): void {
  const shot = (node: string): boolean =>
    devices.some(({ hosts, mayRunOn }) => hosts.includes(node) && mayRunOn.some((from) => from !== node));
  for (const node of nodes.filter((each) => !shot(each)))
    notebook.unmapped.push({
      what: `fencing of ${node}`,
      place: undefined,
      why: 'no other node can shoot it; when it is lost, what ran on it stays down',
      instead: `add a fence device that shoots ${node}, used by ${nodes.filter((each) => each !== node).join(', ')}`,
    });
}
