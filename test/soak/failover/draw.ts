/** What happens in a round: drawn from the seed and the number of the round alone, so that one round can be repeated. */
import { type Random, simulated } from '../../../src/host.ts';
import { drawOrder, type Order, wordsOfOrder } from './orders.ts';

/** Two nodes and three of Pacemaker, a pair of Heartbeat, and one that has no STONITH. */
export const BEDS = ['pair', 'three', 'heartbeat', 'bare'] as const;
export type BedName = (typeof BEDS)[number];

export interface BedShape {
  nodes: readonly string[];
  luns: readonly string[];
}

export const SHAPES: Readonly<Record<BedName, BedShape>> = {
  pair: { nodes: ['n1', 'n2'], luns: ['meta0', 'object0'] },
  three: { nodes: ['n1', 'n2', 'n3'], luns: ['meta0', 'object0', 'object1'] },
  heartbeat: { nodes: ['h1', 'h2'], luns: ['object0'] },
  bare: { nodes: ['h1', 'h2'], luns: ['object0'] },
};

/** In this order they have their turns. */
const TURNS: readonly BedName[] = ['pair', 'three', 'heartbeat', 'three', 'pair', 'bare'];

/** The node that a LUN prefers: they are dealt out in turn, and Heartbeat's one group is the first node's. */
export function homeOf(bed: BedName, lun: string): string {
  const { nodes, luns } = SHAPES[bed];
  return nodes[luns.indexOf(lun) % nodes.length]!;
}

export function isHeartbeat(bed: BedName): boolean {
  return bed === 'heartbeat' || bed === 'bare';
}

/** Faults of the power controller when it is asked to switch that node. */
export const FENCE_FAULTS = ['fence-error', 'fence-hang', 'fence-liar', 'fence-no-boot', 'fence-garbled'] as const;
export type FenceFaultKind = (typeof FENCE_FAULTS)[number];

/** After these the others hear the node no more. */
export const LOSING = ['kill', 'power-loss', 'reboot', 'links-cut', 'membership-stopped', 'host-stopped'] as const;
export type LosingKind = (typeof LOSING)[number];

export const FAULT_KINDS = [
  ...LOSING,
  'link-cut',
  'pair-apart',
  'lun-path',
  'resource-fails',
  'standby',
  ...FENCE_FAULTS,
] as const;
export type FaultKind = (typeof FAULT_KINDS)[number];

export interface Fault {
  kind: FaultKind;
  /** Whom it hits. */
  node: string;
  /** Of `pair-apart`: the other. */
  peer?: string;
  /** Of `lun-path` and `resource-fails`. */
  lun?: string;
  /** Of `link-cut`. */
  link?: 0 | 1;
}

export interface Drawn {
  seed: number;
  round: number;
  bed: BedName;
  /** LUN → node on which it is before anything happens. */
  start: Readonly<Record<string, string>>;
  /** None, one or two. */
  faults: readonly Fault[];
  order: Order | undefined;
}

type Draw = <T>(from: readonly T[]) => T;

/** What everything in a round is drawn with. */
export interface SimulatedDraw {
  shape: BedShape;
  draw: Draw;
  random: Random;
  isHeartbeat: boolean;
}

/** Rounds on one cluster before the next one has its turn, with fresh hosts: this bounds their logs as well. */
export const BLOCK_ROUNDS = 5;
const MIX = 0x9e3779b1;
/** What a round is about: faults alone, or an order with faults before it, in its course, or without any. */
const SCENES = ['faults', 'faults', 'faults', 'calm', 'calm', 'before', 'before', 'after', 'after', 'after'] as const;

/** @param round counts from 1 @param only the cluster to use instead of the one whose turn it is */
export function drawRound(seed: number, round: number, only?: BedName): Drawn {
  const random = simulated.seededRandom((seed ^ Math.imul(round, MIX)) >>> 0);
  const draw: Draw = (from) => from[random.int(from.length)]!;
  const bed = only ?? TURNS[Math.floor((round - 1) / BLOCK_ROUNDS) % TURNS.length]!;
  const shape = SHAPES[bed];
  const all: SimulatedDraw = { shape, draw, random, isHeartbeat: isHeartbeat(bed) };
  const scene = draw(SCENES);
  const first = scene === 'faults' ? undefined : drawOrder(scene, all);
  const nodes = shape.nodes.filter((node) => first?.kind !== 'unstandby' || node !== first.node);
  const start = Object.fromEntries(shape.luns.map((lun) => [lun, draw(nodes)]));
  const context = { ...all, bed, start };
  const drawn = scene === 'calm' ? [] : drawFaults(context);
  const order = first === undefined ? undefined : away(first, context);
  const isAimed = order?.when === 'after' && random.int(2) === 0;
  const faults = isAimed ? [drawAimed(order, context)] : drawn;
  if (order !== undefined && order.kind !== 'pause')
    return { seed, round, bed, start, faults, order: { ...order, on: awake(order, { faults, shape }) } };
  // Without fencing, a node that falls silent and still writes is nobody's doing but the pause's.
  if (order === undefined) return { seed, round, bed, start, faults, order };
  const harmless = faults.filter(({ kind }) => isFenceFault(kind));
  const when = harmless.length === 0 ? 'calm' : order.when;
  return { seed, round, bed, start, faults: harmless, order: { ...order, when } };
}

/** Mostly, to move something is to move it elsewhere. */
function away(order: Order, { start, shape, draw, random }: Context): Order {
  if (order.kind !== 'move' || start[order.lun!] !== order.node || random.int(4) === 0) return order;
  return { ...order, node: draw(shape.nodes.filter((node) => node !== order.node)) };
}

/** A fault of what the order rests on: fencing of who gives something up, the path of who gets it, the way to ask him. */
function drawAimed({ kind, node, lun, on }: Order, { start, bed, shape, draw }: Context): Fault {
  const moves = shape.luns.flatMap((each) => {
    const from = start[each]!;
    const others = shape.nodes.filter((other) => other !== from);
    const to = kind === 'failback' ? homeOf(bed, each) : kind === 'standby' ? draw(others) : (node ?? draw(others));
    const isMeant = (kind !== 'move' || each === lun) && (kind !== 'standby' || from === node);
    return isMeant && from !== to ? [{ lun: each, from, to }] : [];
  });
  const { from, to, ...what } = draw(moves.length > 0 ? moves : [{ lun: shape.luns[0]!, from: on, to: on }]);
  const broken = { kind: draw(['fence-error', 'fence-hang', 'fence-garbled'] as const), node: from };
  const path = { kind: 'lun-path', node: to, lun: what.lun } as const;
  const way = { kind: 'link-cut', node: draw([on, to]), link: 0 } as const;
  return draw<Fault>(bed === 'bare' ? [path, way] : [broken, broken, path, path, way]);
}

/** Nobody types on a machine that is gone, if there is another. */
function awake({ on, when }: Order, { faults, shape }: { faults: readonly Fault[]; shape: BedShape }): string {
  const gone = faults.filter(({ kind }) => kind === 'kill' || kind === 'power-loss' || kind === 'host-stopped');
  if (when !== 'after' || gone.every(({ node }) => node !== on)) return on;
  return shape.nodes.find((node) => gone.every((fault) => fault.node !== node)) ?? on;
}

export function isLosing(kind: FaultKind): kind is LosingKind {
  return (LOSING as readonly string[]).includes(kind);
}

export function isFenceFault(kind: FaultKind): kind is FenceFaultKind {
  return (FENCE_FAULTS as readonly string[]).includes(kind);
}

interface Context extends SimulatedDraw {
  bed: BedName;
  start: Readonly<Record<string, string>>;
}

function drawFaults(context: Context): Fault[] {
  const { random, draw, bed } = context;
  const first = drawFault(context);
  const chance = random.int(6);
  const broken: Fault = { kind: draw(FENCE_FAULTS), node: first.node };
  if (chance === 0 && bed !== 'bare' && !isFenceFault(first.kind)) return [first, broken];
  const second = chance < 3 ? drawFault(context) : undefined;
  return second === undefined || isTooAlike(first, second) ? [first] : [first, second];
}

/** Broken fencing alone shows little, so it comes up less often alone than the rest. */
const WEIGHTS: readonly FaultKind[] = [
  ...FAULT_KINDS,
  ...LOSING,
  ...LOSING,
  'pair-apart',
  'lun-path',
  'lun-path',
  'resource-fails',
];

function drawFault({ shape, start, draw, random, bed }: Context): Fault {
  const kind = draw(WEIGHTS.filter((each) => bed !== 'bare' || !isFenceFault(each)));
  const node = draw(shape.nodes);
  if (kind === 'link-cut') return { kind, node, link: draw([0, 1] as const) };
  if (kind === 'pair-apart') return { kind, node, peer: draw(shape.nodes.filter((each) => each !== node)) };
  if (kind !== 'lun-path' && kind !== 'resource-fails') return { kind, node };
  const lun = draw(shape.luns);
  // A path that nobody uses may be what an order goes to.
  if (kind === 'lun-path' && random.int(3) === 0) return { kind, node, lun };
  return { kind, node: start[lun]!, lun };
}

/** The same thing twice, or a node lost in two ways at once. */
function isTooAlike(a: Fault, b: Fault): boolean {
  const areOfOneNode = a.node === b.node;
  if (a.kind === 'pair-apart' || b.kind === 'pair-apart')
    return a.kind === b.kind || isLosing(a.kind) || isLosing(b.kind);
  // Two of three lost: nobody is left with quorum, or one alone.
  if (a.kind === b.kind) return !isLosing(a.kind) || areOfOneNode;
  const areLinks = [a.kind, b.kind].includes('link-cut') && [a.kind, b.kind].includes('links-cut');
  if (isFenceFault(a.kind) && isFenceFault(b.kind)) return areOfOneNode;
  if (isFenceFault(a.kind) || isFenceFault(b.kind)) return false;
  return areLinks || areOfOneNode;
}

export function wordsOfFault({ kind, node, peer, lun, link }: Fault): string {
  const more = [peer, lun, link === undefined ? undefined : `link ${link}`].filter((each) => each !== undefined);
  return [kind, node, ...more].join(' ');
}

export function wordsOf({ faults, order }: Drawn): string {
  const orders = order === undefined ? [] : [wordsOfOrder(order)];
  return [...orders, ...faults.map(wordsOfFault)].join(' + ');
}

export function wordsOfStart({ start }: Drawn): string {
  return Object.entries(start)
    .map(([lun, node]) => `${lun} on ${node}`)
    .join(', ');
}
