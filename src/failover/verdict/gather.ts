/** Looks at everything that a verdict on a plan rests on. What cannot be looked at becomes an input that says so. */

import { DEVICES_READ_MAX } from '../../base/cluster-limits.ts';
import { forEachLimited } from '../../base/tasks.ts';
import { mmp, type state } from '../../cluster.ts';
import type { ActionPlan, Situation } from '../act/model.ts';
import { movableOf } from '../act/places.ts';
import { mmpInput, peerInput, quorumInput, replicaInputs } from './inputs.ts';
import { lookAtFencing } from './look-fencing.ts';
import type { VerdictInput } from './model.ts';
import { orUnseen, type Sight } from './sight.ts';

/** @throws only the abort signal's reason, and bugs */
export async function gatherReadiness(plan: ActionPlan, situation: Situation, sight: Sight): Promise<VerdictInput[]> {
  const { state: told } = situation;
  const [fencing, devices, simulation] = await Promise.all([
    Promise.all(plan.sources.map((node) => lookAtFencing(situation, node, sight))),
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
