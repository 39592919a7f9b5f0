/** How long a transition takes: the longest way through its graph, by the limits of what is done on it. */
import type { simulator } from '../../cluster.ts';
import type { EstimatePart, Graph, World } from './model.ts';
import { isShown, nameOf } from './transition.ts';

type Action = simulator.GraphAction;

export interface PathInput {
  world: World;
  transition: simulator.SimulatedTransition;
  /** Ids of what was done. */
  done: ReadonlySet<number>;
  shots: readonly ({ node: string; delayMs: number; randomMs: number } | { node: string; why: string })[];
  /** Nodes that went without unmounting: what they had mounted waits. */
  lost: ReadonlySet<string>;
}

interface Reached {
  part: EstimatePart[];
  from: Reached | undefined;
  leastMs: number;
  mostMs: number;
}

export function criticalPath(input: PathInput): EstimatePart[] {
  const reached = new Map<number, Reached>();
  const ends: Reached[] = [];
  for (const action of input.transition.graph) {
    if (!input.done.has(action.id)) continue;
    const before = action.after.flatMap((id) => reached.get(id) ?? []);
    const from = before.toSorted((a, b) => b.mostMs - a.mostMs || b.leastMs - a.leastMs)[0];
    const part = isShown(action) ? partsOf(action, input) : [];
    const leastMs = part.reduce((sum, each) => sum + each.leastMs, 0);
    const mostMs = part.reduce((sum, each) => sum + each.mostMs, 0);
    const here = { part, from, leastMs: (from?.leastMs ?? 0) + leastMs, mostMs: (from?.mostMs ?? 0) + mostMs };
    reached.set(action.id, here);
    if (part.length > 0) ends.push(here);
  }
  const end = ends.toSorted((a, b) => b.mostMs - a.mostMs || b.leastMs - a.leastMs)[0];
  const parts: EstimatePart[] = [];
  for (let at = end; at !== undefined; at = at.from) parts.unshift(...at.part);
  return parts;
}

function partsOf(action: Action, { world, transition, shots, lost }: PathInput): EstimatePart[] {
  if (action.kind === 'fence') {
    const shot = shots.find(({ node }) => node === action.node);
    const { delayMs, randomMs } = shot !== undefined && 'delayMs' in shot ? shot : { delayMs: 0, randomMs: 0 };
    const delay = { what: `delay before fencing ${action.node}`, leastMs: delayMs, mostMs: delayMs + randomMs };
    return [
      ...(delay.mostMs > 0 ? [delay] : []),
      { what: `fence ${action.node} (stonith-timeout)`, leastMs: 0, mostMs: transition.fencingTimeoutMs },
    ];
  }
  const waitMs = mountWaitOf(action, { world, lost });
  if (waitMs === 0) return [{ what: nameOf(action), leastMs: 0, mostMs: action.timeoutMs }];
  const what = `${nameOf(action)}, of it the wait of multiple-mount protection ${waitMs / 1000} s`;
  return [{ what, leastMs: waitMs, mostMs: Math.max(waitMs, action.timeoutMs) }];
}

/** Of a start of what was mounted on a node that went without unmounting it; else 0. In milliseconds. */
function mountWaitOf(
  { kind, operation, resource: name }: Action,
  { world, lost }: Pick<PathInput, 'world' | 'lost'>,
): number {
  const resource = world.resources.find(({ id }) => id === name);
  const wasLost = (world.placement.get(name) ?? []).some((node) => lost.has(node));
  const isMount = kind === 'operation' && operation === 'start' && wasLost && resource !== undefined;
  return isMount ? world.timing.mountWaitMs(resource) : 0;
}

/**
 * Mounts whose waits are counted side by side. A node under load is given one job at a time (Pacemaker Explained, cluster
 * options load-threshold and node-action-limit), and then they add up.
 */
export function waitsInTurn({ world, transition, done, lost }: Omit<PathInput, 'shots'>): string[] {
  const mounts = transition.graph.flatMap((action) => {
    const waitMs = done.has(action.id) ? mountWaitOf(action, { world, lost }) : 0;
    return waitMs > 0 ? [{ id: action.id, node: action.node, waitMs }] : [];
  });
  return Object.entries(Object.groupBy(mounts, ({ node }) => node)).flatMap(([node, here = []]) => {
    const inTurnMs = here.reduce((sum, { waitMs }) => sum + waitMs, 0);
    const atOnceMs = longestOf(transition.graph, new Map(here.map(({ id, waitMs }) => [id, waitMs])));
    if (inTurnMs <= atOnceMs) return [];
    return [
      `${here.length} file systems are mounted on ${node}, and their waits of ${atOnceMs / 1000} s are counted side by side: while its load is high, Pacemaker starts one after the other (load-threshold), and they come to ${inTurnMs / 1000} s.`,
    ];
  });
}

/** Of these times, the most that follow one another. */
function longestOf(graph: Graph, timeMs: ReadonlyMap<number, number>): number {
  const reached = new Map<number, number>();
  for (const { id, after } of graph)
    reached.set(id, (timeMs.get(id) ?? 0) + Math.max(0, ...after.map((before) => reached.get(before) ?? 0)));
  return Math.max(0, ...reached.values());
}

export interface ShortStart {
  text: string;
  /** False when the wait was taken for granted, not read. */
  isCertain: boolean;
}

/** Mounts that wait longer than their start may take, and so fail. */
export function tooShort({ world, transition, done, lost }: Omit<PathInput, 'shots'>): ShortStart[] {
  return transition.graph.flatMap(({ id, kind, operation, resource: name, node, timeoutMs }) => {
    const resource = world.resources.find((each) => each.id === name);
    if (!done.has(id) || kind !== 'operation' || operation !== 'start' || resource === undefined) return [];
    if (!(world.placement.get(name) ?? []).some((each) => lost.has(each))) return [];
    const waitMs = world.timing.mountWaitMs(resource);
    if (waitMs < timeoutMs) return [];
    const isCertain = world.timing.isMountWaitKnown(resource);
    const [wait, limit] = [`${waitMs / 1000} s`, `${timeoutMs / 1000} s`];
    const text = isCertain
      ? `The mount of ${name} on ${node} waits ${wait} for multiple-mount protection, but its start may take ${limit} only: it will fail. Raise the timeout of the start.`
      : `If the mount of ${name} on ${node} waits ${wait} for multiple-mount protection, it fails, as its start may take ${limit} only. Read the device, or raise the timeout.`;
    return [{ text, isCertain }];
  });
}
