/** A view of two nodes with a device each, for tests: all well unless said otherwise. */
import { cib, fencing, type live } from '../../cluster.ts';
import { simulated } from '../../host.ts';
import type { FencingView } from './read.ts';

const DEVICE = (node: string, more = ''): string =>
  `<primitive id="fence-${node}" class="stonith" type="fence_ipmilan"><instance_attributes id="${node}-a"><nvpair id="${node}-l" name="pcmk_host_list" value="${node}"/>${more}</instance_attributes></primitive>`;

export interface SampleView {
  /** Elements of `crm_config`. */
  properties?: string;
  /** Elements beside the two devices. */
  resources?: string;
  nodes?: readonly live.NodeState[];
  state?: Partial<live.ClusterState>;
  history?: readonly live.FencingEvent[];
  nowMs?: number;
}

export function sampleNode(name: string, own: Partial<live.NodeState> = {}): live.NodeState {
  return {
    name,
    id: name.slice(1),
    kind: 'member',
    isOnline: true,
    isDc: name === 'n1',
    isUnclean: false,
    isStandby: false,
    isStandbyOnFail: false,
    isInMaintenance: false,
    isPending: false,
    isShuttingDown: false,
    health: undefined,
    resourcesRunning: 0,
    attributes: [],
    ...own,
  };
}

export function samplePrimitive(id: string, own: Partial<live.PrimitiveState> = {}): live.PrimitiveState {
  return {
    kind: 'primitive',
    id,
    agent: 'ocf:pacemaker:Dummy',
    role: 'Started',
    targetRole: undefined,
    nodes: ['n2'],
    isActive: true,
    isUncertain: false,
    isFailed: false,
    isFailureIgnored: false,
    isBlocked: false,
    isManaged: true,
    isOrphaned: false,
    pending: undefined,
    lockedTo: undefined,
    ...own,
  };
}

export function sampleEvent(target: string, own: Partial<live.FencingEvent> = {}): live.FencingEvent {
  const by = { delegate: 'n1', client: 'pacemaker-controld.1', origin: 'n1', reason: '', completed: undefined };
  return { target, action: 'reboot', status: 'success', ...by, ...own };
}

export function sampleView(given: SampleView = {}): FencingView {
  const {
    properties = '',
    resources = '',
    nodes = [sampleNode('n1'), sampleNode('n2')],
    history = [],
    nowMs = 0,
  } = given;
  const text = `<cib crm_feature_set="3.16.1" validate-with="pacemaker-3.9" epoch="1" num_updates="0" admin_epoch="0"><configuration><crm_config>${properties}</crm_config><nodes><node id="1" uname="n1"/><node id="2" uname="n2"/></nodes><resources>${DEVICE('n1')}${DEVICE('n2')}${resources}</resources><constraints/></configuration><status/></cib>`;
  const view = cib.readCib(cib.parseXml(text, 'sample.xml'));
  return {
    seat: { name: 'n1', processes: simulated.scriptedProcesses(() => undefined) },
    node: 'n1',
    state: { ...calmState(nodes, history), ...given.state },
    cibText: text,
    cib: view,
    fencing: fencing.fencingOf(view),
    setting: fencing.fencingSetting(view, nowMs),
    history,
  };
}

function calmState(nodes: readonly live.NodeState[], fencingEvents: readonly live.FencingEvent[]): live.ClusterState {
  return {
    atMs: 0,
    from: 'n1',
    node: undefined,
    kind: 'pacemaker',
    answer: { program: 'crm_mon', dialect: 'pacemaker-result', version: '2.25' },
    stack: 'corosync',
    dc: { name: 'n1', version: '2.1.5', isMixedVersion: false },
    hasQuorum: true,
    options: {
      fencesNodes: true,
      noQuorumPolicy: 'stop',
      isInMaintenance: false,
      stopsAllResources: false,
      isSymmetric: true,
    },
    nodes,
    pings: [],
    links: [],
    resources: [samplePrimitive('ost0')],
    failures: [],
    failCounts: [],
    moves: [],
    bans: [],
    fencing: fencingEvents,
    filesystems: [],
    gaps: [],
  };
}
