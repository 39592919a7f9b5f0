/** A CIB made ready for faults: settled, with what the simulation needs to know beside it. */
import { MOUNT_WAIT_MS, OPERATION_MS } from '../../base/cluster-limits.ts';
import { AppError } from '../../base/errors.ts';
import { cib, corosync, type simulator } from '../../cluster.ts';
import { fenceFactsOf } from './fencing.ts';
import type { Placement, Timing, World, WorldNode, WorldResource } from './model.ts';
import { endProbes, nodeState, quickTextOf } from './quick.ts';

export interface WorldInput {
  /** Text of a CIB with or without status. */
  cibText: string;
  /** For messages. */
  file: string;
  corosyncText?: string | undefined;
  /** Seconds that a mount of this device waits when its node died; undefined where that is not known. */
  mountWaitS?: (device: string) => number | undefined;
}

/** When no corosync.conf is given: totem's own (corosync.conf(5)). */
const TOKEN_MS = 3_000;
const CONSENSUS_PER_TOKEN = 1.2;
/** File systems that have multiple-mount protection. */
const PROTECTED = new Set(['ext4', 'ldiskfs', 'lustre']);

/**
 * @throws {AppError} `config` when the text is no whole CIB of a known schema or names no node; what the simulator throws
 */
export async function openWorld(input: WorldInput, simulator: simulator.Simulator): Promise<World> {
  // crm_simulate reads a CIB that is cut short as far as it goes; this reader does not.
  const document = cib.parseXml(input.cibText, input.file);
  const remarks: string[] = [];
  const view = cib.withTemplates(cib.readCib(document));
  const root = cib.rootOf(document);
  if (!root.attributes.has('crm_feature_set')) cib.setAttribute(root, 'crm_feature_set', cib.FEATURE_SET);
  const settings = input.corosyncText === undefined ? undefined : settingsOf(input.corosyncText);
  addNodes(document, { view, settings, file: input.file });
  if (view.nodeStates.length === 0) {
    bringUp(document);
    endProbes(document);
    remarks.push('The CIB has no status: all nodes were taken to be up, and everything started first.');
  }
  const settled = await settle(cib.formatXml(document), simulator, remarks);
  const now = cib.withTemplates(cib.readCib(cib.parseXml(settled.cibText, input.file)));
  const quickText = await quickTextOf(settled, simulator);
  return worldOf(now, { quickText, settled, settings, remarks, input, hasStatus: view.nodeStates.length > 0 });
}

interface Parts {
  quickText: string;
  settled: simulator.SimulatedTransition;
  settings: corosync.CorosyncSettings | undefined;
  remarks: string[];
  input: WorldInput;
  hasStatus: boolean;
}

function worldOf(now: cib.Cib, { quickText, settled, settings, remarks, input, hasStatus }: Parts): World {
  const { nodes: told, resources } = settled.after;
  const votes = new Map(settings?.nodes.map((each) => [each.name, each.votes]));
  const nodes = told.map(({ name, isOnline, isUnclean, isStandby }): WorldNode => {
    const id = now.nodes.find((node) => node.name === name)?.id ?? name;
    return { name, id, votes: votes.get(name) ?? 1, isOnline: isOnline && !isUnclean, isStandby };
  });
  const property = (name: string): string | undefined => cib.valueIn(now.properties, name);
  const fencesNodes = cib.parseBoolean(property('stonith-enabled') ?? 'true') ?? true;
  if (!fencesNodes) remarks.push('stonith-enabled is false: nothing is ever proven to be off.');
  if (hasStatus)
    for (const { name } of nodes.filter(({ isOnline }) => !isOnline)) remarks.push(`${name} was down already.`);
  const facts = resources.map((each) => resourceOf(each, now));
  const devices = fenceFactsOf(now, nodes);
  const placement = placementOf(resources);
  if (isIdle({ resources: facts, placement })) {
    const why =
      fencesNodes && devices.length === 0 ? ': there is no fence device, without which nothing is started' : '';
    remarks.push(`Nothing runs even without a fault${why}.`);
  }
  return {
    cibText: settled.cibText,
    quickText,
    cib: now,
    nodes,
    resources: facts.filter((each, at) => facts.findIndex(({ id }) => id === each.id) === at),
    devices,
    placement,
    fencesNodes,
    noQuorumPolicy: property('no-quorum-policy') ?? 'stop',
    quorum: quorumOf(nodes, { settings, remarks }),
    timing: timingOf({ settings, remarks, input }),
    remarks,
  };
}

/** There is something to run, and nothing of it does. */
export function isIdle({ resources, placement }: Pick<World, 'resources' | 'placement'>): boolean {
  const own = resources.filter(({ isFence }) => !isFence);
  return own.length > 0 && own.every(({ id }) => (placement.get(id) ?? []).length === 0);
}

export function placementOf(resources: readonly simulator.ResourceNow[]): Placement {
  const placement = new Map<string, string[]>();
  for (const { id, nodes } of resources) placement.set(id, [...(placement.get(id) ?? []), ...nodes]);
  return placement;
}

/** Goes on until nothing is left to do, as a cluster does. */
async function settle(cibText: string, simulator: simulator.Simulator, remarks: string[]) {
  const first = await simulator.run({ cibText });
  const pending = first.graph.filter(
    ({ kind, operation }) => kind === 'fence' || operation === 'start' || operation === 'stop',
  );
  const wasRunning = first.before.resources.some(({ nodes }) => nodes.length > 0);
  if (wasRunning && pending.length > 0) remarks.push(...remarksOn(pending));
  return first;
}

/** To the scheduler every action works, so a node that nobody has been able to fence so far counts as fenced from here on. */
function remarksOn(pending: readonly simulator.GraphAction[]): string[] {
  const few = pending.length === 1 ? '1 action comes' : `${pending.length} actions come`;
  const shot = new Set(pending.filter(({ kind }) => kind === 'fence').map(({ node }) => node));
  const settling = `The cluster is not settled: ${few} first without any fault. Before stands what is then.`;
  const taken = (node: string): string =>
    `${node} is not fenced yet: this is taken to succeed first. While it does not, nothing here comes about: holdfast ha status.`;
  return [settling, ...[...shot].map(taken)];
}

function settingsOf(text: string): corosync.CorosyncSettings {
  return corosync.settingsOf(corosync.parseCorosync(text, 'corosync.conf'));
}

function addNodes(
  document: cib.XmlDocument,
  { view, settings, file }: { view: cib.Cib; settings: corosync.CorosyncSettings | undefined; file: string },
): void {
  if (view.nodes.length > 0) return;
  const nodes = (settings?.nodes ?? []).flatMap(({ name, nodeId }) =>
    name === undefined || nodeId === undefined ? [] : [{ id: `${nodeId}`, name }],
  );
  if (nodes.length === 0)
    throw new AppError('config', {
      detail: `${file}: the CIB names no node`,
      hint: 'Give the corosync.conf of the cluster as well: --corosync FILE.',
    });
  cib.addToCib(document, { nodes });
}

function bringUp(document: cib.XmlDocument): void {
  cib.setAttribute(cib.rootOf(document), 'have-quorum', '1');
  const view = cib.withTemplates(cib.readCib(document));
  for (const node of view.nodes) {
    if (node.type === 'ping' || node.type === 'remote') continue;
    cib.insertElement(document, cib.sectionOf(document, 'status'), { child: nodeState(node, view) });
  }
}

function resourceOf({ id, agent, isCloned }: simulator.ResourceNow, view: cib.Cib): WorldResource {
  const found = [...cib.everyResource(view.resources)].find((each) => each.id === id);
  const primitive = found?.kind === 'primitive' ? found : undefined;
  const monitor = primitive?.operations.find(
    ({ name, intervalMs, isEnabled }) => name === 'monitor' && (intervalMs ?? 0) > 0 && isEnabled,
  );
  const params = cib.valuesIn(primitive?.params ?? []);
  const isLustre = agent === 'ocf:lustre:Lustre';
  const kind = isLustre ? 'lustre' : agent === 'ocf:heartbeat:Filesystem' ? (params.get('fstype') ?? '') : '';
  return {
    id,
    agent,
    isCloned,
    isFence: agent.startsWith('stonith:'),
    monitorMs: monitor?.intervalMs,
    monitorTimeoutMs: monitor?.timeoutMs ?? OPERATION_MS,
    device: PROTECTED.has(kind) ? params.get(isLustre ? 'target' : 'device') : undefined,
  };
}

function quorumOf(
  nodes: readonly WorldNode[],
  { settings, remarks }: { settings: corosync.CorosyncSettings | undefined; remarks: string[] },
): World['quorum'] {
  const all = nodes.reduce((sum, { votes }) => sum + votes, 0);
  if (settings === undefined) {
    const isTwoNode = nodes.length === 2;
    remarks.push(
      `No corosync.conf: taken for granted are a vote for each node${isTwoNode ? ', two_node' : ''} and a token of ${TOKEN_MS} ms.`,
    );
    return { isTwoNode, votesNeeded: isTwoNode ? 1 : Math.floor(all / 2) + 1 };
  }
  const { isTwoNode, votesNeeded = Math.floor(all / 2) + 1, device } = settings.quorum;
  if (device !== undefined) remarks.push(`The votes of the quorum device (${device}) are not simulated.`);
  return { isTwoNode, votesNeeded };
}

function timingOf({ settings, remarks, input }: Pick<Parts, 'settings' | 'remarks' | 'input'>): Timing {
  const { tokenMs, consensusMs } = settings?.timeouts ?? {
    tokenMs: TOKEN_MS,
    consensusMs: TOKEN_MS * CONSENSUS_PER_TOKEN,
  };
  let isTold = false;
  return {
    tokenMs,
    consensusMs,
    isMountWaitKnown: ({ device }) => device === undefined || input.mountWaitS?.(device) !== undefined,
    mountWaitMs: ({ device }) => {
      if (device === undefined) return 0;
      const known = input.mountWaitS?.(device);
      if (known !== undefined) return known * 1000;
      if (!isTold)
        remarks.push(
          'The protection of mounted devices was not read: 45 s for each mount after a crash are taken for granted.',
        );
      isTold = true;
      return MOUNT_WAIT_MS;
    },
  };
}
