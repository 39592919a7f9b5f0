import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { buildCorosync } from './build.ts';
import { checkCorosync } from './check.ts';
import { formatCorosync, parseCorosync } from './document.ts';
import { setCorosync } from './edit.ts';

const good = formatCorosync(
  buildCorosync(
    {
      clusterName: 'scratch',
      nodes: [
        { name: 'oss1', addresses: ['10.0.0.1', '10.0.1.1'] },
        { name: 'oss2', addresses: ['10.0.0.2', '10.0.1.2'] },
      ],
    },
    'c',
  ),
);

/** Codes with level and line of what is found once the good file was changed. */
function found(change: (text: string) => string): string[] {
  const text = change(good);
  assert.notEqual(text, good);
  const findings = checkCorosync(parseCorosync(text, 'c'));
  for (const { remedy, text: what, place } of findings) {
    assert.ok(remedy !== '' && what !== '');
    assert.equal(place.file, 'c');
  }
  return findings.map(({ code, level, place }) => `${place.line} ${level} ${code}`);
}
const set = (path: string[], key: string, value: string | undefined) => (text: string) =>
  formatCorosync(setCorosync(parseCorosync(text, 'c'), { path, key, value }));
const totem = (key: string, value: string | undefined) => set(['totem'], key, value);
const quorum = (key: string, value: string | undefined) => set(['quorum'], key, value);

describe('a check of corosync.conf', () => {
  it('finds nothing in a good one', () => {
    assert.deepEqual(checkCorosync(parseCorosync(good, 'c')), []);
  });

  it('finds sections that have no effect', () => {
    assert.deepEqual(
      found((text) => `${text}quorun {\n  x: 1\n}\n`),
      ['35 warning corosync-unknown-section'],
    );
    assert.deepEqual(
      found((text) => text.replace('quorum {\n', 'quorum {\n    devise {\n        model: net\n    }\n')),
      ['25 warning corosync-unknown-section'],
    );
  });

  it('knows every section and key of the manual pages, and what a quorum device takes', () => {
    const device =
      'device {\n model: net\n timeout: 1\n sync_timeout: 1\n votes: 1\n net {\n host: q\n port: 1\n algorithm: ffsplit\n tls: on\n tie_breaker: lowest\n connect_timeout: 1\n force_ip_version: 0\n keep_active_partition_tie_breaker: off\n }\n heuristics {\n mode: on\n timeout: 1\n sync_timeout: 1\n interval: 1\n exec_ping: /bin/ping\n }\n }\n';
    const more =
      'resources {\n watchdog_device: /dev/watchdog\n}\nnozzle {\n name: noz0\n ipaddr: 10.9.0.0\n ipprefix: 24\n macaddr: 54:54:00:00:00:00\n}\nuidgid {\n uid: hacluster\n gid: haclient\n}\n';
    const codes = found((text) => text.replace('quorum {\n', `quorum {\n${device}`) + more).map(
      (each) => each.split(' ')[2],
    );
    assert.deepEqual(codes, []);
    assert.deepEqual(
      found((text) => text.replace('quorum {\n', `quorum {\n${device.replace('tls', 'tsl')}`)),
      ['34 warning corosync-unknown-key'],
    );
  });

  it('finds lines that cannot be read, with the rest', () => {
    assert.deepEqual(
      found((text) => `foo\n${text}`),
      ['1 error corosync-syntax'],
    );
  });

  it('finds keys that are unknown, there twice, or no numbers', () => {
    assert.deepEqual(found(totem('tokne', '1000')), ['7 warning corosync-unknown-key']);
    const [finding] = checkCorosync(parseCorosync(totem('tokne', '1000')(good), 'c'));
    assert.equal(finding!.remedy, 'Was token meant?');
    assert.deepEqual(
      found((text) => text.replace('    two_node: 1\n', '    two_node: 1\n    two_node: 1\n')),
      ['27 warning corosync-key-twice'],
    );
    assert.deepEqual(found(totem('token', '3 s')), ['7 error corosync-no-number']);
    assert.deepEqual(
      found((text) => text.replace('nodeid: 2', 'nodeid: two')),
      ['18 error corosync-no-number', '16 error corosync-node-id'].sort(
        (a, b) => Number.parseInt(a, 10) - Number.parseInt(b, 10),
      ),
    );
  });

  it('finds what totem cannot work with', () => {
    assert.deepEqual(found(totem('version', '1')), ['2 error corosync-version']);
    assert.deepEqual(found(totem('version', undefined)), ['1 error corosync-version']);
    assert.deepEqual(found(totem('transport', 'rdma')), ['4 error corosync-transport']);
    assert.deepEqual(found(totem('transport', 'udp')), ['4 error corosync-crypto-transport', '9 error corosync-links']);
  });

  it('finds messages that nobody proves, and keys in the open', () => {
    const off = (text: string): string => totem('crypto_hash', 'none')(totem('crypto_cipher', 'none')(text));
    assert.deepEqual(found(off), ['5 warning corosync-crypto-off']);
    assert.deepEqual(found(totem('crypto_hash', 'none')), ['5 error corosync-crypto-hash']);
    assert.deepEqual(found(totem('key', 'sesame')), ['7 warning corosync-inline-key']);
    assert.doesNotMatch(JSON.stringify(checkCorosync(parseCorosync(totem('key', 'sesame')(good), 'c'))), /sesame/);
    const udpu = (text: string): string => totem('transport', 'udpu')(off(text).replaceAll(/ *ring1_addr.*\n/g, ''));
    assert.deepEqual(found(udpu), ['5 warning corosync-crypto-off', '9 warning corosync-one-link']);
  });

  it('finds nodes without name, id or address, and what two have in common', () => {
    assert.deepEqual(
      found((text) => text.replace(/nodelist \{.*?\n\}\n/s, '')),
      ['1 error corosync-no-nodes', '12 error corosync-two-node-wrong'],
    );
    assert.deepEqual(
      found((text) => text.replace('        name: oss1\n', '')),
      ['10 warning corosync-node-name'],
    );
    assert.deepEqual(
      found((text) => text.replace('        nodeid: 1\n', '')),
      ['10 error corosync-node-id'],
    );
    assert.deepEqual(
      found((text) => text.replace('nodeid: 1\n', 'nodeid: 0\n')),
      ['10 error corosync-node-id'],
    );
    assert.deepEqual(
      found((text) => text.replace('        ring0_addr: 10.0.0.1\n', '')),
      ['10 error corosync-node-address'],
    );
    assert.deepEqual(
      found((text) => text.replace('nodeid: 2', 'nodeid: 1')),
      ['16 error corosync-node-twice'],
    );
    assert.deepEqual(
      found((text) => text.replace('name: oss2', 'name: oss1')),
      ['16 error corosync-node-twice'],
    );
    assert.deepEqual(
      found((text) => text.replace('10.0.1.2', '10.0.0.1')),
      ['16 error corosync-node-twice'],
    );
  });

  it('finds a single link, and links that not all nodes have', () => {
    assert.deepEqual(
      found((text) => text.replaceAll(/ *ring1_addr.*\n/g, '')),
      ['9 warning corosync-one-link'],
    );
    assert.deepEqual(
      found((text) => text.replace('        ring1_addr: 10.0.1.2\n', '')),
      ['16 warning corosync-link-uneven'],
    );
  });

  it('finds votes that decide nothing, or everything', () => {
    assert.deepEqual(found(quorum('provider', undefined)), ['24 error corosync-no-quorum']);
    assert.deepEqual(found(quorum('two_node', undefined)), ['24 error corosync-two-nodes']);
    assert.deepEqual(found(quorum('expected_votes', '3')), ['26 error corosync-two-node-wrong']);
    assert.deepEqual(found(quorum('wait_for_all', '0')), ['27 warning corosync-wait-for-all']);
    assert.deepEqual(
      found((text) => quorum('last_man_standing', '1')(quorum('wait_for_all', '0')(text))),
      ['27 warning corosync-wait-for-all', '28 warning corosync-last-man'],
    );
  });

  it('finds times that are too short', () => {
    assert.deepEqual(found(totem('token', '20')), ['7 error corosync-token']);
    assert.deepEqual(found(totem('token', '500')), ['7 warning corosync-token']);
    assert.deepEqual(
      found((text) => totem('consensus', '1100')(totem('token', '1000')(text))),
      ['8 warning corosync-consensus'],
    );
    assert.deepEqual(
      found((text) => totem('consensus', '1200')(totem('token', '1000')(text))),
      [],
    );
  });
});
