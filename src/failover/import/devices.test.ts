import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { planImport } from './plan.ts';
import { sampleInput } from './sample.ts';

describe('groups and their devices', () => {
  it('never hold one device twice', () => {
    for (const second of [
      'Filesystem::/dev/sdb::/c::ext4',
      'Filesystem:://dev//sdb::/b::ext4',
      'Filesystem::/dev/sdb::/b',
    ])
      assert.throws(
        () => planImport(sampleInput({ haresources: `oss01 Filesystem::/dev/sdb::/b::ext4\noss02 ${second}` })),
        { code: 'config', message: /haresources:2:7: .*haresources:1:7/ },
      );
    planImport(
      sampleInput({ haresources: 'oss01 MailTo::a@example.org Delay::5\noss02 MailTo::a@example.org Delay::5' }),
    );
    const twice = [
      '10.0.0.1 | IPaddr2::10.0.0.1/24/eth0',
      'LVM::vg1 | LVM::vg1',
      'Raid1::/a::/dev/md1 | Raid1::/b::/dev/md1',
      'Raid1::/a::/dev/md1 | Filesystem::/dev/md1::/b::ext4',
      'Filesystem::LABEL=a::/a::ext4 | Filesystem::-La::/b::ext4',
      'Filesystem::UUID=AB::/a::ext4 | Filesystem::/dev/disk/by-uuid/ab::/b::ext4',
    ];
    for (const [first, second] of twice.map((each) => each.split(' | ')))
      assert.throws(() => planImport(sampleInput({ haresources: `oss01 ${first}\noss02 ${second}` })), {
        code: 'config',
      });
    assert.throws(() => planImport(sampleInput({ haresources: 'oss01 10.0.0.1\noss02 10.0.0.1' })), { code: 'config' });
    const inOne = 'Raid1::/a::/dev/md1 Filesystem::/dev/md1::/a::ext4';
    assert.throws(() => planImport(sampleInput({ haresources: `oss01 ${inOne} Filesystem::/dev/md1::/b::ext4` })));
    planImport(sampleInput({ haresources: `oss01 ${inOne}\noss02 10.0.0.2` }));
  });

  it('read a device in their monitor where the agent does', () => {
    const deep = (mount: string): boolean => {
      const { resources } = planImport(sampleInput({ haresources: `oss01 Filesystem::${mount}` })).cib;
      return JSON.stringify(resources).includes('OCF_CHECK_LEVEL');
    };
    for (const mount of ['/dev/sda::/a::ext4', '/dev/sda::/a', '-Lx::/a::xfs', '/dev/sda::/a::gfs2'])
      assert.ok(deep(mount), mount);
    for (const mount of [
      '/s::/a::none::bind',
      '/s::/a::ext3::rw,rbind',
      'nas:/x::/a',
      't::/a::tmpfs',
      '/i::/a::ext4::loop',
    ])
      assert.ok(!deep(mount), mount);
  });

  it('may both have what is no device of one node', () => {
    for (const shared of [
      'Filesystem::nas:/x::DIR::nfs',
      'Filesystem::tmpfs::DIR::tmpfs',
      'Filesystem::/s::DIR::none::bind',
    ])
      planImport(
        sampleInput({ haresources: `oss01 ${shared.replace('DIR', '/a')}\noss02 ${shared.replace('DIR', '/b')}` }),
      );
  });
});
