/** What it takes to cut the power of a node: devices that each do, and levels of the topology whose devices must all. */
import { type fencing, stonith } from '../../cluster.ts';
import type { FencePath, TriedPath } from './paths.ts';
import type { FencingView } from './read.ts';

/** Of one device, used by one node: all plugs of the target together. */
export interface Way {
  device: fencing.FencingDevice;
  from: string;
  outcome: 'proven' | 'failed' | 'unproven';
  /** What decided it: the device's own word, or that the fencer of the node does not know the device. */
  step: 'status' | 'registered';
  text: string;
}

/**
 * A node with two power supplies hangs on two plugs, and is off only without both: a device is proven only when it told of
 * each, and where it was asked, when the node's fencer knows it. What fails counts more than what could not be asked.
 */
export function waysTo(target: string, tried: readonly TriedPath[]): Way[] {
  const own = tried.filter((path) => isOfAnother(path) && path.target?.node === target);
  return [...Map.groupBy(own, nameOfWay).values()].map((plugs): Way => {
    const [{ device, from }] = plugs as [TriedPath];
    const known = tried.filter(
      (path) => path.step === 'registered' && path.device.id === device.id && path.from === from,
    );
    const worst = ['failed', 'unproven'] as const;
    const found = worst
      .map((outcome) => [...known, ...plugs].find((each) => each.tried.outcome === outcome))
      .find(Boolean);
    const text = ({ step, target: at, tried: { text: told } }: TriedPath): string =>
      plugs.length > 1 && step === 'status' ? `plug ${at?.plug}: ${told}` : told;
    if (found === undefined)
      return { device, from, outcome: 'proven', step: 'status', text: plugs.map(text).join(', ') };
    const step = found.step === 'registered' ? 'registered' : 'status';
    return { device, from, outcome: found.tried.outcome, step, text: text(found) };
  });
}

/** A node that tells of its own board does not fence itself. */
export function isOfAnother({ step, target, from }: FencePath): boolean {
  return step === 'status' && target !== undefined && from !== target.node;
}

/** As verdicts and the ledger call it. */
export function nameOfWay({ device, from }: Pick<FencePath, 'device' | 'from'>): string {
  return `${device.id} from ${from}`;
}

/**
 * Ids of devices that must all do their part, one list for each level of the topology that is for this node; undefined
 * where none is, as then any device will do. Levels of which nothing cuts power are left out: those of `fence_kdump`, say.
 */
export function levelsFor(
  target: string,
  { fencing: { devices, levels }, cib }: Pick<FencingView, 'fencing' | 'cib'>,
): string[][] | undefined {
  const own = levels.filter((level) => isFor(level, target, cib));
  if (own.length === 0) return undefined;
  const byIndex = Map.groupBy(own, ({ index }) => index);
  const agents = new Map(devices.map(({ id, agent }) => [id, agent]));
  return [...byIndex.values()]
    .map((same) => [...new Set(same.flatMap((level) => level.devices))])
    .filter((ids) => ids.some((id) => stonith.powerlessness(agents.get(id) ?? '') === undefined));
}

/** What suffices: any way that cuts power, or one of each device of a level; undefined when nothing does. */
export function enoughWays(ways: readonly Way[], levels: string[][] | undefined): readonly Way[] | undefined {
  const proven = ways.filter(({ outcome }) => outcome === 'proven');
  if (levels === undefined) {
    const one = proven.find(({ device }) => stonith.powerlessness(device.agent) === undefined);
    return one === undefined ? undefined : [one];
  }
  const all = levels.map((level) => level.map((id) => proven.find(({ device }) => device.id === id)));
  return all.find((level) => level.length > 0 && !level.includes(undefined)) as Way[] | undefined;
}

function isFor(
  { target }: fencing.Fencing['levels'][number],
  name: string,
  { nodes }: Pick<FencingView, 'cib'>['cib'],
): boolean {
  switch (target.kind) {
    case 'node':
      return target.name === name;
    case 'pattern':
      return matches(target.pattern, name);
    case 'attribute': {
      const sets = nodes.find((node) => node.name === name)?.attributes ?? [];
      return sets.some(({ values }) => values.some((each) => each.name === target.name && each.value === target.value));
    }
  }
}

/** An extended regular expression of POSIX; one that is none here is taken to be for every node, which asks for more. */
function matches(pattern: string, name: string): boolean {
  try {
    return new RegExp(pattern).test(name);
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    return true;
  }
}
