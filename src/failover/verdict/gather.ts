/** Looks at everything that a verdict on a plan rests on. What cannot be looked at becomes an input that says so. */

import { DEVICES_READ_MAX } from '../../base/cluster-limits.ts';
import { type AppError, hasCode } from '../../base/errors.ts';
import { forEachLimited } from '../../base/tasks.ts';
import { heartbeatAct, mmp, type pacemaker, type state, UNANSWERED } from '../../cluster.ts';
import type { Clock } from '../../host.ts';
import type { ActionPlan, Situation } from '../act/model.ts';
import { movableOf } from '../act/places.ts';
import type { Rehearsal } from '../act/rehearse.ts';
import { planPaths, tryPaths } from '../fence/paths.ts';
import { readFencing } from '../fence/read.ts';
import {
  type FencingProof,
  fencingInput,
  mmpInput,
  peerInput,
  quorumInput,
  type ReplicaEvidence,
  replicaInputs,
} from './inputs.ts';
import type { VerdictInput } from './model.ts';

export interface Sight {
  /** The machine through which the cluster is asked. */
  seat: pacemaker.Seat;
  seatOf(node: string): pacemaker.Seat | undefined;
  clock: Clock;
  signal?: AbortSignal | undefined;
  /** Proofs of fencing paths from elsewhere, such as tests that were recorded. */
  proofs?: readonly FencingProof[];
  replicas?: readonly ReplicaEvidence[];
  /** Tries the plan out; undefined where nothing could. */
  rehearse?: (() => Promise<Rehearsal>) | undefined;
}

/** What keeps one thing from being looked at; anything else is a bug or an interruption. */
const UNSEEN = [...UNANSWERED, 'device-failed', 'storage-denied', 'config'] as const;

/** @throws only the abort signal's reason, and bugs */
export async function gatherReadiness(plan: ActionPlan, situation: Situation, sight: Sight): Promise<VerdictInput[]> {
  const { state: told } = situation;
  const [fencing, devices, simulation] = await Promise.all([
    Promise.all(plan.sources.map((node) => lookAtFencing(told, node, sight))),
    lookAtDevices(plan, situation, sight),
    lookAhead(plan, sight),
  ]);
  const nowMs = sight.clock.nowMs();
  const nobody = (name: 'peer' | 'fencing', text: string): VerdictInput[] =>
    plan.sources.length > 0 ? [] : [{ name, subject: '', finding: 'good', examinedMs: told.atMs, text }];
  return [
    quorumInput(told),
    ...plan.sources.map((node) => peerInput(told, node)),
    ...nobody('peer', 'no node gives anything up'),
    ...fencing,
    ...nobody('fencing', 'no node gives anything up, which would be fenced if it did not'),
    ...devices,
    ...replicaInputs(told, { replicas: sight.replicas ?? [], nowMs }),
    simulation,
  ];
}

async function lookAtFencing(told: state.ClusterState, node: string, sight: Sight): Promise<VerdictInput> {
  const own = (sight.proofs ?? []).filter((proof) => proof.node === node);
  const asked = await orUnseen(() =>
    told.kind === 'heartbeat' ? askPair(told, node, sight) : askPacemaker(node, sight),
  );
  const nowMs = sight.clock.nowMs();
  if ('error' in asked) {
    const input = fencingInput(told, { node, proofs: own, nowMs });
    return input.finding === 'unexamined' ? { ...input, text: asked.error.message } : input;
  }
  return fencingInput(told, { node, proofs: [...own, ...asked.value], nowMs });
}

/** Each way by which another node would fence it, tried by the agent itself: nothing is switched. */
async function askPacemaker(node: string, { seat, seatOf, clock, signal }: Sight): Promise<FencingProof[]> {
  const options = { clock, signal };
  const view = await readFencing(seat, options);
  const own = planPaths(view).paths.filter(({ from, target }) => from !== node && target?.node === node);
  const reachable = own.filter(({ from }) => seatOf(from) !== undefined);
  const tried = await tryPaths(view, reachable, { seatOf: (name) => seatOf(name)!, options });
  return tried.flatMap(({ device, from, tried: { outcome, text } }): FencingProof[] => {
    if (outcome === 'unproven') return [];
    const isProven = outcome === 'proven';
    const told = isProven ? `tells ${from} that it is ${text}` : `${from} gets no answer: ${text}`;
    return [{ node, by: `${device.id} from ${from}`, isProven, atMs: clock.nowMs(), text: told }];
  });
}

/** Asked of who would shoot: another node of the pair. */
async function askPair(
  told: state.ClusterState,
  node: string,
  { seatOf, clock, signal }: Sight,
): Promise<FencingProof[]> {
  const shooter = told.nodes.find(({ name, isOnline }) => name !== node && isOnline && seatOf(name) !== undefined);
  if (shooter === undefined) return [];
  const paths = await heartbeatAct.askStonithPaths(seatOf(shooter.name)!, shooter.name, { clock, signal });
  return paths
    .filter(({ hosts, isAnswering }) => !isAnswering || hosts.includes(node))
    .map(({ plugin, isAnswering, why }) => ({
      node,
      by: plugin,
      isProven: isAnswering,
      atMs: clock.nowMs(),
      text: isAnswering ? `answers ${shooter.name}, and lists ${node}` : why,
    }));
}

async function lookAtDevices(plan: ActionPlan, situation: Situation, sight: Sight): Promise<VerdictInput[]> {
  const { state: told } = situation;
  const moving = told.filesystems.filter(({ resource }) => {
    const id = movableOf(situation, resource)?.id;
    return id !== undefined && plan.moved.includes(id);
  });
  const wanted = [...moving, ...plan.arriving];
  // A gap hides filesystems: then nothing can be said of all of them.
  const gap = told.gaps.find(({ what }) => what === 'constraints and devices');
  if (gap !== undefined)
    return [{ name: 'mmp', subject: '', finding: 'unexamined', examinedMs: undefined, text: gap.why }];
  if (wanted.length === 0)
    return [
      { name: 'mmp', subject: '', finding: 'good', examinedMs: told.atMs, text: 'no filesystem changes its place' },
    ];
  const inputs: VerdictInput[] = [];
  const { signal } = sight;
  await forEachLimited(wanted, { width: DEVICES_READ_MAX, signal }, async (filesystem) => {
    inputs.push(await lookAtDevice(plan, situation, { filesystem, sight }));
  });
  return inputs.toSorted((a, b) => a.subject.localeCompare(b.subject));
}

/** Read where it goes to: that this node reaches the device at all is worth knowing as well. */
async function lookAtDevice(
  plan: ActionPlan,
  situation: Situation,
  { filesystem, sight }: { filesystem: state.SharedFilesystem; sight: Sight },
): Promise<VerdictInput> {
  const { device, resource } = filesystem;
  const subject = `${resource} (${device})`;
  const nowMs = sight.clock.nowMs();
  if (!device.startsWith('/'))
    return { name: 'mmp', subject, finding: 'good', examinedMs: nowMs, text: 'no device of these hosts' };
  const movable = movableOf(situation, resource);
  const node = targetOf(plan, situation, movable?.id ?? resource);
  const seat = node === undefined ? undefined : sight.seatOf(node);
  const unseen = (text: string): VerdictInput => ({
    name: 'mmp',
    subject,
    finding: 'unexamined',
    examinedMs: undefined,
    text,
  });
  if (node === undefined || seat === undefined) return unseen(`nobody said how ${node ?? 'its next node'} is reached`);
  const host = { name: node, processes: seat.processes, clock: sight.clock };
  const read = await orUnseen(() => mmp.readMmp(host, device, sight.signal));
  if ('error' in read) return unseen(read.error.message);
  const holder = movable === undefined || movable.nodes.length === 0 ? undefined : movable.nodes.join(' and ');
  return mmpInput(filesystem, read.value, { holder, host: node, nowMs });
}

function targetOf(plan: ActionPlan, situation: Situation, id: string): string | undefined {
  const { nodes } = situation.state;
  const promised = [...plan.steps.flatMap(({ expects }) => expects), ...plan.promises];
  const at = promised.find((each) => each.kind === 'at' && each.resource === id);
  if (at?.kind === 'at') return at.node;
  const up = nodes.filter(({ isOnline, kind }) => isOnline && kind === 'member').map(({ name }) => name);
  const holders = movableOf(situation, id)?.nodes ?? [];
  return up.find((name) => !holders.includes(name)) ?? up[0];
}

async function lookAhead(plan: ActionPlan, { rehearse, clock }: Sight): Promise<VerdictInput> {
  const input = { name: 'simulation', subject: '' } as const;
  if (plan.cluster === 'heartbeat') {
    const text = 'Heartbeat has no scheduler: it stops the groups on one side, and then starts them on the other';
    return { ...input, finding: 'good', examinedMs: clock.nowMs(), text };
  }
  if (rehearse === undefined)
    return { ...input, finding: 'unexamined', examinedMs: undefined, text: 'nobody tried it out' };
  const tried = await orUnseen(rehearse);
  if ('error' in tried) return { ...input, finding: 'unexamined', examinedMs: undefined, text: tried.error.message };
  const { isClean, text, atMs } = tried.value;
  return { ...input, finding: isClean ? 'good' : 'bad', examinedMs: atMs, text };
}

async function orUnseen<T>(look: () => Promise<T>): Promise<{ value: T } | { error: AppError }> {
  try {
    return { value: await look() };
  } catch (error) {
    if (!hasCode(error, ...UNSEEN)) throw error;
    return { error };
  }
}
