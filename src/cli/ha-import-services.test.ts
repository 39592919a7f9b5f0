import assert from 'node:assert/strict';
import { cpSync, existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { recordsOf, runHoldfast } from '../../test/cli/in-process.ts';
import { describePeer } from '../../test/peers.ts';
import { startSshd } from '../../test/sshd.ts';

const SCENARIOS = new URL('../../test/scenarios/failover/', import.meta.url).pathname;
const ADDRESSES = ['--address', 'oss01=10.0.0.1', '--address', 'oss02=10.0.0.2'];

let root = '';
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'holdfast-ha-import-'));
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

async function run(...args: string[]) {
  const environment = { HOLDFAST_CONFIG: join(root, 'holdfast.yaml') };
  const result = await runHoldfast(['ha', 'import', ...args], environment);
  return { ...result, all: result.text + result.stderr };
}

/** The root of a system with the files of a scenario. */
function systemOf(scenario: string, name: string): string {
  const system = join(root, name);
  cpSync(join(scenario, 'system'), system, { recursive: true });
  mkdirSync(join(system, 'etc/ha.d'));
  for (const file of ['ha.cf', 'haresources', 'authkeys']) cpSync(join(scenario, file), join(system, 'etc/ha.d', file));
  return system;
}

describe('ha import of services', () => {
  it('takes agents for services that a system tells of, and compares both nodes', async () => {
    const known = join(SCENARIOS, 'import-services-known');
    const system = systemOf(known, 'one');
    const becomes = async (...args: string[]) => {
      const result = await run(system, '--dry-run', '--json', ...ADDRESSES, ...args);
      assert.equal(result.status, 0, result.all);
      assert.doesNotMatch(result.all, /secret[12]/);
      return new Map(recordsOf(result).map((each) => [each['about'], each]));
    };
    const alone = await becomes();
    assert.match(String(alone.get('mysqld')!['becomes']), /^ocf:heartbeat:mysql .* datadir=\/srv\/db\/mysql /);
    assert.match(String(alone.get('mysqld')!['why']), /datadir: \/etc\/my\.cnf:\d+;.*--peer/);
    const kept = await becomes('--lsb', 'mysqld', '--systemd', 'nginx');
    assert.equal(kept.get('mysqld')!['becomes'], 'lsb:mysqld');
    assert.equal(kept.get('nginx')!['becomes'], 'systemd:nginx');
    const peer = systemOf(known, 'two');
    writeFileSync(join(peer, 'etc/my.cnf'), '[mysqld]\ndatadir = /srv/other\n[client]\npassword=secret1\n');
    const both = await becomes('--peer', peer);
    assert.equal(both.get('mysqld')!['becomes'], 'lsb:mysqld');
    assert.match(
      String(both.get('mysqld')!['why']),
      /datadir is \/srv\/db\/mysql on .*\/one .* and \/srv\/other on .*\/two/,
    );
    assert.match(String(both.get('nginx')!['becomes']), /^ocf:heartbeat:nginx/);
    assert.doesNotMatch(String(both.get('nginx')!['why']), /--peer/);
    const forced = await becomes('--peer', peer, '--ocf', 'mysqld');
    assert.match(String(forced.get('mysqld')!['why']), /^As it was asked for\..*Not known/);
  });
});

describePeer('ha import of services over ssh', ['sshd', 'root', 'namespaces', 'rsync'], () => {
  it('reads them on the host, and on its peer', async () => {
    const nodes = ['oss01', 'oss02'].map((name) => {
      const system = systemOf(join(SCENARIOS, 'import-services-known'), name);
      writeFileSync(join(system, 'etc/ha.d/haresources'), 'oss01 10.0.0.100 rsync\n');
      mkdirSync(join(system, 'etc/ha.d/resource.d'));
      // What a login needs of this machine.
      for (const file of ['passwd', 'group', 'ld.so.cache', 'nsswitch.conf'])
        if (existsSync(`/etc/${file}`)) cpSync(`/etc/${file}`, join(system, 'etc', file));
      const inside = `mount --bind ${system}/etc /etc && exec sh -c "$SSH_ORIGINAL_COMMAND"`;
      const program = join(root, `${name}.sh`);
      writeFileSync(program, `#!/bin/sh\nexec unshare --mount sh -c '${inside}'\n`, { mode: 0o755 });
      return { name, system, program };
    });
    await using first = await startSshd({ keyOptions: `command="${nodes[0]!.program}"` });
    await using second = await startSshd({ keyOptions: `command="${nodes[1]!.program}"` });
    const hosts = Object.fromEntries([first, second].map((sshd, at) => [nodes[at]!.name, hostOf(sshd)]));
    writeFileSync(join(root, 'holdfast.yaml'), JSON.stringify({ hosts }));
    const told = async () => {
      const result = await run('oss01', '--peer', 'oss02', '--dry-run', '--json', ...ADDRESSES);
      assert.equal(result.status, 0, result.all);
      return recordsOf(result).find(({ about }) => about === 'rsync')!;
    };
    const same = await told();
    assert.equal(same['becomes'], 'ocf:heartbeat:rsyncd binpath=/usr/bin/rsync conffile=/etc/rsyncd.conf');
    assert.match(String(same['why']), /read on oss01 and oss02/);
    writeFileSync(join(nodes[1]!.system, 'etc/default/rsync'), 'RSYNC_ENABLE=false\n');
    const other = await told();
    assert.equal(other['becomes'], 'lsb:rsync');
    assert.match(String(other['why']), /on oss02, \/etc\/default\/rsync:1: with this the script starts nothing/);
  });
});

function hostOf(sshd: Awaited<ReturnType<typeof startSshd>>): Record<string, unknown> {
  const { address, user, port, identityFile, knownHostsFile } = sshd.address();
  const configFile = join(root, 'ssh_config');
  writeFileSync(configFile, '');
  return { address, user, port, identityFile, knownHostsFile, configFile, connectTimeout: '5s' };
}
