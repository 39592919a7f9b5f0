import assert from 'node:assert/strict';
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { inspect } from 'node:util';
import { cib } from '../../cluster.ts';
import { systemClock, systemProcesses } from '../../host.ts';
import { lint } from './checks.ts';
import { gatherNode } from './gather.ts';
import { AUTHKEYS, HA_CF, HARESOURCES } from './sample-nodes.ts';

const KEY = Buffer.alloc(256, 'KeYkEy');
const node = (name: string, id: number): string =>
  `  node {\n    name: ${name}\n    nodeid: ${id}\n    ring0_addr: 10.0.0.${id}\n    ring1_addr: 10.1.0.${id}\n  }\n`;
const CONF = `totem {
  version: 2
  cluster_name: oss
  transport: knet
  crypto_cipher: aes256
  crypto_hash: sha256
}
nodelist {
${node('oss1', 1)}${node('oss2', 2)}}
quorum {
  provider: corosync_votequorum
  two_node: 1
}
`;
const fence = (name: string): cib.PlainPrimitive => ({
  kind: 'primitive',
  id: `fence-${name}`,
  agent: 'stonith:fence_ipmilan',
  params: { ip: '10.0.9.1', pcmk_host_list: name },
});
const MOUNT: cib.PlainPrimitive = {
  kind: 'primitive',
  id: 'ost1',
  agent: 'ocf:heartbeat:Filesystem',
  params: { device: '/dev/disk/by-id/ost1', directory: '/mnt/ost1', fstype: 'ext4' },
  operations: [
    { name: 'start', timeout: '300s' },
    { name: 'stop', timeout: '300s' },
  ],
};
const textOf = (epoch: number, ...resources: cib.PlainResource[]): string =>
  cib.formatXml(cib.buildCib({ resources }, { file: 'cib.xml', epoch }));
const CIB = textOf(1, fence('oss1'), fence('oss2'), MOUNT);

let root = '';
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'holdfast-lint-pacemaker-'));
  for (const name of ['oss1', 'oss2']) {
    put(name, 'etc/hostname', `${name}\n`);
    put(name, 'etc/fstab', '/dev/sda1 / ext4 defaults 0 1\n');
    put(name, 'etc/corosync/corosync.conf', CONF);
    put(name, 'etc/corosync/authkey', KEY, 0o400);
    put(name, 'var/lib/pacemaker/cib/cib.xml', CIB);
  }
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

function put(name: string, path: string, content: string | Buffer, mode = 0o644): void {
  const file = join(root, name, path);
  mkdirSync(dirname(file), { recursive: true });
  rmSync(file, { force: true });
  writeFileSync(file, content);
  chmodSync(file, mode);
}

async function found(...names: string[]): Promise<string[]> {
  const nodes = await Promise.all(
    names.map((name) => {
      const place = { name, prefix: `${name}:`, folder: join(root, name, 'etc/ha.d'), root: join(root, name) };
      const signal = new AbortController().signal;
      return gatherNode({ processes: systemProcesses, clock: systemClock }, { ...place, signal });
    }),
  );
  assert.doesNotMatch(inspect(nodes, { depth: 9 }), /KeYkEy|4b 65 59 6b/);
  return lint(nodes)
    .filter(({ code }) => code !== 'not-examined')
    .map(({ code, place, text }) =>
      `${code} ${place.file.replace(root, '')}:${place.line} ${text}`.replaceAll(root, ''),
    );
}

describe('nodes of Pacemaker', { skip: process.getuid?.() !== 0 && 'files must be of root' }, () => {
  it('are no broken nodes of Heartbeat', async () => assert.deepEqual(await found('oss1', 'oss2'), []));

  it('must have the same corosync.conf, of which no line is shown', async () => {
    put('oss2', 'etc/corosync/corosync.conf', CONF.replace('  version: 2\n', '  version: 2\n  key: SeCrEt\n'));
    const all = await found('oss1', 'oss2');
    assert.ok(
      all.some((each) => /^files-differ oss2:.*corosync\.conf:3 differs from oss1:/.test(each)),
      `${all}`,
    );
    assert.doesNotMatch(`${all}`, /SeCrEt/);
  });

  it('must have the same key, of root, for root alone', async () => {
    put('oss2', 'etc/corosync/authkey', Buffer.alloc(100, 'x'), 0o640);
    const all = (await found('oss1', 'oss2')).map((each) => each.split(' ')[0]);
    assert.deepEqual(all, ['key-mode', 'key-short', 'files-differ']);
    rmSync(join(root, 'oss2/etc/corosync/authkey'));
    assert.match(`${await found('oss1', 'oss2')}`, /^file-absent oss2:.*authkey:1 is not there: corosync/);
  });

  it('reads a key that corosync.conf has elsewhere', async () => {
    for (const name of ['oss1', 'oss2']) {
      put(name, 'etc/corosync/corosync.conf', CONF.replace('totem {', 'totem {\n  keyfile: /srv/key'));
      put(name, 'srv/key', KEY, name === 'oss2' ? 0o444 : 0o400);
    }
    const all = await found('oss1', 'oss2');
    assert.deepEqual(
      all.map((each) => each.split(' ').slice(0, 2).join(' ')),
      ['key-mode oss2:/oss2/srv/key:1'],
    );
  });

  it('are named when they go by another name, or nobody looked at them', async () => {
    assert.match(`${await found('oss1')}`, /^node-unexamined .* not examined: oss2;/);
    put('oss2', 'etc/hostname', 'storage2\n');
    assert.match(`${await found('oss1', 'oss2')}`, /^node-name .* oss2 calls itself storage2/);
  });

  it('are judged by the newest CIB, with the names of corosync.conf', async () => {
    put('oss2', 'var/lib/pacemaker/cib/cib.xml', textOf(7, fence('oss1'), MOUNT));
    assert.match(`${await found('oss1', 'oss2')}`, /^cib-fence-coverage oss2:.* no fence device is for oss2/);
  });

  it('must not mount by themselves what the cluster mounts', async () => {
    put('oss2', 'etc/fstab', '/dev/disk/by-id/ost1 /mnt/ost1 ext4 defaults 0 0\n');
    assert.match(`${await found('oss1', 'oss2')}`, /^fstab-mount oss2:.*fstab:1 .* is mounted at boot on oss2, and by/);
  });

  it('are looked at beside a Heartbeat that was left, which must not start as well', async () => {
    const boot = 'etc/systemd/system/multi-user.target.wants';
    for (const service of ['pacemaker', 'heartbeat']) put('oss1', `${boot}/${service}.service`, '');
    assert.deepEqual(await found('oss1', 'oss2'), []);
    rmSync(join(root, 'oss1', boot, 'heartbeat.service'));
    for (const name of ['oss1', 'oss2']) {
      put(name, 'etc/ha.d/ha.cf', HA_CF.replaceAll('oss0', 'oss'), 0o600);
      put(name, 'etc/ha.d/haresources', HARESOURCES.replaceAll('oss0', 'oss'));
      put(name, 'etc/ha.d/authkeys', AUTHKEYS, 0o600);
      put(name, 'etc/systemd/system/multi-user.target.wants/pacemaker.service', '');
    }
    assert.deepEqual(await found('oss1', 'oss2'), []);
    put('oss2', 'etc/systemd/system/multi-user.target.wants/heartbeat.service', '');
    const codes = (await found('oss1', 'oss2')).map((each) => each.split(' ')[0]);
    assert.deepEqual(codes, ['starts-at-boot', 'two-clusters']);
  });

  it('say so when a file cannot be understood', async () => {
    for (const name of ['oss1', 'oss2']) put(name, 'var/lib/pacemaker/cib/cib.xml', '<cib><configuration>');
    assert.match(`${await found('oss1', 'oss2')}`, /^cib-unreadable /);
  });
});
