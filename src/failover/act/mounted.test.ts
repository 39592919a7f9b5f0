import assert from 'node:assert/strict';
import { it } from 'node:test';
import { AppError } from '../../base/errors.ts';
import type { pacemakerAct } from '../../cluster.ts';
import type { ActingCluster } from './cluster.ts';
import { MadeUpCluster } from './made-up-cluster.ts';
import { judgeMounts } from './mounted.ts';

type Table = [device: string, directory: string][];

/** What is said of `ost0`, whose device is `/dev/ost0`, on n1 by the cluster's word. */
async function told(
  tables: Record<string, Table | AppError>,
  links: Record<string, string> = {},
  device = '/dev/ost0',
) {
  const made = new MadeUpCluster();
  const situation = await made.read();
  const filesystems = [{ resource: 'ost0', device, mountpoint: '/mnt/ost0', kind: 'ext4' }];
  const mounts: ActingCluster['mounts'] = async (node): Promise<pacemakerAct.NodeMounts> => {
    const table = tables[node];
    if (table === undefined || table instanceof AppError) throw table ?? new AppError('host-unreachable');
    const all = table.map(([name, directory]) => ({ device: name, directory, type: 'ext4', isReadOnly: false }));
    return { mounts: all, targets: new Map(Object.entries(links)) };
  };
  const cluster = { mounts } as unknown as ActingCluster;
  const outcomes = await judgeMounts({ ...situation, state: { ...situation.state, filesystems } }, cluster, undefined);
  return outcomes.map(({ outcome, text }) => `${outcome}: ${text}`).join('; ');
}

it('a filesystem is mounted where it should be, and nowhere else', async () => {
  assert.match(await told({ n1: [['/dev/ost0', '/mnt/ost0']], n2: [] }), /^met: /);
  assert.match(await told({ n1: [], n2: [] }), /^violated: .*not mounted at \/mnt\/ost0 on n1/);
  assert.match(await told({ n1: [], n2: [['/dev/ost0', '/mnt/ost0']] }), /^violated: .*MOUNTED ON n2/);
  const both = await told({ n1: [['/dev/ost0', '/mnt/ost0']], n2: [['/dev/ost0', '/srv/elsewhere']] });
  assert.match(both, /^violated: .*MOUNTED ON n1 AND n2/);
});

it('a device has many names', async () => {
  const links = { '/dev/disk/by-id/ost0': '/dev/dm-3', '/dev/mapper/ost0': '/dev/dm-3', '/dev/sdb': '/dev/sdb' };
  const device = '/dev/disk/by-id/ost0';
  assert.match(
    await told({ n1: [['/dev/mapper/ost0', '/mnt/ost0']], n2: [['/dev/sdb', '/']] }, links, device),
    /^met: /,
  );
  const twice = await told({ n1: [['/dev/mapper/ost0', '/mnt/ost0']], n2: [['/dev/dm-3', '/x']] }, links, device);
  assert.match(twice, /^violated: /);
  assert.match(await told({ n1: [['mgs:/a', '/mnt/ost0']], n2: [] }, {}, 'mgs:/a'), /^met: /);
});

it('what could not be looked at is not met, and a second mount is worse', async () => {
  const silent = new AppError('host-unreachable', { detail: 'n2: No route to host' });
  const there: Table = [['/dev/ost0', '/mnt/ost0']];
  assert.match(await told({ n1: there, n2: silent }), /^unexamined: .*No route to host/);
  assert.match(await told({ n1: silent, n2: [] }), /^unexamined: /);
  assert.match(await told({ n1: silent, n2: there }), /^violated: .*MOUNTED ON n2/);
  await assert.rejects(told({ n1: there, n2: new AppError('interrupted') }), /interrupted/);
});
