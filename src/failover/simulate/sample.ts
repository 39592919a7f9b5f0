/** A small cluster for tests: two nodes, a file system on each, a fence device for each. */
import type { simulator } from '../../cluster.ts';
import { cib } from '../../cluster.ts';
import { fenceFactsOf } from './fencing.ts';
import type { World } from './model.ts';

export interface SampleOptions {
  properties?: Record<string, string>;
  /** Of the device that shoots n1. */
  fence?: Record<string, string>;
  constraints?: readonly cib.PlainConstraint[];
  fencingLevels?: readonly cib.PlainFencingLevel[];
  nodes?: readonly string[];
}

export function sampleCib({
  properties = {},
  fence = {},
  constraints = [],
  fencingLevels = [],
  nodes = ['n1', 'n2'],
}: SampleOptions = {}): string {
  const filesystem = (id: string): cib.PlainPrimitive => ({
    kind: 'primitive',
    id,
    agent: 'ocf:heartbeat:Filesystem',
    params: { device: `/dev/${id}`, directory: `/mnt/${id}`, fstype: 'ext4' },
    operations: [
      { name: 'start', timeout: '60s' },
      { name: 'stop', timeout: '60s' },
      { name: 'monitor', interval: '10s', timeout: '20s' },
    ],
  });
  const device = (node: string, more: Record<string, string>): cib.PlainPrimitive => ({
    kind: 'primitive',
    id: `fence-${node}`,
    agent: 'stonith:fence_ipmilan',
    params: { pcmk_host_list: node, ...more },
  });
  const at = (resource: string, node: string, score: cib.PlainScore): cib.PlainConstraint => ({
    kind: 'location',
    id: `${resource}-${node}`,
    resource,
    prefer: { node, score },
  });
  const document = cib.buildCib(
    {
      properties: { 'stonith-enabled': 'true', ...properties },
      nodes: nodes.map((name, index) => ({ id: `${index + 1}`, name })),
      resources: [device('n1', fence), device('n2', {}), filesystem('mdt0'), filesystem('ost0')],
      constraints: [
        at('mdt0', 'n1', 100),
        at('ost0', 'n2', 100),
        at('fence-n1', 'n1', '-INFINITY'),
        at('fence-n2', 'n2', '-INFINITY'),
        ...constraints,
      ],
      fencingLevels,
    },
    { file: 'sample' },
  );
  return cib.formatXml(document);
}

/** Without asking a scheduler. */
export function sampleWorld(options: SampleOptions = {}): World {
  const cibText = sampleCib(options);
  const view = cib.readCib(cib.parseXml(cibText, 'sample'));
  const nodes = view.nodes.map(({ name, id }) => ({ name, id, votes: 1, isOnline: true, isStandby: false }));
  const filesystem = {
    agent: 'ocf:heartbeat:Filesystem',
    isCloned: false,
    isFence: false,
    monitorMs: 10_000,
    monitorTimeoutMs: 20_000,
  };
  const device = {
    agent: 'stonith:fence_ipmilan',
    isCloned: false,
    isFence: true,
    monitorMs: undefined,
    monitorTimeoutMs: 20_000,
    device: undefined,
  };
  return {
    cibText,
    quickText: cibText,
    cib: view,
    nodes,
    resources: [
      { id: 'mdt0', ...filesystem, device: '/dev/mdt0' },
      { id: 'ost0', ...filesystem, device: '/dev/ost0' },
      { id: 'fence-n1', ...device },
      { id: 'fence-n2', ...device },
    ],
    devices: fenceFactsOf(view, nodes),
    placement: new Map([
      ['mdt0', ['n1']],
      ['ost0', ['n2']],
      ['fence-n1', ['n2']],
      ['fence-n2', ['n1']],
    ]),
    fencesNodes: true,
    noQuorumPolicy: 'stop',
    quorum: { isTwoNode: nodes.length === 2, votesNeeded: nodes.length === 2 ? 1 : Math.floor(nodes.length / 2) + 1 },
    timing: {
      isMountWaitKnown: () => true,
      tokenMs: 1000,
      consensusMs: 1200,
      mountWaitMs: ({ device: of }) => (of === undefined ? 0 : 45_000),
    },
    remarks: [],
  };
}

export function action(id: number, words: string, after: readonly number[] = []): simulator.GraphAction {
  const [operation = '', ...rest] = words.split(' ');
  const node = rest.at(-1) ?? '';
  const resource = rest.length > 1 ? rest[0]! : '';
  const kind = operation === 'fence' ? 'fence' : 'operation';
  return {
    id,
    kind,
    operation: kind === 'fence' ? 'off' : operation,
    node,
    resource,
    intervalMs: 0,
    timeoutMs: 60_000,
    after,
  };
}
