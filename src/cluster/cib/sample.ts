/** A plain CIB with something of everything, for tests. */
import type { PlainCib, PlainConstraint, PlainPrimitive } from './plain.ts';

export const mount: PlainPrimitive = {
  kind: 'primitive',
  id: 'ost0',
  agent: 'ocf:heartbeat:Filesystem',
  description: 'the "first" target',
  params: { device: '/dev/ost0', directory: '/mnt/ost0', fstype: 'lustre', options: 'a=<b>&c' },
  meta: { 'migration-threshold': '3' },
  operations: [
    { name: 'start', timeout: '450s' },
    { name: 'monitor', interval: '120s', timeout: '60s', onFail: 'fence', params: { OCF_CHECK_LEVEL: '20' } },
    { name: 'monitor', interval: '121s', timeout: '60s', role: 'Stopped' },
  ],
};
export const ip: PlainPrimitive = {
  kind: 'primitive',
  id: 'ip0',
  agent: 'ocf:heartbeat:IPaddr2',
  params: { ip: '10.0.0.5' },
};
const fence = (id: string): PlainPrimitive => ({
  kind: 'primitive',
  id,
  agent: 'stonith:fence_ipmilan',
  params: { ip: '10.0.9.1', password: 'sesame', lanplus: '1', pcmk_host_list: id.slice(6) },
  operations: [{ name: 'monitor', interval: '60s' }],
});
export const constraints: PlainConstraint[] = [
  { kind: 'location', id: 'oss1-first', resource: 'targets', prefer: { node: 'oss1', score: 100 } },
  { kind: 'location', id: 'not-itself', resource: 'fence-oss1', prefer: { node: 'oss1', score: '-INFINITY' } },
  {
    kind: 'location',
    id: 'connected',
    resource: 'targets',
    prefer: {
      rules: [
        {
          score: '-INFINITY',
          combine: 'or',
          expressions: [
            { kind: 'attribute', attribute: 'pingd', operation: 'lt', value: '1', type: 'number' },
            { kind: 'attribute', attribute: 'pingd', operation: 'not_defined' },
            {
              kind: 'rule',
              rule: {
                combine: 'and',
                expressions: [
                  { kind: 'date', operation: 'in_range', start: '2026-01-01', end: '2026-01-02' },
                  { kind: 'date', operation: 'gt', start: '2026-01-01' },
                  { kind: 'date', operation: 'lt', end: '2026-01-01' },
                ],
              },
            },
          ],
        },
        {
          score: { attribute: 'pingd' },
          expressions: [{ kind: 'attribute', attribute: 'pingd', operation: 'defined' }],
        },
      ],
    },
  },
  {
    kind: 'colocation',
    id: 'with',
    resource: 'state-clone',
    withResource: 'targets',
    score: 'INFINITY',
    role: 'Master',
  },
  { kind: 'order', id: 'after', first: 'targets', next: 'state-clone', nextAction: 'promote', isSymmetrical: true },
  { kind: 'order', id: 'maybe', first: 'ping-clone', next: 'targets', strength: 'Optional' },
];
export const whole: PlainCib = {
  properties: { 'stonith-enabled': 'true', 'no-quorum-policy': 'stop', 'stonith-timeout': '60s' },
  resourceDefaults: { 'resource-stickiness': 'INFINITY' },
  operationDefaults: { timeout: '60s' },
  nodes: [
    { id: '1', name: 'oss1', attributes: { site: 'a' } },
    { id: '2', name: 'oss2' },
  ],
  resources: [
    fence('fence-oss1'),
    fence('fence-oss2'),
    { kind: 'group', id: 'targets', members: [mount, ip], meta: { 'target-role': 'Started' } },
    {
      kind: 'clone',
      id: 'ping-clone',
      member: { kind: 'primitive', id: 'ping', agent: 'ocf:pacemaker:ping', params: { host_list: '10.0.0.1' } },
      meta: { interleave: 'true' },
    },
    {
      kind: 'clone',
      id: 'state-clone',
      member: {
        kind: 'group',
        id: 'states',
        members: [{ kind: 'primitive', id: 'state', agent: 'ocf:pacemaker:Stateful' }],
      },
      meta: { promotable: 'true' },
    },
    { kind: 'primitive', id: 'service', agent: 'systemd:nfs-server' },
  ],
  constraints,
  fencingLevels: [
    { target: 'oss1', index: 1, devices: ['fence-oss1'] },
    { target: 'oss2', index: 2, devices: ['fence-oss2', 'fence-oss1'] },
  ],
};
