/** What happens in a round: drawn from the seed and the number of the round alone, so that one round can be repeated. */
import { simulated } from '../../../src/host.ts';

/** Two nodes and three of Pacemaker, and a pair of Heartbeat. */
export const BEDS = ['pair', 'three', 'heartbeat'] as const;
export type BedName = (typeof BEDS)[number];

export interface BedShape {
  nodes: readonly string[];
  luns: readonly string[];
}

export const SHAPES: Readonly<Record<BedName, BedShape>> = {
  pair: { nodes: ['n1', 'n2'], luns: ['meta0', 'object0'] },
  three: { nodes: ['n1', 'n2', 'n3'], luns: ['meta0', 'object0', 'object1'] },
  heartbeat: { nodes: ['h1', 'h2'], luns: ['object0'] },
};

/** Faults of the power controller when it is asked to switch that node. */
export const FENCE_FAULTS = ['fence-error', 'fence-hang', 'fence-liar', 'fence-no-boot', 'fence-garbled'] as const;
export type FenceFaultKind = (typeof FENCE_FAULTS)[number];

/** After these the others hear the node no more. */
export const LOSING = ['kill', 'power-loss', 'links-cut', 'membership-stopped'] as const;
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

/** What an operator orders meanwhile. `takeover` and `hand-over` are Heartbeat's. */
export interface Order {
  kind: 'move' | 'clear' | 'standby' | 'unstandby' | 'cleanup' | 'takeover' | 'hand-over';
  /** Of `move`, `clear`, `cleanup`. */
  lun?: string;
  /** Of `move` where to; of the others, but `clear` and `cleanup`, whom it is about. */
  node?: string;
  /** The node on which it is given. */
  on: string;
  /** Milliseconds after the faults. */
  delayMs: number;
}

export interface Drawn {
  seed: number;
  round: number;
  bed: BedName;
  /** LUN → node on which it is before anything happens. */
  start: Readonly<Record<string, string>>;
  /** One or two. */
  faults: readonly Fault[];
  order: Order | undefined;
}

type Draw = <T>(from: readonly T[]) => T;

/** Rounds on one cluster before the next one has its turn, with fresh hosts: this bounds their logs as well. */
export const BLOCK_ROUNDS = 5;
const MIX = 0x9e3779b1;
const DELAY_MS_MAX = 1500;

/** @param round counts from 1 @param only the cluster to use instead of the one whose turn it is */
export function drawRound(seed: number, round: number, only?: BedName): Drawn {
  const random = simulated.seededRandom((seed ^ Math.imul(round, MIX)) >>> 0);
  const draw: Draw = (from) => from[random.int(from.length)]!;
  const bed = only ?? BEDS[Math.floor((round - 1) / BLOCK_ROUNDS) % BEDS.length]!;
  const shape = SHAPES[bed];
  const start = Object.fromEntries(shape.luns.map((lun) => [lun, draw(shape.nodes)]));
  const context = { shape, start, draw };
  const first = drawFault(context);
  const second = random.int(3) === 0 ? drawFault(context) : undefined;
  const faults = second === undefined || isTooAlike(first, second) ? [first] : [first, second];
  const order = random.int(3) === 0 ? drawOrder(bed, context) : undefined;
  const delayMs = random.int(DELAY_MS_MAX);
  return { seed, round, bed, start, faults, order: order === undefined ? undefined : { ...order, delayMs } };
}

export function isLosing(kind: FaultKind): kind is LosingKind {
  return (LOSING as readonly string[]).includes(kind);
}

export function isFenceFault(kind: FaultKind): kind is FenceFaultKind {
  return (FENCE_FAULTS as readonly string[]).includes(kind);
}

interface Context {
  shape: BedShape;
  start: Readonly<Record<string, string>>;
  draw: Draw;
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

function drawFault({ shape, start, draw }: Context): Fault {
  const kind = draw(WEIGHTS);
  const node = draw(shape.nodes);
  if (kind === 'link-cut') return { kind, node, link: draw([0, 1] as const) };
  if (kind === 'pair-apart') return { kind, node, peer: draw(shape.nodes.filter((each) => each !== node)) };
  if (kind !== 'lun-path' && kind !== 'resource-fails') return { kind, node };
  const lun = draw(shape.luns);
  return { kind, node: start[lun]!, lun };
}

/** The same thing twice, or a node lost in two ways at once. */
function isTooAlike(a: Fault, b: Fault): boolean {
  if (a.kind === b.kind) return true;
  if (a.kind === 'pair-apart' || b.kind === 'pair-apart') return isLosing(a.kind) || isLosing(b.kind);
  const areLinks = [a.kind, b.kind].includes('link-cut') && [a.kind, b.kind].includes('links-cut');
  const areOfOneNode = a.node === b.node;
  if (isFenceFault(a.kind) && isFenceFault(b.kind)) return areOfOneNode;
  if (isFenceFault(a.kind) || isFenceFault(b.kind)) return false;
  return areLinks || areOfOneNode;
}

function drawOrder(bed: BedName, { shape, draw }: Context): Omit<Order, 'delayMs'> {
  const on = draw(shape.nodes);
  if (bed === 'heartbeat') return { kind: draw(['takeover', 'hand-over'] as const), node: on, on };
  const kind = draw(['move', 'move', 'clear', 'standby', 'unstandby', 'cleanup'] as const);
  if (kind === 'move') return { kind, lun: draw(shape.luns), node: draw(shape.nodes), on };
  if (kind === 'standby' || kind === 'unstandby') return { kind, node: draw(shape.nodes), on };
  return { kind, lun: draw(shape.luns), on };
}

export function wordsOfFault({ kind, node, peer, lun, link }: Fault): string {
  const more = [peer, lun, link === undefined ? undefined : `link ${link}`].filter((each) => each !== undefined);
  return [kind, node, ...more].join(' ');
}

export function wordsOfOrder({ kind, lun, node, on, delayMs }: Order): string {
  const about = [lun, node].filter((each) => each !== undefined).join(' to ');
  return `${kind} ${about} (on ${on} after ${delayMs} ms)`;
}

export function wordsOf({ faults, order }: Drawn): string {
  const orders = order === undefined ? [] : [wordsOfOrder(order)];
  return [...faults.map(wordsOfFault), ...orders].join(' + ');
}

export function wordsOfStart({ start }: Drawn): string {
  return Object.entries(start)
    .map(([lun, node]) => `${lun} on ${node}`)
    .join(', ');
}
