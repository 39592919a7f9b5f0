/** How a healthy cluster of n1 and n2 tells of itself, for tests: all well unless said otherwise. */
import type { live } from '../cluster.ts';

/** @param own what is otherwise; nodes, resources and all that moves above all */
export function sampleState(own: Partial<live.ClusterState> = {}): live.ClusterState {
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
    nodes: [sampleNode('n1'), sampleNode('n2')],
    pings: [],
    links: [],
    resources: [samplePrimitive('ost0')],
    failures: [],
    failCounts: [],
    moves: [],
    bans: [],
    fencing: [],
    filesystems: [],
    gaps: [],
    ...own,
  };
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

/** A clock that needs no time; whoever waits lets others go on. */
export function quickClock() {
  let nowMs = 0;
  return {
    nowMs: () => nowMs,
    monotonicMs: () => nowMs,
    sleep: async (ms: number, signal?: AbortSignal) => {
      signal?.throwIfAborted();
      nowMs += ms;
      await new Promise((resolve) => setImmediate(resolve));
    },
  };
}
