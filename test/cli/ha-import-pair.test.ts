/** Pairs of nodes that the configuration describes, made into files for Pacemaker. */
import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, it } from 'node:test';
import { runHoldfast } from './in-process.ts';

const place = mkdtempSync(join(tmpdir(), 'holdfast-pair-'));
after(() => rmSync(place, { recursive: true }));

const PAIR = {
  nodes: [
    { name: 'oss01', addresses: ['10.0.0.1', '10.1.0.1'] },
    { name: 'oss02', addresses: ['10.0.0.2', '10.1.0.2'] },
  ],
  fence: ['oss01', 'oss02'].map((host) => ({
    agent: 'fence_ipmilan',
    hosts: [host],
    options: { ip: `${host}-sp`, username: 'root', password: { file: join(place, 'password') }, lanplus: '1' },
  })),
  groups: [
    { node: 'oss01', resources: ['Filesystem::/dev/sda::/mnt/ost01::lustre'] },
    {
      node: 'oss02',
      resources: [
        {
          agent: 'ocf:heartbeat:Filesystem',
          params: { device: '/dev/sdb', directory: '/mnt/ost02', fstype: 'lustre' },
        },
      ],
    },
  ],
  deadAfter: '20s',
};

async function importPair(pair: object, ...args: string[]) {
  const config = join(place, 'holdfast.yaml');
  writeFileSync(join(place, 'password'), 'changeme-now', { mode: 0o600 });
  writeFileSync(config, JSON.stringify({ failover: { oss: pair } }), { mode: 0o600 });
  return await runHoldfast(['-c', config, 'ha', 'import', ...args], { PATH: process.env['PATH'] ?? '' });
}

it('writes the files, with the secret where it belongs and nowhere else', async () => {
  const to = join(place, 'new');
  const made = await importPair(PAIR, '--pair', 'oss', '--to', to);
  assert.equal(made.status, 0, made.stderr);
  assert.doesNotMatch(made.text, /changeme-now/);
  const cib = readFileSync(join(to, 'cib.xml'), 'utf8');
  assert.match(cib, /changeme-now/);
  assert.match(cib, /name="directory" value="\/mnt\/ost01"/);
  assert.match(cib, /name="directory" value="\/mnt\/ost02"/);
  assert.match(readFileSync(join(to, 'corosync.conf'), 'utf8'), /ring1_addr: 10\.1\.0\.2/);
  assert.deepEqual(
    ['cib.xml', 'authkey'].map((file) => statSync(join(to, file)).mode & 0o777),
    [0o600, 0o400],
  );
});

it('says what is wrong with a description, and writes nothing', async () => {
  const stranger = { ...PAIR, groups: [{ node: 'oss03', resources: ['Filesystem::/dev/sda::/mnt/ost01::lustre'] }] };
  const wrong = await importPair(stranger, '--pair', 'oss', '--dry-run');
  assert.equal(wrong.status, 2);
  assert.match(wrong.stderr, /oss03 is none of its nodes/);
  const unknown = await importPair(PAIR, '--pair', 'osss', '--dry-run');
  assert.match(unknown.stderr, /failover has no osss/);
  assert.match(unknown.stderr, /Did you mean oss\?/);
  const key = await importPair({ ...PAIR, fences: [] }, '--pair', 'oss', '--dry-run');
  assert.match(key.stderr, /fences/);
  const both = await importPair(PAIR, '--pair', 'oss', '/etc/ha.d', '--dry-run');
  assert.equal(both.status, 2);
});
