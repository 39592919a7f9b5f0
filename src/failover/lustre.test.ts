import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { sampleInput } from './import/sample.ts';
import { planImport } from './import.ts';
import { lustreCommandsOf, lustreTargetsOf, shellText } from './lustre.ts';

const NIDS = { oss01: ['10.0.0.1@o2ib', '10.1.0.1@tcp'], oss02: ['10.0.0.2@o2ib', '10.1.0.2@tcp'] };
const targetsOf = (haresources: string, lustreAgent: 'lustre' | 'filesystem' = 'filesystem') =>
  lustreTargetsOf(planImport(sampleInput({ haresources }, { options: { lustreAgent } })));

describe('Lustre targets', () => {
  it('are file systems of that type, under either agent', () => {
    const line =
      'oss02 Filesystem::/dev/sda::/mnt/ost7::lustre Filesystem::/dev/sdb::/srv::ext4\noss01 Filesystem::/dev/sdc::/mnt/mgs::lustre';
    for (const agent of ['filesystem', 'lustre'] as const)
      assert.deepEqual(targetsOf(line, agent), [
        { resource: 'fs-ost7', device: '/dev/sda', mountpoint: '/mnt/ost7', kind: 'ost', nodes: ['oss02', 'oss01'] },
        { resource: 'fs-mgs', device: '/dev/sdc', mountpoint: '/mnt/mgs', kind: 'mgs', nodes: ['oss01', 'oss02'] },
      ]);
  });
});

describe('command lines', () => {
  const [ost, mgs, other] = lustreCommandsOf(
    targetsOf(
      'oss02 Filesystem::/dev/sda::/mnt/ost7::lustre\noss01 Filesystem::/dev/sdc::/mnt/mgs::lustre Filesystem::/dev/sdd::/mnt/x::lustre',
    ),
    NIDS,
  );

  it('name all nodes as service nodes, those of one node with commas', () => {
    assert.deepEqual(ost!.serviceNode.tunefs, [
      'tunefs.lustre',
      '--servicenode=10.0.0.2@o2ib,10.1.0.2@tcp',
      '--servicenode=10.0.0.1@o2ib,10.1.0.1@tcp',
      '/dev/sda',
    ]);
  });

  it('name only the partner as fail node', () => {
    assert.equal(shellText(ost!.failNode.tunefs), 'tunefs.lustre --failnode=10.0.0.1@o2ib,10.1.0.1@tcp /dev/sda');
    assert.equal(
      shellText(ost!.failNode.mkfs),
      'mkfs.lustre --fsname=FSNAME --ost --index=INDEX --mgsnode=MGSNID --failnode=10.0.0.1@o2ib,10.1.0.1@tcp /dev/sda',
    );
  });

  it('leave open what the files do not tell', () => {
    assert.equal(mgs!.serviceNode.mkfs[1], '--mgs');
    assert.equal(other!.serviceNode.mkfs[2], '--TYPE');
  });

  it('need a NID for every node, and real ones', () => {
    const targets = targetsOf('oss01 Filesystem::/dev/sda::/mnt/ost1::lustre');
    assert.throws(() => lustreCommandsOf(targets, { oss01: NIDS.oss01 }), { code: 'config', message: /oss02/ });
    for (const nid of ['10.0.0.1', '10.0.0.1@', '@tcp', '10.0.0.1@o2ib:x', '$(reboot)@tcp'])
      assert.throws(() => lustreCommandsOf(targets, { ...NIDS, oss01: [nid] }), { code: 'config', message: /no NID/ });
  });

  it('are safe to paste', () => {
    const { serviceNode } = lustreCommandsOf(targetsOf("oss01 Filesystem::/dev/a'b;c::/mnt/ost1::lustre"), NIDS)[0]!;
    assert.match(shellText(serviceNode.tunefs), / '\/dev\/a'\\''b;c'$/);
  });
});
