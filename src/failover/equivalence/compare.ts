/** Heartbeat's placement beside Pacemaker's, for every single and double fault. */
import type { simulator } from '../../cluster.ts';
import { type ImportInput, planImport } from '../import.ts';
import { everyFaultSet, type Fault, type Outcome, simulateEach, type World } from '../simulate.ts';
import { type HeartbeatOutcome, type HeartbeatPair, type PairGroup, pairOf, playHeartbeat } from './heartbeat.ts';

export interface EquivalenceRow {
  faults: readonly Fault[];
  group: string;
  /** Nodes; none when it is down, two in a split brain. */
  heartbeat: readonly string[];
  pacemaker: readonly string[];
  isSame: boolean;
  /** In words; empty where both do the same. */
  difference: string;
  /** Pacemaker would start it where it may still run elsewhere: must never be. */
  isTwice: boolean;
}

export interface Equivalence {
  rows: readonly EquivalenceRow[];
  faultSets: number;
  same: number;
  /** Rows that differ, by what is said of them. */
  differences: ReadonlyMap<string, number>;
  /** Resources that Pacemaker could have active on two nodes, with the faults that lead there. None, if the import is sound. */
  twice: readonly { faults: readonly Fault[]; resource: string; nodes: readonly string[]; why: string }[];
}

export interface CompareOptions {
  run: simulator.Simulator['run'];
  /** Run at once. */
  width: number;
  /** Every fault alone and in pairs when left out. */
  sets?: readonly (readonly Fault[])[];
  signal?: AbortSignal | undefined;
  onProgress?: (done: number, of: number) => void;
}

/** @throws {AppError} what `planImport` and the simulator throw */
export async function compareImport(input: ImportInput, world: World, options: CompareOptions): Promise<Equivalence> {
  const plan = planImport(input);
  const pair = pairOf(input, plan);
  const incomplete = new Set(plan.groups.filter(({ isComplete }) => !isComplete).map(({ id }) => id));
  const sets = options.sets ?? everyFaultSet(world);
  const rows: EquivalenceRow[] = [];
  const twice: Equivalence['twice'][number][] = [];
  let done = 0;
  for await (const outcome of simulateEach(world, sets, options)) {
    const old = playHeartbeat(pair, outcome.faults);
    rows.push(
      ...pair.groups.map((group) => rowOf({ group, pair, old, outcome, isIncomplete: incomplete.has(group.id) })),
    );
    twice.push(...outcome.twice.map((each) => ({ ...each, faults: outcome.faults })));
    options.onProgress?.(++done, sets.length);
  }
  const different = rows.filter(({ isSame }) => !isSame);
  const counts = Map.groupBy(different, ({ difference }) => difference);
  return {
    rows,
    faultSets: sets.length,
    same: rows.length - different.length,
    differences: new Map([...counts].map(([text, of]) => [text, of.length] as const).toSorted(([, a], [, b]) => b - a)),
    twice,
  };
}

interface RowInput {
  group: PairGroup;
  pair: HeartbeatPair;
  old: HeartbeatOutcome;
  outcome: Outcome;
  isIncomplete: boolean;
}

function rowOf(input: RowInput): EquivalenceRow {
  const { group, old, outcome } = input;
  const heartbeat = old.placement.get(group.id) ?? [];
  const pacemaker = placeOf(group, outcome);
  const isBroken = old.broken.has(group.id) && heartbeat.length > 0;
  const isSame =
    !isBroken &&
    !old.isChance &&
    heartbeat.length === pacemaker.length &&
    heartbeat.every((node) => pacemaker.includes(node));
  return {
    faults: outcome.faults,
    group: group.id,
    heartbeat,
    pacemaker,
    isSame,
    difference: isSame ? '' : differenceOf({ ...input, heartbeat, pacemaker, isBroken }),
    isTwice: outcome.twice.some(({ resource }) => group.resources.includes(resource)),
  };
}

/** A group is where all of it is. */
function placeOf({ resources }: PairGroup, { after }: Outcome): string[] {
  const [first = [], ...others] = resources.map((id) => after.get(id) ?? []);
  return first.filter((node) => others.every((nodes) => nodes.includes(node)));
}

interface Difference extends RowInput {
  heartbeat: readonly string[];
  pacemaker: readonly string[];
  isBroken: boolean;
}

/** The first that applies, from what matters most. */
function differenceOf(input: Difference): string {
  const { heartbeat, pacemaker, outcome, old, isIncomplete } = input;
  if (isIncomplete)
    return 'The import keeps it stopped until somebody completed it: something in it has no equivalent.';
  const isIdle = input.group.resources.every((id) => (outcome.before.get(id) ?? []).length === 0);
  if (isIdle && input.group.resources.length > 0)
    return 'Pacemaker starts nothing before there is a fence device; Heartbeat ran without.';
  if (heartbeat.length > 1)
    return pacemaker.length === 0
      ? 'Heartbeat would have run it on both nodes (split brain); Pacemaker starts nothing before the peer is fenced.'
      : 'Heartbeat would have run it on both nodes (split brain); under Pacemaker it runs on one.';
  if (old.isChance)
    return 'After a cut both sides shoot: under Heartbeat whoever is first lives, or neither; under Pacemaker the delays decide.';
  return (
    whenQuorum(input) ??
    whenFencing(input) ??
    whenBroken(input) ??
    whenStandby(input) ??
    generic(heartbeat, pacemaker, outcome)
  );
}

function whenQuorum({ outcome, pacemaker }: Difference): string | undefined {
  const isLost = outcome.faults.some(({ kind }) => kind === 'quorum-lost');
  if (!isLost) return undefined;
  return pacemaker.length === 0
    ? 'Heartbeat has no quorum and goes on; Pacemaker stops without it.'
    : 'Heartbeat has no quorum and takes over; Pacemaker without it neither fences nor starts anything.';
}

function whenFencing({ outcome, pair, pacemaker }: Difference): string | undefined {
  if (outcome.unfenced.length > 0 && pacemaker.length === 0)
    return pair.hasStonith
      ? 'Pacemaker waits for a fencing that does not succeed; Heartbeat did not have to shoot here.'
      : 'Heartbeat takes over without proof that the peer is off; Pacemaker waits until it is fenced.';
  const wasStop = outcome.faults.some((fault) => fault.kind === 'resource-fails' && fault.operation === 'stop');
  return wasStop && outcome.fenced.length > 0
    ? 'Pacemaker notices the failure, and fences the node because the stop fails; Heartbeat does not notice, or reboots the node itself.'
    : undefined;
}

function whenBroken({ isBroken, heartbeat, pacemaker, outcome }: Difference): string | undefined {
  const hasFailure = outcome.faults.some(({ kind }) => kind === 'resource-fails');
  if (!hasFailure) return undefined;
  if (!isBroken)
    return 'A start fails: Heartbeat gives up the group and hands it over once; Pacemaker tries every node that is left.';
  if (pacemaker.length === 0)
    return 'Heartbeat does not notice that it is dead; Pacemaker does, and finds no node that it starts on.';
  return pacemaker.every((node) => heartbeat.includes(node))
    ? 'Heartbeat does not notice that it is dead; Pacemaker restarts it there.'
    : 'Heartbeat does not notice that it is dead; Pacemaker moves it to the other node.';
}

function whenStandby({ outcome }: Difference): string | undefined {
  const isAsked = outcome.faults.some(({ kind }) => kind === 'node-standby');
  return isAsked
    ? 'Heartbeat hands over once, and only to a peer that answers; a standby of Pacemaker lasts, whoever else is there.'
    : undefined;
}

function generic(heartbeat: readonly string[], pacemaker: readonly string[], { faults }: Outcome): string {
  if (faults.some(({ kind }) => kind === 'node-returns'))
    return `When the node is back, it is on ${named(heartbeat)} under Heartbeat and on ${named(pacemaker)} under Pacemaker.`;
  return `Under Heartbeat on ${named(heartbeat)}, under Pacemaker on ${named(pacemaker)}.`;
}

function named(nodes: readonly string[]): string {
  return nodes.length === 0 ? 'no node' : nodes.join(' and ');
}
