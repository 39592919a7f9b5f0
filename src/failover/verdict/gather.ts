/** Looks at everything that a verdict on a plan rests on. What cannot be looked at becomes an input that says so. */

import type { state } from '../../cluster.ts';
import type { ActionPlan, Situation } from '../act/model.ts';
import { peerInput, quorumInput } from './inputs.ts';
import { lookAtDevices } from './look-devices.ts';
import { lookAtFencing } from './look-fencing.ts';
import { playPlan } from './look-heartbeat.ts';
import { lookAtReplicas } from './look-replicas.ts';
import type { VerdictInput } from './model.ts';
import { orUnseen, type Sight } from './sight.ts';

/** @throws only the abort signal's reason, and bugs */
export async function gatherReadiness(plan: ActionPlan, situation: Situation, sight: Sight): Promise<VerdictInput[]> {
  const { state: told } = situation;
  const [fencing, devices, replicas, simulation] = await Promise.all([
    Promise.all(plan.sources.map((node) => lookAtFencing(situation, node, sight))),
    lookAtDevices(plan, situation, sight),
    lookAtReplicas(plan, situation, sight),
    lookAhead(plan, told, sight),
  ]);
  const nobody = (name: 'peer' | 'fencing', text: string): VerdictInput[] =>
    plan.sources.length > 0 ? [] : [{ name, subject: '', finding: 'good', examinedMs: told.atMs, text }];
  return [
    quorumInput(told),
    ...plan.sources.map((node) => peerInput(told, node)),
    ...nobody('peer', 'no node gives anything up'),
    ...fencing,
    ...nobody('fencing', 'no node gives anything up, which would be fenced if it did not'),
    ...devices,
    ...replicas,
    simulation,
  ];
}

async function lookAhead(plan: ActionPlan, told: state.ClusterState, sight: Sight): Promise<VerdictInput> {
  const { rehearse } = sight;
  const input = { name: 'simulation', subject: '' } as const;
  if (plan.cluster === 'heartbeat') return await playPlan(plan, told, sight);
  if (rehearse === undefined)
    return { ...input, finding: 'unexamined', examinedMs: undefined, text: 'nobody tried it out' };
  const tried = await orUnseen(rehearse);
  if ('error' in tried) return { ...input, finding: 'unexamined', examinedMs: undefined, text: tried.error.message };
  const { isClean, text, atMs } = tried.value;
  return { ...input, finding: isClean ? 'good' : 'bad', examinedMs: atMs, text };
}
