/** Whether another node could switch a node off, asked of the devices now. */
import { fencing, heartbeatAct, type state, stonith } from '../../cluster.ts';
import type { Situation } from '../act/model.ts';
import { planPaths, tryPaths } from '../fence/paths.ts';
import { proofOf } from '../fence/proofs.ts';
import { readFencing } from '../fence/read.ts';
import { levelsFor, waysTo } from '../fence/ways.ts';
import { deviceOf, type FencingEvidence, type FencingProof, fencingInput } from './inputs.ts';
import type { VerdictInput } from './model.ts';
import { orUnseen, type Sight } from './sight.ts';

type Asked = Pick<FencingEvidence, 'proofs' | 'levels'>;

export async function lookAtFencing(situation: Situation, node: string, sight: Sight): Promise<VerdictInput> {
  const { state: told, cib } = situation;
  const own = (sight.proofs ?? []).filter((proof) => proof.node === node);
  const asked = await orUnseen(() =>
    told.kind === 'heartbeat' ? askPair(told, node, sight) : askPacemaker(node, sight),
  );
  const nowMs = sight.clock.nowMs();
  if ('error' in asked) {
    const levels = cib === undefined ? undefined : levelsFor(node, { cib, fencing: fencing.fencingOf(cib) });
    const input = fencingInput(told, { node, proofs: own, levels, nowMs });
    return input.finding === 'unexamined' ? { ...input, text: asked.error.message } : input;
  }
  const { proofs, levels } = asked.value;
  return fencingInput(told, { node, proofs: [...proofs, ...unasked(own, proofs)], levels, nowMs });
}

/** What a device says now counts more than what was recorded of it, or of a shot. */
function unasked(recorded: readonly FencingProof[], asked: readonly FencingProof[]): FencingProof[] {
  const devices = new Set(asked.map(deviceOf));
  return recorded.filter((proof) => {
    const device = deviceOf(proof);
    return device === undefined ? asked.length === 0 : !devices.has(device);
  });
}

/** Each way by which another node would fence it, tried by the agent itself: nothing is switched. */
async function askPacemaker(node: string, { seat, seatOf, clock, signal }: Sight): Promise<Asked> {
  const options = { clock, signal };
  const view = await readFencing(seat, options);
  const own = planPaths(view).paths.filter(({ from, target }) => from !== node && target?.node === node);
  const reachable = own.filter(({ from }) => seatOf(from) !== undefined);
  const tried = await tryPaths(view, reachable, { seatOf: (name) => seatOf(name)!, options });
  const atMs = clock.nowMs();
  const proofs = waysTo(node, tried).flatMap((way) => {
    const { from, outcome, text } = way;
    const told = outcome === 'proven' ? `tells ${from} that it is ${text}` : `${from} gets no answer: ${text}`;
    return proofOf(node, { ...way, text: told }, atMs);
  });
  return { proofs, levels: levelsFor(node, view) };
}

/** Asked of who would shoot: another node of the pair. */
async function askPair(told: state.ClusterState, node: string, { seatOf, clock, signal }: Sight): Promise<Asked> {
  const shooter = told.nodes.find(({ name, isOnline }) => name !== node && isOnline && seatOf(name) !== undefined);
  if (shooter === undefined) return { proofs: [] };
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
  return { proofs };
}
