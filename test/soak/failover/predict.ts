/** What is told beforehand of where everything ends up: by Holdfast's own simulation for Pacemaker, by rule for Heartbeat. */

import { readFile } from 'node:fs/promises';
import { cib, pacemakerAct, simulator } from '../../../src/cluster.ts';
import { simulate } from '../../../src/failover.ts';
import { systemClock, systemProcesses } from '../../../src/host.ts';
import type { Places } from './bed.ts';
import { type Drawn, type Fault, isLosing, type Order, SHAPES } from './draw.ts';

export interface Prediction {
  /** Each of these would be right: more than one where chance decides. Undefined: nothing was said, and `why`. */
  places: readonly Places[] | undefined;
  why: string;
  /** If the order is refused, where that makes a difference. */
  without?: readonly Places[];
}

const NOTHING = 'the simulation knows no fence device that lies';

/** What the simulation is asked: each list is one course that things may take. Undefined when it knows no such fault. */
export function simulatedFaults({ faults, bed }: Drawn): simulate.Fault[][] | undefined {
  if (liesOfTheLiving(faults)) return undefined;
  let courses: simulate.Fault[][] = [[]];
  for (const fault of faults) {
    const ways = waysOf(fault, SHAPES[bed].nodes.length);
    courses = courses.flatMap((course) => ways.map((way) => [...course, ...way]));
  }
  return courses;
}

/** A dead node of which it is said that it is off, is off. */
function liesOfTheLiving(faults: readonly Fault[]): boolean {
  const alive = faults.some(({ kind }) => ['links-cut', 'pair-apart', 'membership-stopped'].includes(kind));
  return alive && faults.some(({ kind }) => kind === 'fence-liar');
}

function waysOf({ kind, node, peer, lun }: Fault, nodes: number): simulate.Fault[][] {
  switch (kind) {
    case 'kill':
    case 'power-loss':
    case 'membership-stopped':
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
  if (courses === undefined) return { places: undefined, why: NOTHING };
  const placesFor = async (text: string): Promise<Places[]> => {
    await using opened = await simulator.openSimulator({ processes: systemProcesses });
    const input = { cibText: text, file: 'cib.xml', corosyncText, mountWaitS: () => 22 };
    const world = await simulate.openWorld(input, opened);
    const outcomes = await Promise.all(courses.map((faults) => simulate.simulateFaults(world, faults, opened.run)));
    return outcomes.map((outcome) => placesOfOutcome(drawn, outcome));
  };
  const without = await placesFor(cibText);
  if (drawn.order === undefined) return { places: without, why: '' };
  const changed = await cibAfter(cibText, drawn.order);
  if (changed === undefined) return { places: without, why: '' };
  return { places: await placesFor(changed), why: '', without };
}

function placesOfOutcome(drawn: Drawn, outcome: simulate.Outcome): Places {
  const luns = SHAPES[drawn.bed].luns;
  const places = Object.fromEntries(luns.map((lun) => [lun, [...(outcome.after.get(lun) ?? [])].sort().join()]));
  // One that is only silent keeps what it has mounted for as long as nobody shoots it.
  for (const { kind, node } of drawn.faults) {
    if (kind !== 'membership-stopped' || !outcome.unfenced.some((each) => each.node === node)) continue;
    for (const lun of luns) if (drawn.start[lun] === node) places[lun] = node;
  }
  return places;
}

/** The order given to a copy, of which nobody knows. @returns undefined when it changes nothing there or is refused */
async function cibAfter(cibText: string, order: Order): Promise<string | undefined> {
  const change = pacemakerChange(order);
  if (change === undefined || change.kind === 'cleanup') return undefined;
  const seat = { name: 'a copy', processes: systemProcesses };
  const options = { clock: systemClock };
  await using copy = await pacemakerAct.CibCopy.make(seat, cib.parseXml(cibText, 'cib.xml'), options);
  await pacemakerAct.changePacemaker(seat, change, { ...options, cibFile: copy.file });
  return await readFile(copy.file, 'utf8');
}

export function pacemakerChange({ kind, lun, node }: Order): pacemakerAct.PacemakerChange | undefined {
  switch (kind) {
    case 'move':
      return { kind, resource: lun!, node: node! };
    case 'clear':
      return { kind, resource: lun! };
    case 'cleanup':
      return { kind, resource: lun, node: undefined };
    case 'standby':
    case 'unstandby':
      return { kind, node: node! };
    default:
      return undefined;
  }
}

/** Version 1 watches nodes and nothing else, and shoots whom it does not hear before it takes anything over. */
export function predictHeartbeat(drawn: Drawn): Prediction {
  const { faults, order, start, bed } = drawn;
  if (liesOfTheLiving(faults)) return { places: undefined, why: 'nothing tells Heartbeat of a fence device that lies' };
  const [lun, holder] = Object.entries(start)[0]!;
  const other = SHAPES[bed].nodes.find((node) => node !== holder)!;
  const lost = faults.filter(({ kind }) => kind === 'kill' || kind === 'power-loss');
  let ways = [holder];
  if (lost.length === 2) ways = [''];
  else for (const fault of faults) ways = heartbeatWays(fault, { ways, holder, other, canShoot: canShoot(drawn) });
  // It says nothing of what became of an order, which it drops when it is busy.
  if (order !== undefined)
    ways = [...ways, order.kind === 'takeover' ? order.on : order.on === holder ? other : holder];
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
  return [kind === 'membership-stopped' ? holder : ''];
}

function canShoot({ faults }: Drawn): (node: string) => boolean {
  const broken = ['fence-error', 'fence-hang', 'fence-garbled'];
  return (node) => !faults.some((fault) => broken.includes(fault.kind) && fault.node === node);
}
