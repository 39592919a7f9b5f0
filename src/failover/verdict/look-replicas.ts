/** Whether what is replicated is in step, asked of the kernel that has it. */
import { cib, drbd, heartbeatAct, live, type state } from '../../cluster.ts';
import type { ActionPlan, Situation } from '../act/model.ts';
import { type Replica, replicaInputs } from './inputs-replicas.ts';
import type { VerdictInput } from './model.ts';
import { orUnseen, type Sight } from './sight.ts';

/** Agents whose resources are copies of others. */
const REPLICATED = /^ocf:(?:linbit|heartbeat):drbd$|^heartbeat:drbd|drbddisk/;

interface Named {
  id: string;
  /** Name that DRBD has for it; undefined where the configuration does not tell. */
  name: string | undefined;
  /** Nodes where it is active, the promoted ones first. */
  nodes: readonly string[];
}

export async function lookAtReplicas(plan: ActionPlan, situation: Situation, sight: Sight): Promise<VerdictInput[]> {
  const { state: told } = situation;
  const { clock, replicas = [] } = sight;
  const names = await orUnseen(() => (told.kind === 'heartbeat' ? ofPair(told, sight) : ofCib(situation)));
  if ('error' in names)
    return [{ name: 'replica', subject: '', finding: 'unexamined', examinedMs: undefined, text: names.error.message }];
  const found = await Promise.all(names.value.map((each) => ask(each, sight)));
  const takers = told.nodes
    .filter(({ name, isOnline }) => isOnline && !plan.sources.includes(name))
    .map(({ name }) => name);
  return replicaInputs(found, { takers, replicas, atMs: told.atMs, nowMs: clock.nowMs() });
}

async function ask({ id, name, nodes }: Named, { seatOf, clock, signal }: Sight): Promise<Replica> {
  const [node] = nodes;
  if (name === undefined) return { id, told: 'its configuration does not name it' };
  if (node === undefined) return { id, told: 'it is active nowhere' };
  const seat = seatOf(node);
  if (seat === undefined) return { id, told: `nobody said how ${node} is reached` };
  const read = await orUnseen(() => drbd.readDrbd(seat, [name], { clock, signal }));
  return { id, told: 'error' in read ? read.error.message : read.value.get(name)! };
}

async function ofCib({ state: { resources }, cib: configuration }: Situation): Promise<Named[]> {
  const own = live.primitivesOf(resources).filter(({ primitive }) => REPLICATED.test(primitive.agent));
  const byId = Map.groupBy(own, ({ primitive }) => primitive.id.replace(/:\d+$/, ''));
  const configured = configuration === undefined ? [] : [...cib.everyResource(configuration.resources)];
  return [...byId].map(([id, instances]): Named => {
    const resource = configured.find((each) => each.id === id);
    const name = resource?.kind === 'primitive' ? cib.valueIn(resource.params, 'drbd_resource') : undefined;
    const ranked = instances.toSorted(
      (a, b) => Number(b.primitive.role === 'Promoted') - Number(a.primitive.role === 'Promoted'),
    );
    const nodes = ranked.flatMap(({ primitive }) => (primitive.isActive ? primitive.nodes : []));
    return { id, name, nodes };
  });
}

/** Heartbeat has only groups: `drbddisk::r0` in haresources makes `r0` primary where its group is. */
async function ofPair(told: state.ClusterState, { seatOf, clock, signal }: Sight): Promise<Named[]> {
  const [seat] = told.nodes.flatMap(({ name, isOnline }) => (isOnline ? (seatOf(name) ?? []) : []));
  if (seat === undefined) return [{ id: 'haresources', name: undefined, nodes: [] }];
  const { groups } = await heartbeatAct.readHaresources(seat, { clock, signal });
  return groups.flatMap(({ node, resources }) =>
    resources
      .filter(({ script }) => /^drbd(?:disk|upper)?$/.test(script))
      .map(({ params: [name] }): Named => {
        const held = live.primitivesOf(told.resources).find(({ primitive }) => primitive.id === `groups of ${node}`);
        return { id: name ?? `drbd of ${node}`, name, nodes: held?.primitive.nodes ?? [] };
      }),
  );
}
