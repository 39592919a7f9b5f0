/** Whether an input of a readiness verdict is good, as the campaign knows from outside; pure. */
import type { Places } from './bed.ts';
import { type BedName, homeOf, isHeartbeat, SHAPES } from './draw.ts';
import type { Order } from './orders.ts';
import { canHear, canReach, isUp, type World } from './world.ts';

/** `open`: it was changing, or cannot be known in time. */
export type Known = 'good' | 'bad' | 'open';

export interface NamedInput {
  name: string;
  /** Node or LUN; empty for the cluster. */
  subject: string;
}

export interface Question {
  bed: BedName;
  order: Order;
}

/** A cluster may take so long to miss a node: Corosync's token and consensus are 6.6 s, Heartbeat's deadtime is 2 s. */
const NOTICE_MS = 10_000;

/** The same at every moment in which it may have been looked at, or open. */
export function knownThroughout(input: NamedInput, question: Question, worlds: readonly World[]): Known {
  const all = new Set(worlds.map((world) => knownAt(input, question, world)));
  return all.size === 1 ? [...all][0]! : 'open';
}

export function knownAt({ name, subject }: NamedInput, question: Question, world: World): Known {
  switch (name) {
    case 'quorum':
      return noticed(quorum(question, world), world);
    case 'peer':
      return subject === '' ? 'good' : noticed(peer(subject, question, world), world);
    case 'fencing':
      return subject === '' ? 'good' : fencing(subject, question, world);
    case 'mmp':
      return subject === '' ? 'good' : device(lunOf(subject, question.bed), question, world);
    case 'replica':
      return 'good';
    case 'simulation':
      return isUntouched(world) ? 'good' : 'open';
    default:
      return 'open';
  }
}

function quorum({ bed, order: { on } }: Question, world: World): Known {
  const { nodes } = SHAPES[bed];
  if (world.fresh.length > 0) return 'open';
  if (!isUp(world, on)) return 'bad';
  const heard = nodes.filter((node) => canHear(world, on, node)).length;
  // Of two, one is enough once both have been there.
  if (bed === 'pair') return 'good';
  return heard > nodes.length / 2 ? 'good' : 'bad';
}

function peer(node: string, { order: { on } }: Question, world: World): Known {
  if (world.fresh.includes(node)) return 'open';
  // It may have been fenced, and is then surely off.
  if (world.off.includes(node)) return 'open';
  return canHear(world, on, node) ? 'good' : 'bad';
}

function fencing(node: string, { bed, order: { on } }: Question, world: World): Known {
  if (bed === 'bare') return 'bad';
  if (world.fresh.length > 0) return 'open';
  // Its device says so, whether the cluster has noticed or not; the plugin of Heartbeat is not asked for a node.
  if (world.off.includes(node)) return isHeartbeat(bed) || world.fence[node] === 'fence-liar' ? 'open' : 'bad';
  const askers = SHAPES[bed].nodes.filter((each) => each !== node);
  const able = askers.filter((each) => canReach(world, on, each));
  if (able.length === 0) return 'bad';
  const fault = world.fence[node];
  // What only a shot would show is nobody's knowledge; and the plugin of Heartbeat is asked for itself, not for a node.
  const isHidden = fault === undefined || fault === 'fence-liar' || fault === 'fence-no-boot' || isHeartbeat(bed);
  if (!isHidden) return 'bad';
  return askers.every((each) => canReach(world, on, each) && canHear(world, on, each)) ? 'good' : 'open';
}

function device(lun: string, question: Question, world: World): Known {
  const { bed, order } = question;
  const { nodes } = SHAPES[bed];
  const targets = targetsOf(lun, order, { bed, places: world.places });
  const each = targets.map((node): Known => {
    if (!canReach(world, order.on, node)) return 'bad';
    return world.lost.includes(`${lun}@${node}`) ? 'bad' : 'good';
  });
  // Somebody gives it up or takes it while it is looked at.
  const isMoving = !nodes.includes(world.places[lun] ?? '') || world.torn.includes(lun);
  if (each.every((known) => known === 'bad')) return 'bad';
  return !isMoving && each.every((known) => known === 'good') ? 'good' : 'open';
}

/** Nodes to which the order may bring it. */
function targetsOf(
  lun: string,
  { kind, node }: Order,
  { bed, places }: { bed: BedName; places: Places },
): readonly string[] {
  if (kind === 'move' || kind === 'takeover') return [node!];
  if (kind === 'failback') return [homeOf(bed, lun)];
  return SHAPES[bed].nodes.filter((each) => each !== places[lun]);
}

/** `object0 (/dev/…)`; of Heartbeat's groups the only device there is. */
function lunOf(subject: string, bed: BedName): string {
  const { luns } = SHAPES[bed];
  return luns.find((lun) => subject.includes(lun)) ?? luns[0]!;
}

function noticed(known: Known, { sinceFaultMs }: World): Known {
  return known === 'bad' && sinceFaultMs < NOTICE_MS ? 'open' : known;
}

/** No fault is in effect that a cluster could notice. */
export function isUntouched(world: World): boolean {
  const { off, silent, fresh, cut, apart, lost, standby, torn, fence, places } = world;
  const lists = [off, silent, fresh, apart, lost, standby, torn, Object.keys(cut), Object.keys(fence)];
  return lists.every((list) => list.length === 0) && Object.values(places).every((at) => /^\w+$/.test(at));
}

/** Whether there is a reason, besides the inputs of the verdict, for an order not to be possible or not to be safe. */
export function isHampered(world: World, question: Question): boolean {
  const { nodes } = SHAPES[question.bed];
  return isBeset(world, question) || Object.values(world.places).some((at) => !nodes.includes(at));
}

/** Faults are in effect that make a cluster act by itself, or keep it from being asked. */
export function isBeset(world: World, { bed, order }: Question): boolean {
  const { nodes } = SHAPES[bed];
  const isSplit = nodes.some((node) => !canHear(world, order.on, node));
  // A pair of Heartbeat has to be asked on both sides.
  const isHalf = isHeartbeat(bed) && nodes.some((node) => !canReach(world, order.on, node));
  const { fresh, standby, torn, lost } = world;
  return isSplit || isHalf || [fresh, standby, torn, lost].some((list) => list.length > 0);
}

/** What somebody serves who hears no majority of three or more, and so must have stopped it. */
export function servedWithoutQuorum(world: World, bed: BedName): string[] {
  const { nodes } = SHAPES[bed];
  if (nodes.length < 3) return [];
  const hearsFew = (on: string): boolean =>
    isUp(world, on) && nodes.filter((node) => canHear(world, on, node)).length <= nodes.length / 2;
  return Object.entries(world.places).flatMap(([lun, at]) => {
    const alone = at.split(',').filter((node) => node !== '' && hearsFew(node));
    return alone.map((node) => `${node} serves ${lun} without quorum`);
  });
}
