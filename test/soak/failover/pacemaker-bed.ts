/** Two or three nodes of Pacemaker for the campaign. */
import { hasCode } from '../../../src/base/errors.ts';
import { pacemakerAct } from '../../../src/cluster.ts';
import { systemClock } from '../../../src/host.ts';
import { Evidence } from '../../lab/evidence.ts';
import type { Host } from '../../lab/host.ts';
import { Lab } from '../../lab/lab.ts';
import { equipOperator } from '../../lab/operator.ts';
import { type PacemakerCluster, startPacemaker } from '../../lab/pacemaker.ts';
import { argvOf, ask } from './answer.ts';
import { type Bed, type Given, isUnanswered, LUN_BYTES } from './bed.ts';
import { changedCib, complaintOf, configurationOf, differs } from './configuration.ts';
import { type Drawn, homeOf, SHAPES } from './draw.ts';
import type { Order } from './orders.ts';
import { predictPacemaker } from './predict.ts';

/** A busy machine lets a process wait for a second and more; that is not to count as a node that fell silent. */
const TOKEN_MS = 3_000;
/** How often a write is tried on each file system: this is what notices a lost path. */
const DEEP_MONITOR_S = 3;
const MOVE_MS_MAX = 60_000;
const ASK_S = 3;
const ASK_MS_MAX = 8_000;
/** As a shell tells of SIGKILL. */
const KILLED = 137;

export async function openPacemakerBed(name: 'pair' | 'three'): Promise<Bed> {
  await using made = new AsyncDisposableStack();
  const lab = made.use(await Lab.open());
  const { nodes, luns } = SHAPES[name];
  const evidence: Evidence[] = [];
  for (const lun of luns) evidence.push(new Evidence(await lab.lun(lun, LUN_BYTES, nodes)));
  const watch = made.use(lab.watchMounts());
  await equipOperator(
    lab.directory,
    nodes.map((node) => lab.host(node)),
  );
  const cluster = await startPacemaker(lab, nodes, { tokenMs: TOKEN_MS });
  const filesystems = evidence.map(({ lun }) => ({
    lun,
    prefers: homeOf(name, lun.name),
    deepMonitorS: DEEP_MONITOR_S,
  }));
  await cluster.configure({ filesystems, ...(nodes.length === 2 ? { shotLast: nodes[0]! } : {}) });
  const lifetime = made.move();
  return {
    lab,
    hosts: cluster.hosts,
    evidence,
    watch,
    membership: 'corosync',
    logFiles: ['/var/log/pacemaker/pacemaker.log', '/var/log/corosync/corosync.log', '/var/log/boot.log'],
    arrange: (drawn) => arrange({ lab, cluster, evidence }, drawn),
    predict: async (drawn) => {
      const [host] = cluster.hosts;
      const cibText = await host!.must(['cibadmin', '--query']);
      return await predictPacemaker(drawn, { cibText, corosyncText: host!.read('/etc/corosync/corosync.conf') ?? '' });
    },
    give: (order, onVerdict) => give(lab, order, onVerdict),
    handOver: (node) => handOver(lab.host(node)),
    isIdle,
    isWhole: () => isWhole(cluster),
    tidy: (drawn) => tidy(cluster, luns, drawn),
    [Symbol.asyncDispose]: () => lifetime[Symbol.asyncDispose](),
  };
}

interface Parts {
  lab: Lab;
  cluster: PacemakerCluster;
  evidence: readonly Evidence[];
}

async function arrange({ lab, cluster, evidence }: Parts, { start, order }: Drawn): Promise<void> {
  const asked = cluster.hosts[0]!;
  for (const { lun } of evidence) {
    const node = start[lun.name]!;
    if (lab.activeOn(lun).join() === node) continue;
    await change(asked, { kind: 'move', resource: lun.name, node });
    await cluster.waitActive(lun, node, MOVE_MS_MAX);
    await change(asked, { kind: 'clear', resource: lun.name });
  }
  if (order?.kind === 'unstandby') await change(asked, { kind: 'standby', node: order.node! });
  await cluster.settle();
  if (order?.kind !== 'rollback') return;
  // Something to go back to.
  const host = lab.host(order.on);
  const file = await changedCib(host);
  const { exitCode, text } = await ask(host, ['apply', file!]);
  if (exitCode !== 0) throw new Error(`ha apply, before anything has happened: exit code ${exitCode}: ${text}`);
}

async function give(lab: Lab, order: Order, onVerdict: () => void): Promise<Given | undefined> {
  const host = lab.host(order.on);
  if (!host.isOn) return undefined;
  const before = await configurationOf(host);
  const file = order.kind === 'apply' ? await changedCib(host) : undefined;
  if (order.kind === 'apply' && file === undefined) return undefined;
  const answer = await ask(host, argvOf(order, { file }), onVerdict);
  const changed = answer.exitCode === 20 ? differs(before, await configurationOf(host)) : undefined;
  const complaint = answer.exitCode === 0 ? await complaintOf(host, order, before) : undefined;
  return { answer, changed, complaint };
}

async function handOver(host: Host): Promise<void> {
  try {
    await change(host, { kind: 'standby', node: host.name });
  } catch (error) {
    // The host may go down under the command, or have lost the cluster: the order was not taken, or nobody knows.
    const codes = ['refused', 'cluster-down', 'cluster-unclear'] as const;
    if (!isUnanswered(error, host) && !codes.some((code) => hasCode(error, code))) throw error;
  }
}

/** By the product's own hand. */
async function change(host: Host, wanted: pacemakerAct.PacemakerChange): Promise<void> {
  await pacemakerAct.changePacemaker({ name: host.name, processes: host.processes }, wanted, {
    clock: systemClock,
    timeLimitMs: 12_000,
  });
}

async function isIdle(asked: readonly Host[]): Promise<boolean> {
  const host = asked.find(({ isOn }) => isOn);
  if (host === undefined) return true;
  return (await tried(host, ['crm_resource', '--wait', `--timeout=${ASK_S}s`])) === 0;
}

async function isWhole(cluster: PacemakerCluster): Promise<boolean> {
  const wanted = cluster.hosts.map(({ name }) => name).join();
  try {
    const seen = await Promise.all(cluster.hosts.map((host) => cluster.online(host)));
    return seen.every((names) => names.sort().join() === wanted);
  } catch (error) {
    // Just switched off again, or not answering yet.
    if (cluster.hosts.some((host) => isUnanswered(error, host))) return false;
    throw error;
  }
}

/** Faults leave failures behind, and orders leave standby and constraints. */
async function tidy({ hosts }: PacemakerCluster, luns: readonly string[], { order }: Drawn): Promise<string[]> {
  const [asked] = hosts;
  // What the pause has left in the configuration once it was over.
  if (order?.kind === 'pause' && asked!.isOn) await ask(asked!, ['fence', 'resume']);
  for (const { name } of hosts) await tried(asked!, ['crm_standby', '--node', name, '--delete']);
  for (const lun of luns) await tried(asked!, ['crm_resource', '--clear', '--resource', lun]);
  await tried(asked!, ['crm_resource', '--cleanup']);
  return [];
}

/** @returns exit code; that of a signal when the host goes down meanwhile or does not answer in time */
async function tried(host: Host, argv: readonly string[]): Promise<number> {
  try {
    return (await host.exec(argv, { timeLimitMs: ASK_MS_MAX })).exitCode;
  } catch (error) {
    if (isUnanswered(error, host)) return KILLED;
    throw error;
  }
}
