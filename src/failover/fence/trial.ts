/** Whether a cluster could fence each of its nodes now: everything that can be tried without a shot, from every node. */
import { AppError, hasCode, textOf } from '../../base/errors.ts';
import { type fencing, live, UNANSWERED } from '../../cluster.ts';
import type { FencingProof } from '../verdict/inputs.ts';
import { planPaths, type TriedPath, tryPaths } from './paths.ts';
import { lasting, proofsOf, waysOf } from './proofs.ts';
import { type FencingView, membersOf, readFencing } from './read.ts';
import { tryPair } from './trial-pair.ts';
import { enoughWays, levelsFor, nameOfWay, waysTo } from './ways.ts';

/** The parts of what came of it, each a line, without secrets. */
export interface FencingTrial {
  /** The node that told of the cluster. */
  asked: string;
  proofs: readonly FencingProof[];
  /** Every way there is to fence a node, also those that could not be tried; undefined where not all of them are known. */
  ways: readonly Pick<FencingProof, 'node' | 'by'>[] | undefined;
  /** How many steps were proven. */
  proven: number;
  /** What is wrong: a node could not be fenced, or not by this way. */
  failed: readonly string[];
  /** What could not be examined; nothing may be concluded. */
  unproven: readonly string[];
  /** What else a person should know. */
  notes: readonly string[];
}

export interface TrialParts {
  /** How a node is reached, by its name. */
  seatOf(node: string): live.Seat;
  options: live.ReadOptions;
  onTried?: (path: TriedPath) => void;
}

/**
 * Asks the first of the nodes that answers and sees a quorum, or else one that answers; then tries every path from every node.
 * Nothing is switched, and nothing is changed.
 * @param nodes of the cluster, as they call themselves
 * @throws {AppError} `cluster-down` when none of them answers; the signal's reason
 */
export async function tryCluster(nodes: readonly string[], parts: TrialParts): Promise<FencingTrial> {
  const { answer: first, silent } = await findAnswer(nodes, parts);
  if (first === undefined)
    throw new AppError('cluster-down', { detail: `no node of it answers: ${silent.join('; ')}` });
  const trial = await (first.kind === 'pair' ? tryPair(first.state, parts) : tryPacemaker(first.view, parts));
  const names = (first.kind === 'pair' ? first.state.nodes : membersOf(first.view)).map(({ name }) => name);
  const strange = nodes.filter((node) => !names.includes(node));
  return {
    ...trial,
    unproven: [
      ...trial.unproven,
      ...strange.map((node) => `${node} stands in the configuration, and is no node of the cluster`),
    ],
    notes: [...silent.map((text) => `no answer of ${text}`), ...trial.notes],
  };
}

type Answer = { kind: 'pacemaker'; view: FencingView } | { kind: 'pair'; state: live.ClusterState };

async function findAnswer(
  nodes: readonly string[],
  { seatOf, options }: TrialParts,
): Promise<{ answer: Answer | undefined; silent: string[] }> {
  let answer: Answer | undefined;
  const silent: string[] = [];
  for (const node of nodes) {
    options.signal?.throwIfAborted();
    try {
      const seat = seatOf(node);
      const state = await live.readState(seat, options);
      if (state.kind === 'heartbeat') return { answer: { kind: 'pair', state }, silent };
      const view = await readFencing(seat, options);
      if (view.state.hasQuorum !== false) return { answer: { kind: 'pacemaker', view }, silent };
      answer ??= { kind: 'pacemaker', view };
    } catch (error) {
      if (!hasCode(error, ...UNANSWERED)) throw error;
      silent.push(`${node}: ${textOf(error)}`);
    }
  }
  return { answer, silent };
}

async function tryPacemaker(view: FencingView, { seatOf, options, onTried }: TrialParts): Promise<FencingTrial> {
  const { paths, uncovered } = planPaths(view);
  const atMs = options.clock.nowMs();
  const seats = (node: string): live.Seat => (node === view.node ? view.seat : seatOf(node));
  const tried = await tryPaths(view, paths, { seatOf: seats, options, ...(onTried === undefined ? {} : { onTried }) });
  const linesOf = (outcome: fencing.Tried['outcome']): string[] =>
    tried.filter((path) => path.tried.outcome === outcome).map(lineOf);
  const setting = settingLines(view);
  const none = tried.length === 0 ? ['there is no fence device'] : [];
  return {
    asked: view.node,
    proofs: lasting(proofsOf(tried, atMs)),
    ways: waysOf(paths),
    proven: linesOf('proven').length,
    failed: [
      ...setting.failed,
      ...none,
      ...uncovered.map(({ node, why }) => `${node}: ${why}`),
      ...powerlessLines(view, tried),
      ...linesOf('failed'),
    ],
    unproven: [...setting.unproven, ...linesOf('unproven')],
    notes: view.state.hasQuorum === false ? [`${view.node} sees no quorum: without it nobody is fenced`] : [],
  };
}

/** Nodes whose devices all answer, and would not switch them off. */
function powerlessLines(view: FencingView, tried: readonly TriedPath[]): string[] {
  return membersOf(view).flatMap(({ name }) => {
    const ways = waysTo(name, tried);
    const isAnswered = ways.length > 0 && ways.every(({ outcome }) => outcome === 'proven');
    if (!isAnswered || enoughWays(ways, levelsFor(name, view)) !== undefined) return [];
    return [`${name}: what answers is not enough to cut its power: ${ways.map(nameOfWay).join(', ')}`];
  });
}

/** Devices that answer are worth nothing while no shot would be fired. A pause is wanted, and over by itself: not examined rather than wrong. */
function settingLines({ setting, state }: FencingView): Record<'failed' | 'unproven', string[]> {
  const { lease, isEnabled } = setting;
  const isPaused = lease !== undefined && !lease.hasEnded;
  if (isPaused) {
    const end = new Date(lease.endMs).toISOString();
    return { failed: [], unproven: [`fencing is paused until ${end}: no shot would be fired before`] };
  }
  if (state.options.fencesNodes === false || !isEnabled) return { failed: ['fencing is switched off'], unproven: [] };
  return { failed: [], unproven: state.hasQuorum === false ? ['the cluster has no quorum'] : [] };
}

function lineOf({ device, from, step, target, tried }: TriedPath): string {
  const what = target === undefined ? step : `${step} of ${target.node}`;
  return `${device.id} from ${from}, ${what}: ${tried.text}`;
}
