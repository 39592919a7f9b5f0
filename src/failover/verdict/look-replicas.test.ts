import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { cib, drbd, state } from '../../cluster.ts';
import { simulated, systemClock } from '../../host.ts';
import type { ActionPlan, Situation } from '../act/model.ts';
import { lagOf, replicaInputs } from './inputs-replicas.ts';
import { lookAtReplicas } from './look-replicas.ts';

const NOW_MS = Date.UTC(2026, 10, 21, 20);

function resource(own: Partial<drbd.DrbdResource> = {}, peer: Partial<drbd.DrbdPeer> = {}): drbd.DrbdResource {
  const volumes = [{ replication: 'Established', disk: 'UpToDate', outOfSyncKib: 0, isClient: false }];
  const peers = [{ name: 'oss2.site', role: 'Secondary', connection: 'Connected', volumes, ...peer }];
  return { name: 'r0', role: 'Primary', disks: ['UpToDate'], peers, ...own };
}

const volume = (given: Partial<drbd.DrbdPeerVolume>): drbd.DrbdPeerVolume[] => [
  { ...resource().peers[0]!.volumes[0]!, ...given },
];

describe('a replica', () => {
  it('is in step only when it is connected and up to date on both sides', () => {
    assert.equal(lagOf(resource(), ['oss2']), undefined);
    const cases: [drbd.DrbdResource, RegExp][] = [
      [resource({ disks: ['UpToDate', 'Inconsistent'] }), /own disk is Inconsistent/],
      [resource({ disks: [] }), /no disk/],
      [resource({ peers: [] }), /no peer/],
      [resource({}, { connection: 'StandAlone' }), /oss2.site is not connected \(StandAlone\)/],
      [resource({}, { role: 'Primary' }), /Primary on more than one node/],
      [resource({}, { volumes: [] }), /no volume is told/],
      [resource({}, { volumes: volume({ replication: 'SyncSource' }) }), /not in step \(SyncSource\)/],
      [resource({}, { volumes: volume({ disk: 'Outdated' }) }), /disk of oss2.site is Outdated/],
      [resource({}, { volumes: volume({ outOfSyncKib: 4 }) }), /4 KiB differ/],
      [resource({}, { volumes: volume({ isClient: true }) }), /no peer that holds a copy/],
    ];
    for (const [told, message] of cases) assert.match(lagOf(told, ['oss2']) ?? 'in step', message);
  });

  it('has to be in step with whoever takes it over; with all where that is not known', () => {
    const [peer] = resource().peers;
    const late = { ...peer!, name: 'far', connection: 'Connecting' };
    const both = resource({ peers: [peer!, late] });
    assert.equal(lagOf(both, ['oss2']), undefined);
    assert.match(lagOf(both, ['far']) ?? '', /far is not connected/);
    assert.match(lagOf(both, ['unknown']) ?? '', /far is not connected/);
  });

  it('is judged by its kernel, and by a word only where that could not be asked', () => {
    const findings = (told: drbd.DrbdResource | string | undefined, ageMs?: number): string[] => {
      const replicas = ageMs === undefined ? [] : [{ resource: 'data', syncedMs: NOW_MS - ageMs }];
      const found = told === undefined ? [] : [{ id: 'data', told }];
      return replicaInputs(found, { takers: ['oss2'], replicas, atMs: NOW_MS, nowMs: NOW_MS }).map(
        (each) => each.finding,
      );
    };
    assert.deepEqual(
      [findings(undefined), findings('not loaded'), findings(resource())],
      [['good'], ['unexamined'], ['good']],
    );
    assert.deepEqual([findings('not loaded', 1000), findings('not loaded', 600_000)], [['good'], ['bad']]);
    assert.deepEqual(findings(resource({ disks: ['Failed'] }), 1000), ['bad'], 'a word against the kernel');
    assert.deepEqual(findings(undefined, 600_000), ['bad']);
  });
});

describe('replicas of a cluster', () => {
  const json = (disk: string): string =>
    JSON.stringify([
      {
        name: 'r0',
        role: 'Primary',
        devices: [{ 'disk-state': 'UpToDate' }],
        connections: [
          {
            name: 'oss2',
            'peer-role': 'Secondary',
            'connection-state': 'Connected',
            peer_devices: [{ 'replication-state': 'Established', 'peer-disk-state': disk }],
          },
        ],
      },
    ]);
  const sightOf = (disk: string, haresources = '') => {
    const asked: string[] = [];
    const seatOf = (name: string) => ({
      name,
      processes: simulated.scriptedProcesses(({ command }) => {
        if (command === 'cat') return { output: haresources };
        asked.push(name);
        return { output: `json\n${json(disk)}\nend\n` };
      }),
    });
    return { asked, sight: { seat: seatOf('oss1'), seatOf, clock: systemClock } };
  };
  const plan = { sources: ['oss1'] } as unknown as ActionPlan;
  const nodes = ['oss1', 'oss2'].map((name) => ({ name, isOnline: true })) as unknown as state.NodeState[];

  it('are found in the CIB, and asked where they are promoted', async () => {
    const member = (node: string, role: string) =>
      ({
        kind: 'primitive',
        id: 'data',
        agent: 'ocf:linbit:drbd',
        role,
        nodes: [node],
        isActive: true,
      }) as unknown as state.PrimitiveState;
    const clone = { kind: 'clone', id: 'ms', members: [member('oss2', 'Unpromoted'), member('oss1', 'Promoted')] };
    const params = [{ id: 'p', score: 0, rule: undefined, values: [{ name: 'drbd_resource', value: 'r0' }] }];
    const situation = {
      state: { kind: 'pacemaker', atMs: 0, nodes, resources: [clone] },
      cib: { resources: [{ kind: 'primitive', id: 'data', params }] } as unknown as cib.Cib,
    } as unknown as Situation;
    for (const [disk, finding] of [
      ['UpToDate', 'good'],
      ['Outdated', 'bad'],
    ] as const) {
      const { sight, asked } = sightOf(disk);
      const [input, ...others] = await lookAtReplicas(plan, situation, sight);
      assert.deepEqual([input?.subject, input?.finding, others, asked], ['data', finding, [], ['oss1']]);
    }
    const unnamed = { ...situation, cib: undefined };
    assert.equal((await lookAtReplicas(plan, unnamed, sightOf('UpToDate').sight))[0]?.finding, 'unexamined');
  });

  it('of Heartbeat stand in haresources', async () => {
    const group = {
      kind: 'primitive',
      id: 'groups of oss1',
      agent: 'heartbeat:haresources',
      nodes: ['oss1'],
      isActive: true,
    };
    const situation = {
      state: { kind: 'heartbeat', atMs: 0, nodes, resources: [group] },
      cib: undefined,
    } as unknown as Situation;
    const { sight } = sightOf('Inconsistent', 'oss1 drbddisk::r0 Filesystem::/dev/drbd0::/mnt::ext4\n');
    const [input] = await lookAtReplicas(plan, situation, sight);
    assert.deepEqual([input?.subject, input?.finding], ['r0', 'bad']);
    const none = await lookAtReplicas(plan, situation, sightOf('UpToDate', 'oss1 10.0.0.1\n').sight);
    assert.deepEqual(
      none.map(({ finding, text }) => [finding, text]),
      [['good', 'no resource is a replica']],
    );
  });
});
