import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import { hasCode } from '../../base/errors.ts';
import { readConfiguration } from './configuration.ts';

const fixture = (name: string): string =>
  readFileSync(new URL(`../../../test/fixtures/crm-mon/${name}`, import.meta.url), 'utf8');

describe('what a state needs of the configuration', () => {
  it('finds what moves and bans left, with node and end', () => {
    assert.deepEqual(readConfiguration(fixture('live/banned-configuration.xml')).moves, [
      { id: 'cli-prefer-oss', resource: 'oss', kind: 'prefer', node: 'n1', score: 'INFINITY', until: undefined },
      {
        id: 'cli-ban-mdt0-on-n2',
        resource: 'mdt0',
        kind: 'ban',
        node: 'n2',
        score: '-INFINITY',
        until: '2026-11-21 21:09:39Z',
      },
    ]);
  });

  it('tells constraints of an administrator from those of commands', () => {
    const { moves, bans } = readConfiguration(fixture('2.1.5/moved/configuration.xml'));
    assert.deepEqual(
      moves.map(({ id }) => id),
      ['cli-prefer-mdt0', 'cli-ban-oss-on-n1', 'cli-ban-ost0-on-n1'],
    );
    assert.deepEqual(
      bans.map(({ id, score }) => `${id} ${score}`),
      ['cli-ban-oss-on-n1 -1000000', 'keep-fence-n1-off -1000000'],
    );
  });

  it('finds the filesystems, of templates and of Lustre as well', () => {
    const pair = (name: string, value: string): string =>
      `<nvpair id="${name}${value}" name="${name}" value="${value}"/>`;
    const text = `<cib><configuration><resources>
      <template id="t" class="ocf" provider="heartbeat" type="Filesystem"><instance_attributes id="a">${pair('fstype', 'ext4')}</instance_attributes></template>
      <primitive id="a" template="t"><instance_attributes id="b">${pair('device', '/dev/a')}${pair('directory', '/a')}${pair('options', 'noatime,ro')}</instance_attributes></primitive>
      <group id="g"><primitive id="l" class="ocf" provider="lustre" type="Lustre"><instance_attributes id="c">${pair('target', '/dev/l')}${pair('mountpoint', '/l')}${pair('options', 'ro rw')}</instance_attributes></primitive></group>
      <primitive id="none" class="ocf" provider="heartbeat" type="Filesystem"/>
      <primitive id="ip" class="ocf" provider="heartbeat" type="IPaddr2"/>
    </resources></configuration></cib>`;
    assert.deepEqual(readConfiguration(text).filesystems, [
      { resource: 'a', device: '/dev/a', mountpoint: '/a', kind: 'ext4', isReadOnly: true },
      { resource: 'l', device: '/dev/l', mountpoint: '/l', kind: 'lustre' },
      // Nothing is concluded of it, but it is not lost.
      { resource: 'none', device: '', mountpoint: undefined, kind: undefined },
    ]);
    assert.deepEqual(
      readConfiguration(fixture('live/healthy-configuration.xml')).filesystems.map(({ device }) => device),
      ['/dev/disk/by-id/mdt0', '/dev/disk/by-id/ost0'],
    );
  });

  it('is no other document', () => {
    for (const text of ['', '<constraints/>', '<configuration><a></configuration>'])
      assert.throws(
        () => readConfiguration(text),
        (error) => hasCode(error, 'cluster-unclear') && /^.*cibadmin/.test(error.message),
      );
  });
});
