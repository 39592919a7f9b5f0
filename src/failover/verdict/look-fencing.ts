/** Whether another node could switch a node off, asked of the devices now. */
import { cib, fencing, heartbeatAct, type state, stonith } from '../../cluster.ts';
import type { Situation } from '../act/model.ts';
import { type FencePath, planPaths, type TriedPath, tryPaths } from '../fence/paths.ts';
import { proofsOf, shotsOf } from '../fence/proofs.ts';
import { readFencing } from '../fence/read.ts';
import { isOfAnother, levelsFor, nameOfWay } from '../fence/ways.ts';
import { deviceOf, type FencingEvidence, type FencingProof, fencingInput } from './inputs.ts';
import type { VerdictInput } from './model.ts';
import { orUnseen, type Sight } from './sight.ts';

interface Asked extends Pick<FencingEvidence, 'proofs' | 'levels'> {
  /** Real shots. */
  shots: readonly FencingProof[];
  /** Whether the cluster still has such a way. */
  isWay(proof: FencingProof): boolean;
}

export async function lookAtFencing(situation: Situation, node: string, sight: Sight): Promise<VerdictInput> {
  const wanted = sight.wanted === undefined ? undefined : cib.withTemplates(cib.readCib(sight.wanted));
  const told = wanted === undefined ? situation.state : withSetting(situation.state, wanted, sight.clock.nowMs());
  // What was proven before was proven of other devices, as far as anybody knows.
  const recorded = wanted === undefined ? (sight.proofs ?? []).filter((proof) => proof.node === node) : [];
  const asked = await orUnseen(() =>
    told.kind === 'heartbeat' ? askPair(told, node, sight) : askPacemaker(told, node, { ...sight, fencing: wanted }),
  );
  const nowMs = sight.clock.nowMs();
  if ('error' in asked) {
    const known = wanted ?? situation.cib;
    const levels = known === undefined ? undefined : levelsFor(node, { cib: known, fencing: fencing.fencingOf(known) });
    const input = fencingInput(told, { node, proofs: recorded, levels, nowMs });
    return recorded.length === 0 && input.finding === 'unexamined' ? { ...input, text: asked.error.message } : input;
  }
  const { proofs, levels, shots, isWay } = asked.value;
  const earlier = [...recorded.filter(isWay), ...shots];
  return fencingInput(told, { node, proofs: [...proofs, ...unasked(earlier, proofs)], levels, nowMs });
}

/** Fencing as it will be set. Where rules of others decide, nobody can tell. */
function withSetting(told: state.ClusterState, wanted: cib.Cib, nowMs: number): state.ClusterState {
  const { isEnabled, lease, foreignRules } = fencing.fencingSetting(wanted, nowMs);
  const isPaused = lease !== undefined && !lease.hasEnded;
  const fencesNodes = foreignRules.length > 0 ? undefined : isEnabled && !isPaused;
  return { ...told, options: { ...told.options, fencesNodes } };
}

/** What a device says now counts more than what was recorded of it, or of a shot. */
function unasked(earlier: readonly FencingProof[], asked: readonly FencingProof[]): FencingProof[] {
  const devices = new Set(asked.map(deviceOf));
  return earlier.filter((proof) => {
    const device = deviceOf(proof);
    return device === undefined ? asked.length === 0 : !devices.has(device);
  });
}

/** Each way by which another node would fence it, tried by the agent itself: nothing is switched. */
async function askPacemaker(
  told: state.ClusterState,
  node: string,
  { seat, seatOf, clock, signal, fencing: next }: Sight & { fencing: cib.Cib | undefined },
): Promise<Asked> {
  const options = { clock, signal };
  const now = await readFencing(seat, options);
  const view = next === undefined ? now : { ...now, cib: next, fencing: fencing.fencingOf(next) };
  const { paths } = planPaths(view);
  const own = paths.filter((path) => isOfAnother(path) && path.target?.node === node);
  const names = new Set(own.map(nameOfWay));
  // Devices that are to come no fencer knows yet.
  const isAsked = (path: FencePath): boolean =>
    own.includes(path) || (next === undefined && path.step === 'registered' && names.has(nameOfWay(path)));
  const reachable = paths.filter((path) => isAsked(path) && seatOf(path.from) !== undefined);
  const tried = await tryPaths(view, reachable, { seatOf: (name) => seatOf(name)!, options });
  return {
    proofs: proofsOf(tried.map(notDeadUnnoticed(told)), clock.nowMs()).filter((proof) => proof.node === node),
    levels: levelsFor(node, view),
    shots: next !== undefined ? [] : shotsOf(view.history).filter(({ node: target }) => target === node),
    isWay: ({ by }) => names.has(by),
  };
}

/**
 * The cluster was asked before the devices. A node that it had online then, and that its device has off, has died and nobody
 * had noticed yet: it gives nothing up, whatever the cluster says by now.
 */
export function notDeadUnnoticed({ nodes }: Pick<state.ClusterState, 'nodes'>): (path: TriedPath) => TriedPath {
  return (path) => {
    const name = path.target?.node;
    const wasOnline = nodes.some((node) => node.name === name && node.isOnline);
    if (path.tried.power !== 'off' || path.tried.outcome !== 'proven' || !wasOnline) return path;
    const text = `says that ${name} is off, which the cluster had online`;
    return { ...path, tried: { ...path.tried, outcome: 'failed', text } };
  };
}

/** Asked of who would shoot: another node of the pair. */
async function askPair(told: state.ClusterState, node: string, { seatOf, clock, signal }: Sight): Promise<Asked> {
  const shooter = told.nodes.find(({ name, isOnline }) => name !== node && isOnline && seatOf(name) !== undefined);
  // Its lines are known to its nodes alone: what was tried earlier is taken for one of them.
  const rest = { shots: [], levels: undefined, isWay: () => true };
  if (shooter === undefined) return { proofs: [], ...rest };
  const paths = await heartbeatAct.askStonithPaths(seatOf(shooter.name)!, shooter.name, { clock, signal });
  const atMs = clock.nowMs();
  const proofs = paths.map(({ plugin, hosts, isAnswering, why }): FencingProof => {
    const isListed = hosts.some((host) => host.toLowerCase() === node.toLowerCase());
    const powerless = stonith.powerlessness(plugin);
    return {
      node,
      device: plugin,
      by: `${plugin} from ${shooter.name}`,
      isProven: isAnswering && isListed,
      atMs,
      text: !isAnswering ? why : isListed ? `answers, and lists ${node}` : `does not list ${node}`,
      ...(powerless === undefined ? {} : { powerless }),
    };
  });
  return { proofs, ...rest };
}
