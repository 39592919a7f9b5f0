import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { cib } from '../../cluster.ts';
import { captureOf } from './configuration.ts';
import type { GatheredNode } from './gather.ts';
import { itemOf } from './items.ts';
import { parseRecord } from './record.ts';

const NOW = { nowMs: 0, version: '1.0' };
const COROSYNC = 'totem {\n  version: 2\n  crypto_cipher: aes256\n}\n';

function cibText(epoch: number): string {
  return `<cib validate-with="pacemaker-3.9" admin_epoch="0" epoch="${epoch}" num_updates="3"><configuration/><status/></cib>`;
}

function gathered(name: string, files: Record<string, string>, live?: number): GatheredNode {
  const read = {
    name,
    files: Object.entries(files).map(([path, text]) => {
      return {
        path,
        bytes: Buffer.from(text),
        mode: 0o400,
        uid: 0,
        gid: 0,
        user: 'root',
        group: 'root',
        modifiedMs: 0,
      };
    }),
    absent: ['/etc/ha.d/ha.cf'],
    unreadable: [],
  };
  const document = live === undefined ? undefined : cib.parseXml(cibText(live), 'cib');
  return {
    name,
    atMs: 0,
    read,
    why: undefined,
    live: document,
    liveWhy: live === undefined ? 'it is down' : undefined,
  };
}

const silent: GatheredNode = {
  ...{ name: 'n2', atMs: 0, read: undefined, why: 'no route', live: undefined, liveWhy: 'no route' },
};
const pair = { '/etc/corosync/corosync.conf': COROSYNC, '/etc/corosync/authkey': 'key-key' };

describe('the configuration of a cluster', () => {
  it('is a folder for each node, the newest CIB, and a record that is read again', () => {
    const { files, record, problems } = captureOf('lab', [gathered('n1', pair, 7), gathered('n2', pair, 7)], NOW);
    assert.deepEqual(problems, []);
    assert.deepEqual(
      files.map(({ name }) => name),
      [
        'lab/record.json',
        'lab/cib.xml',
        'lab/n1/etc/corosync/corosync.conf',
        'lab/n1/etc/corosync/authkey',
        'lab/n2/etc/corosync/corosync.conf',
        'lab/n2/etc/corosync/authkey',
      ],
    );
    assert.ok(files.every(({ mode }) => (mode & 0o077) === 0));
    const text = Buffer.from(files[0]!.bytes).toString();
    assert.deepEqual(parseRecord(text, 'record'), record);
    assert.ok(!text.includes('key-key'), 'no content is in the record');
    assert.deepEqual([record.cib?.source, record.cib?.epoch], ['live', 7]);
    assert.equal(record.nodes[0]!.files[1]!.mode, '0400');
  });

  it('takes the newest CIB of a disk when the cluster is down, and says so', () => {
    const older = gathered('n1', { ...pair, '/var/lib/pacemaker/cib/cib.xml': cibText(5) });
    const newer = gathered('n2', { ...pair, '/var/lib/pacemaker/cib/cib.xml': cibText(6) });
    const { record, problems } = captureOf('lab', [older, newer], NOW);
    assert.deepEqual(problems, []);
    assert.deepEqual([record.cib?.source, record.cib?.node, record.cib?.epoch], ['file', 'n2', 6]);
  });

  it('is not complete without a node, a key, a CIB, or what cannot be read', () => {
    const problemsOf = (...nodes: GatheredNode[]) => captureOf('lab', nodes, NOW).problems.join('; ');
    assert.match(problemsOf(gathered('n1', pair, 7), silent), /^n2 was not asked: no route$/);
    const { '/etc/corosync/authkey': _, ...keyless } = pair;
    assert.match(problemsOf(gathered('n1', keyless, 7)), /^n1: \/etc\/corosync\/authkey is not there/);
    assert.match(problemsOf(gathered('n1', pair)), /^the CIB could not be had.*n1: it is down$/);
    assert.match(
      problemsOf(gathered('n1', pair, 7), gathered('n2', pair, 8)),
      /do not agree.*n1 says 0.7, n2 says 0.8/,
    );
    const damaged = gathered('n1', { ...pair, '/var/lib/pacemaker/cib/cib.xml': '<cib' }, 7);
    assert.match(problemsOf(damaged), /cib.xml is no CIB/);
    const denied = gathered('n1', pair, 7);
    const unreadable = [{ path: '/etc/corosync/authkey', why: 'no right to read it' }];
    assert.match(problemsOf({ ...denied, read: { ...denied.read!, unreadable } }), /authkey: no right/);
    assert.match(problemsOf(gathered('n1', pair, 7), gathered('n2', {})), /^n2 has neither/);
  });

  it('of Heartbeat needs what ha.cf asks for', () => {
    const heartbeat = (cf: string, more = {}) =>
      captureOf('lab', [gathered('n1', { '/etc/ha.d/ha.cf': cf, ...more })], NOW);
    assert.match(heartbeat('node n1\n').problems.join(), /authkeys is not there.*haresources is not there/);
    const beside = {
      '/etc/ha.d/authkeys': 'auth 1',
      '/etc/ha.d/haresources': 'n1 a',
      '/etc/corosync/corosync.conf': 'totem {\n}\n',
    };
    assert.deepEqual(heartbeat('node n1\n', beside).problems, [], 'a corosync.conf of a package asks for no CIB');
    assert.deepEqual(heartbeat('crm respawn\n', { '/etc/ha.d/authkeys': 'auth 1' }).problems, []);
  });

  it('of nobody is a failure, and no empty backup', () => {
    const failing =
      (...nodes: GatheredNode[]) =>
      () =>
        captureOf('lab', nodes, NOW);
    assert.throws(failing(silent), { code: 'source-failed', message: /n2: no route/ });
    assert.throws(failing(gathered('n1', {}), silent), { code: 'source-failed', message: /has .*corosync.conf/ });
  });
});

describe('a record', () => {
  const { record } = captureOf('lab', [gathered('n1', pair, 7)], NOW);
  const changed = (path: string): string => JSON.stringify(record).replace('/etc/corosync/authkey', path);

  it('names nothing but the configuration of a cluster', () => {
    for (const path of ['/root/.ssh/authorized_keys', '/etc/corosync/../shadow', '/var/lib/pcsd/x/y', 'relative'])
      assert.throws(() => parseRecord(changed(path), 'record'), { code: 'config' }, path);
    for (const path of ['/etc/corosync/uidgid.d/x', '/var/lib/pcsd/tokens']) parseRecord(changed(path), 'record');
    for (const text of ['', '{}', '[]', 'null', '{"format":1}', JSON.stringify({ ...record, nodes: [] })])
      assert.throws(() => parseRecord(text, 'record'), { code: 'config' }, text);
  });

  it('knows what belongs to the cluster and what to a node', () => {
    const belonging = (path: string) => itemOf(path)?.belonging;
    assert.deepEqual(
      ['/etc/corosync/uidgid.d/a', '/etc/default/sbd', '/var/lib/pacemaker/cib/cib.xml', '/etc/passwd'].map(belonging),
      ['cluster', 'node', 'state', undefined],
    );
  });
});
