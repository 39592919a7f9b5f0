/** What is told beforehand of where everything ends up: by Holdfast's own simulation for Pacemaker, by rule for Heartbeat. */

import { simulator } from '../../../src/cluster.ts';
import { simulate } from '../../../src/failover.ts';
import { systemProcesses } from '../../../src/host.ts';
import type { Places } from './bed.ts';
import { type Drawn, type Fault, isLosing, SHAPES } from './draw.ts';

export interface Prediction {
  /** Each of these would be right: more than one where chance decides. Undefined: nothing was said, and `why`. */
  places: readonly Places[] | undefined;
  why: string;
}

/** What the simulation is asked: each list is one course that things may take. Undefined when it knows no such fault. */
export function simulatedFaults({ faults, bed, start }: Drawn): simulate.Fault[][] | undefined {
  if (untold({ faults, start }) !== undefined) return undefined;
  let courses: simulate.Fault[][] = [[]];
  for (const fault of faults) {
    const isUsed = fault.kind !== 'lun-path' || start[fault.lun!] === fault.node;
    const ways = isUsed ? waysOf(fault, SHAPES[bed].nodes.length) : [[]];
    courses = courses.flatMap((course) => ways.map((way) => [...course, ...way]));
  }
  return courses;
}

/** Why nothing is said of these; undefined when something is. */
function untold({ faults, start }: Pick<Drawn, 'faults' | 'start'>): string | undefined {
  if (liesOfTheLiving(faults)) return 'a fence device that lies is not known to anybody';
  if (faults.some(({ kind }) => kind === 'reboot')) return 'a node that is back at once may not have been missed';
  const isSpare = faults.some(({ kind, lun, node }) => kind === 'lun-path' && start[lun!] !== node);
  if (isSpare && faults.length > 1) return 'a path that nobody uses yet is not known to the cluster';
  return undefined;
}

/** A dead node of which it is said that it is off, is off. */
function liesOfTheLiving(faults: readonly Fault[]): boolean {
  const alive = faults.some(({ kind }) =>
    ['links-cut', 'pair-apart', 'membership-stopped', 'host-stopped'].includes(kind),
  );
  return alive && faults.some(({ kind }) => kind === 'fence-liar');
}

function waysOf({ kind, node, peer, lun }: Fault, nodes: number): simulate.Fault[][] {
  switch (kind) {
    case 'kill':
    case 'power-loss':
    case 'membership-stopped':
    case 'host-stopped':
    case 'reboot':
      return [[{ kind: 'node-dies', node }]];
    case 'links-cut':
      return [[{ kind: 'link-cut', node }]];
    case 'pair-apart':
      // Among three, membership leaves out one of the two, and which is not told.
      return nodes === 2
        ? [[{ kind: 'link-cut', node }]]
        : [[{ kind: 'link-cut', node }], [{ kind: 'link-cut', node: peer! }]];
    case 'lun-path':
      return [[{ kind: 'resource-fails', resource: lun!, operation: 'start' }]];
    case 'resource-fails':
      return [[{ kind: 'resource-fails', resource: lun!, operation: 'monitor' }]];
    case 'standby':
      return [[{ kind: 'node-standby', node }]];
    case 'fence-error':
    case 'fence-hang':
    case 'fence-garbled':
      return [[{ kind: 'fence-dead', device: `fence-${node}` }]];
    default:
      return [[]];
  }
}

export interface LiveView {
  cibText: string;
  corosyncText: string;
}

export async function predictPacemaker(drawn: Drawn, { cibText, corosyncText }: LiveView): Promise<Prediction> {
  const courses = simulatedFaults(drawn);
  if (courses === undefined) return { places: undefined, why: untold(drawn) ?? '' };
  await using opened = await simulator.openSimulator({ processes: systemProcesses });
  const input = { cibText, file: 'cib.xml', corosyncText, mountWaitS: () => 22 };
  const world = await simulate.openWorld(input, opened);
  const outcomes = await Promise.all(courses.map((faults) => simulate.simulateFaults(world, faults, opened.run)));
  return { places: outcomes.map((outcome) => placesOfOutcome(drawn, outcome)), why: '' };
}

function placesOfOutcome(drawn: Drawn, outcome: simulate.Outcome): Places {
  const luns = SHAPES[drawn.bed].luns;
  const places = Object.fromEntries(luns.map((lun) => [lun, [...(outcome.after.get(lun) ?? [])].sort().join()]));
  // One that is only silent keeps what it has mounted for as long as nobody shoots it, as nobody does without quorum.
  const gone = new Set(drawn.faults.filter(({ kind }) => isLosing(kind)).map(({ node }) => node));
  const isShootable = gone.size < SHAPES[drawn.bed].nodes.length / 2 || drawn.bed === 'pair';
  for (const { kind, node } of drawn.faults) {
    const isSilent = kind === 'membership-stopped' || kind === 'host-stopped';
    if (!isSilent || (isShootable && !outcome.unfenced.some((each) => each.node === node))) continue;
    for (const lun of luns) if (drawn.start[lun] === node) places[lun] = node;
  }
  return places;
}

/** Version 1 watches nodes and nothing else, and shoots whom it does not hear before it takes anything over, if it can. */
export function predictHeartbeat(drawn: Drawn): Prediction {
  const { faults, start, bed } = drawn;
  const why = untold(drawn);
  if (why !== undefined) return { places: undefined, why };
  if (bed === 'bare' && faults.length > 1)
    return { places: undefined, why: 'without STONITH two faults are anybody’s guess' };
  const [lun, holder] = Object.entries(start)[0]!;
  const other = SHAPES[bed].nodes.find((node) => node !== holder)!;
  const lost = faults.filter(({ kind }) => kind === 'kill' || kind === 'power-loss');
  const rule = bed === 'bare' ? bareWays : heartbeatWays;
  let ways = [holder];
  if (lost.length === 2) ways = [''];
  else for (const fault of faults) ways = rule(fault, { ways, holder, other, canShoot: canShoot(drawn) });
  return { places: [...new Set(ways)].map((at) => ({ [lun]: at })), why: '' };
}

interface Pair {
  ways: string[];
  holder: string;
  other: string;
  canShoot: (node: string) => boolean;
}

/** Where the group may end up, after that fault as well. */
function heartbeatWays({ kind, node }: Fault, { ways, holder, other, canShoot: can }: Pair): string[] {
  if (kind === 'resource-fails') return [''];
  // Both shoot, and neither waits for the other.
  if (kind === 'links-cut' || kind === 'pair-apart') return [holder, other, ''];
  if (kind === 'standby') return node === holder ? [other] : ways;
  if (!isLosing(kind) || node !== holder) return ways;
  if (can(node)) return [other];
  return [kind === 'membership-stopped' || kind === 'host-stopped' ? holder : ''];
}

/** Nobody shoots: who is not heard counts as dead, and what a living node has mounted is refused to the other by its protection. */
function bareWays({ kind, node }: Fault, { ways, holder, other }: Pair): string[] {
  if (kind === 'resource-fails') return [''];
  if (kind === 'standby' && node === holder) return [other];
  return (kind === 'kill' || kind === 'power-loss') && node === holder ? [other] : ways;
}

function canShoot({ faults }: Drawn): (node: string) => boolean {
  const broken = ['fence-error', 'fence-hang', 'fence-garbled'];
  return (node) => !faults.some((fault) => broken.includes(fault.kind) && fault.node === node);
}
