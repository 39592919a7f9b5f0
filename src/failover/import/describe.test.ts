import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { importFromDescription, type PairDescription } from './describe.ts';
import { documentsOf } from './documents.ts';
import { planImport } from './plan.ts';
import { sampleInput } from './sample.ts';

const PAIR: PairDescription = {
  name: 'oss',
  nodes: [
    { name: 'oss01', addresses: ['10.0.0.1'] },
    { name: 'oss02', addresses: ['10.0.0.2'] },
  ],
  fence: ['oss01', 'oss02'].map((node) => ({
    agent: 'fence_ipmilan',
    hosts: [node],
    options: { ip: `${node}sp`, username: 'root', password: 'changeme', lanplus: '1', method: 'onoff' },
  })),
  groups: [
    { node: 'oss01', resources: ['10.0.0.100/24', 'Filesystem::/dev/sda::/a::ext4'] },
    { node: 'oss02', resources: [{ agent: 'ocf:heartbeat:IPaddr2', params: { ip: '10.0.0.101' } }] },
  ],
};

describe('a description', () => {
  it('becomes what the same files of Heartbeat become', () => {
    const [described] = importFromDescription([PAIR]);
    const imported = planImport(
      sampleInput(
        {
          cf: [
            'auto_failback off',
            'deadtime 6600ms',
            'stonith_host oss02 external/ipmi oss01 oss01sp root changeme lanplus',
            'stonith_host oss01 external/ipmi oss02 oss02sp root changeme lanplus',
          ],
          haresources: 'oss01 10.0.0.100/24 Filesystem::/dev/sda::/a::ext4\noss02 10.0.0.101',
        },
        { addresses: { oss01: ['10.0.0.1'], oss02: ['10.0.0.2'] }, options: { clusterName: 'oss' } },
      ),
    );
    const a = documentsOf(described!);
    const b = documentsOf(imported);
    assert.equal(a.corosyncConf, b.corosyncConf);
    // An agent that is given by name is named after itself, and nothing else.
    assert.equal(a.cibXml, b.cibXml);
    assert.deepEqual(described!.unmapped, []);
  });

  it('never shows its secrets', () => {
    const [plan] = importFromDescription([PAIR]);
    assert.doesNotMatch(JSON.stringify(plan), /changeme/);
    assert.match(documentsOf(plan!).cibXml, /changeme/);
  });

  it('of several pairs becomes several clusters', () => {
    const plans = importFromDescription([PAIR, { ...PAIR, name: 'mds', failback: true, startsAlone: true }]);
    assert.deepEqual(
      plans.map(({ clusterName, failback }) => [clusterName, failback]),
      [
        ['oss', 'off'],
        ['mds', 'on'],
      ],
    );
    assert.equal(plans[1]!.corosync.waitForAll, false);
  });

  it('without fencing starts nothing, and says so', () => {
    const [plan] = importFromDescription([{ ...PAIR, fence: [] }]);
    assert.equal(plan!.cib.properties!['stonith-enabled'], 'true');
    assert.match(plan!.unmapped[0]!.why, /start nothing until fencing is there/);
  });

  it('never has one thing in two groups, by whichever agent', () => {
    const twice: [string, Record<string, string>, Record<string, string>?][] = [
      ['ocf:heartbeat:mdraid', { mdadm_conf: '/a', md_dev: '/dev/md1' }, { mdadm_conf: '/b', md_dev: '/dev/md1' }],
      ['ocf:heartbeat:LVM-activate', { vgname: 'vg', vg_access_mode: 'system_id' }],
      ['ocf:heartbeat:ZFS', { pool: 'tank' }],
      ['ocf:heartbeat:IPv6addr', { ipv6addr: 'fd00::1' }],
      ['ocf:lustre:Lustre', { target: '/dev/sda', mountpoint: '/a' }, { target: '/dev//sda', mountpoint: '/b' }],
    ];
    for (const [agent, params, others = params] of twice)
      assert.throws(
        () =>
          importFromDescription([
            {
              ...PAIR,
              groups: [
                { node: 'oss01', resources: [{ agent, params }] },
                { node: 'oss02', resources: [{ agent, params: others }] },
              ],
            },
          ]),
        { code: 'config', message: /is in .* as well/ },
        agent,
      );
  });

  it('that contradicts itself is refused', () => {
    const wrong: [Partial<PairDescription>, RegExp][] = [
      [{ nodes: PAIR.nodes.slice(0, 1) }, /1 nodes/],
      [{ groups: [{ node: 'oss9', resources: ['10.0.0.1'] }] }, /oss9 is none of its nodes/],
      [{ fence: [{ agent: 'fence_ipmilan', hosts: ['oss9'], options: {} }] }, /oss9/],
      [{ fence: [{ agent: 'fence_ipmilan', hosts: [], options: {} }] }, /shoots nobody/],
      [{ groups: [] }, /without resources/],
      [{ groups: [{ node: 'oss01', resources: [] }] }, /without resources/],
      [{ groups: [{ node: 'oss01', resources: ['a b'] }] }, /"a b" is no resource/],
      [{ groups: [{ node: 'oss01', resources: [''] }] }, /"" is no resource/],
      [
        {
          groups: [
            { node: 'oss01', resources: ['Filesystem::/dev/sda::/a::lustre'] },
            {
              node: 'oss02',
              resources: [{ agent: 'ocf:lustre:Lustre', params: { target: '/dev/sda', mountpoint: '/a' } }],
            },
          ],
        },
        /as well/,
      ],
    ];
    for (const [change, message] of wrong)
      assert.throws(() => importFromDescription([{ ...PAIR, ...change }]), { code: 'config', message });
  });
});
