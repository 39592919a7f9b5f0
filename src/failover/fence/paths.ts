/** Every path of fencing: which device, used by which node, for which target. None of this switches anything. */

import { FENCE_TRIES_MAX } from '../../base/cluster-limits.ts';
import { forEachLimited } from '../../base/tasks.ts';
import { fencing, type live } from '../../cluster.ts';
import { type FencingView, membersOf } from './read.ts';

export interface FencePath {
  device: fencing.FencingDevice;
  /** The node that would use it. */
  from: string;
  /** `registered`: its fencer knows the device; `monitor`: the device answers; `status`: it tells whether the target is on. */
  step: 'registered' | 'monitor' | 'status';
  target: { node: string; plug: string } | undefined;
  /** Why it cannot be tried at all. */
  obstacle: string | undefined;
}

export interface TriedPath extends FencePath {
  tried: fencing.Tried;
}

const NO_DEVICE = 'no device is configured that is known to fence it';

/**
 * @param only ids of devices; all when empty
 * @returns paths in the order of devices, and nodes that no device is known to fence
 */
export function planPaths(
  view: Pick<FencingView, 'fencing' | 'state'>,
  only: readonly string[] = [],
): { paths: FencePath[]; uncovered: { node: string; why: string }[] } {
  const members = membersOf(view);
  const devices = view.fencing.devices.filter(({ id }) => only.length === 0 || only.includes(id));
  const paths = devices.flatMap((device) =>
    members.filter(({ name }) => !device.barredFrom.includes(name)).flatMap((member) => pathsOf(device, member)),
  );
  const active = view.fencing.devices.filter(({ isDisabled }) => !isDisabled);
  const isSure = active.every(({ targets }) => targets !== undefined);
  const uncovered = members
    .filter(
      ({ name }) =>
        !active.some(({ targets, barredFrom }) => targets?.includes(name) && canUse(members, barredFrom, name)),
    )
    .map(({ name }) => ({
      node: name,
      why: isSure ? NO_DEVICE : 'only devices that choose their nodes themselves could',
    }));
  return { paths, uncovered };
}

/**
 * Tries them, one after the other on each device, which may take one login at a time.
 * @param seatOf of a node, over ssh
 */
export async function tryPaths(
  view: Pick<FencingView, 'state'>,
  paths: readonly FencePath[],
  {
    seatOf,
    options,
    onTried,
  }: { seatOf: (node: string) => live.Seat; options: live.ReadOptions; onTried?: (path: TriedPath) => void },
): Promise<TriedPath[]> {
  const results = new Map<FencePath, TriedPath>();
  const registered = new Map<string, Promise<string[]>>();
  const byDevice = Map.groupBy(paths, ({ device }) => device.id);
  await forEachLimited(byDevice.values(), { width: FENCE_TRIES_MAX, signal: options.signal }, async (own, signal) => {
    for (const path of own) {
      const tried = await tryPath(view, path, { seat: seatOf(path.from), options: { ...options, signal }, registered });
      results.set(path, { ...path, tried });
      onTried?.({ ...path, tried });
    }
  });
  return paths.map((path) => results.get(path)!);
}

interface Trying {
  seat: live.Seat;
  options: live.ReadOptions;
  /** By node, asked once. */
  registered: Map<string, Promise<string[]>>;
}

async function tryPath(view: Pick<FencingView, 'state'>, path: FencePath, trying: Trying): Promise<fencing.Tried> {
  const { device, step, target, obstacle } = path;
  if (obstacle !== undefined) return { outcome: 'unproven', tookMs: 0, text: obstacle, power: undefined };
  if (step === 'registered') return await tryRegistered(path, trying);
  const request = { device, action: step, ...(target === undefined ? {} : { target }) };
  const tried = await fencing.askAgent(trying.seat, request, trying.options);
  const isMember = view.state.nodes.some(({ name, isOnline }) => name === target?.node && isOnline);
  // A wrong plug, or a board that lies: the shot would hit something else, or nothing.
  if (tried.power === 'off' && isMember)
    return { ...tried, outcome: 'failed', text: `says that ${target?.node} is off, which is online: wrong plug?` };
  return tried;
}

async function tryRegistered(
  { device, from }: FencePath,
  { seat, options, registered }: Trying,
): Promise<fencing.Tried> {
  const begin = options.clock.monotonicMs();
  const known = registered.get(from) ?? fencing.registeredDevices(seat, options);
  registered.set(from, known);
  const told = await fencing.unlessUnreached(async () => {
    const isKnown = (await known).includes(device.id);
    const text = isKnown ? 'its fencer may use it' : 'its fencer does not know the device';
    return { outcome: isKnown ? 'proven' : 'failed', text };
  });
  return { ...told, tookMs: Math.round(options.clock.monotonicMs() - begin), power: undefined };
}

function pathsOf(device: fencing.FencingDevice, { name, isOnline }: live.NodeState): FencePath[] {
  const obstacle = device.isDisabled
    ? 'the device is stopped on purpose'
    : isOnline
      ? undefined
      : `${name} is not online`;
  const path = (step: FencePath['step'], target?: FencePath['target'], own = obstacle): FencePath => {
    return { device, from: name, step, target, obstacle: own };
  };
  const targets = device.targets?.flatMap((node) => {
    const plugs = (device.plugs.get(node) ?? node).split(',');
    return plugs.map((plug) => path('status', { node, plug }));
  });
  const asked = 'which nodes it fences is known to the device alone: stonith_admin --list NODE tells which are meant';
  return [path('registered'), path('monitor'), ...(targets ?? [path('status', undefined, obstacle ?? asked)])];
}

/** Somebody else than the target, or the target itself where it is the only one. */
function canUse(members: readonly live.NodeState[], barredFrom: readonly string[], target: string): boolean {
  return members.some(({ name }) => name !== target && !barredFrom.includes(name)) || members.length === 1;
}
