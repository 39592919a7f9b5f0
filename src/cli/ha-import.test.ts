import assert from 'node:assert/strict';
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { recordsOf, runHoldfast } from '../../test/cli/in-process.ts';
import { describePeer } from '../../test/peers.ts';
import { startSshd } from '../../test/sshd.ts';

const SCENARIOS = new URL('../../test/scenarios/failover/', import.meta.url).pathname;
const PAIR = join(SCENARIOS, 'import-ipmi-pair');
const ADDRESSES = [
  '--address',
  'oss01=10.0.0.1,10.1.0.1',
  '--address',
  'OSS02=10.0.0.2',
  '--address',
  'oss02=10.1.0.2',
];

let root = '';
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'holdfast-ha-import-'));
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

/** With `PATH` of this process, so that the tools of Pacemaker are found where they are. */
async function run(...args: string[]) {
  const environment = { HOLDFAST_CONFIG: join(root, 'none.yaml') };
  const result = await runHoldfast(['ha', 'import', ...args], environment);
  return { ...result, all: result.text + result.stderr };
}

/** A folder like that of a node, with the files of a scenario only. */
function folderOf(name = 'import-ipmi-pair'): string {
  const folder = join(root, 'ha.d');
  mkdirSync(folder);
  for (const file of ['ha.cf', 'haresources', 'authkeys']) cpSync(join(SCENARIOS, name, file), join(folder, file));
  return folder;
}

const bytesOf = (folder: string, name: string): Buffer => readFileSync(join(folder, name));

describe('ha import', () => {
  it('writes the three files whole, with their modes, and a key that is new each time', async () => {
    const folder = folderOf();
    const [first, second] = [join(root, 'first'), join(root, 'second')];
    for (const to of [first, second]) {
      const { status, stderr } = await run(folder, '--to', to, ...ADDRESSES);
      assert.equal(status, 0, stderr);
    }
    const modes = readdirSync(first).map((name) => `${name} ${(statSync(join(first, name)).mode & 0o777).toString(8)}`);
    assert.deepEqual(modes, ['authkey 400', 'cib.xml 600', 'corosync.conf 644']);
    assert.equal(bytesOf(first, 'cib.xml').toString(), bytesOf(PAIR, 'cib.xml').toString());
    assert.equal(bytesOf(first, 'corosync.conf').toString(), bytesOf(PAIR, 'corosync.conf').toString());
    assert.equal(bytesOf(first, 'authkey').length, 256);
    assert.notDeepEqual(bytesOf(first, 'authkey'), bytesOf(second, 'authkey'));
  });

  it('takes the place of nothing', async () => {
    const to = join(root, 'new');
    mkdirSync(to);
    const { status, stderr } = await run(folderOf(), '--to', to, ...ADDRESSES);
    assert.equal(status, 20);
    assert.match(stderr, /is there already/);
    assert.deepEqual(readdirSync(to), []);
  });

  it('shows in a dry run everything but secrets, and writes nothing', async () => {
    const to = join(root, 'new');
    const { status, all, text } = await run(folderOf(), '--dry-run', '--to', to, ...ADDRESSES);
    assert.equal(status, 0);
    assert.equal(existsSync(to), false);
    assert.match(text, /^ha\.cf:\d+ +deadtime 90 +token: 10000$/m);
    assert.match(text, /name="password" value="\[hidden\]"/);
    assert.match(text, /ring1_addr: 10\.1\.0\.2/);
    assert.match(text, /256 random bytes/);
    assert.doesNotMatch(all, /changeme|NotTheRealKey/);
  });

  it('tells programs each decision, and exits with 3 when something is left to do', async () => {
    const result = await run(folderOf('import-site-scripts'), '--dry-run', '--json', '--systemd', 'dovecot');
    assert.equal(result.status, 3);
    const records = recordsOf(result);
    const of = (type: string) => records.filter(({ message_type }) => message_type === type);
    assert.ok(of('decision').every((each) => each['about'] && each['why'] && each['becomes']));
    assert.deepEqual(
      of('group').map(({ id, complete }) => [id, complete]),
      [
        ['group-oss01', true],
        ['group-oss01-2', false],
        ['group-oss02', false],
        ['group-oss02-2', false],
      ],
    );
    assert.ok(of('decision').some(({ becomes }) => becomes === 'systemd:dovecot'));
    const unmapped = of('unmapped').find(({ what }) => what === 'mailspool::/mail');
    assert.match(String(unmapped!['instead']), /OCF agent/);
    assert.equal(of('summary')[0]!['unmapped'], of('unmapped').length);
    assert.doesNotMatch(result.all, /changeme|NotTheRealKey/);
  });

  it('prints command lines for Lustre targets', async () => {
    const nids = ['--nid', 'oss01=10.0.0.1@o2ib', '--nid', 'oss02=10.0.0.2@o2ib'];
    const { text } = await run(folderOf(), '--dry-run', ...ADDRESSES, ...nids);
    assert.match(text, /tunefs\.lustre --servicenode=10\.0\.0\.1@o2ib --servicenode=10\.0\.0\.2@o2ib \/dev\/md1/);
    assert.match(text, /tunefs\.lustre --failnode=10\.0\.0\.1@o2ib \/dev\/md2/);
  });

  it('takes single files, and the tree of a system with its scripts', async () => {
    const files = ['--ha-cf', join(PAIR, 'ha.cf'), '--haresources', join(PAIR, 'haresources')];
    assert.equal((await run(...files, '--dry-run', ...ADDRESSES)).status, 0);
    const system = join(root, 'system');
    mkdirSync(join(system, 'etc/ha.d/resource.d'), { recursive: true });
    for (const file of ['ha.cf', 'haresources', 'authkeys']) cpSync(join(PAIR, file), join(system, 'etc/ha.d', file));
    writeFileSync(join(system, 'etc/ha.d/haresources'), 'oss01 bespoke\n');
    writeFileSync(join(system, 'etc/ha.d/resource.d/bespoke'), '#!/bin/sh\n', { mode: 0o755 });
    const { status, text } = await run(system, '--dry-run', ...ADDRESSES);
    assert.equal(status, 3);
    assert.match(text, /bespoke is a script in resource\.d, of the class heartbeat/);
  });

  it('takes parameters of fence devices from the files that ha.cf names', async () => {
    const folder = folderOf();
    const cf = 'node oss01 oss02\nbcast eth0\nauto_failback off\nstonith external/ipmi /etc/ha.d/ipmi.conf\n';
    writeFileSync(join(folder, 'ha.cf'), cf);
    const missing = await run(folder, '--dry-run', '--address', 'oss01=10.0.0.1', '--address', 'oss02=10.0.0.2');
    assert.match(missing.text, /its parameters in \/etc\/ha\.d\/ipmi\.conf, which is not here/);
    writeFileSync(join(folder, 'ipmi.conf'), '# both\noss02 oss02sp root changeme lanplus\n');
    const { text, all } = await run(folder, '--dry-run', '--address', 'oss01=10.0.0.1', '--address', 'oss02=10.0.0.2');
    assert.match(text, /stonith:fence_ipmilan, shoots oss02, used by oss01/);
    assert.match(text, /fencing of oss01/);
    assert.doesNotMatch(all, /changeme/);
  });

  it('says what is wrong with what it was given', async () => {
    const folder = folderOf();
    const wrong: [string[], number, RegExp][] = [
      [[folder], 2, /not said where to/],
      [['--dry-run'], 2, /no ha\.cf to import/],
      [[join(root, 'nowhere/'), '--dry-run'], 2, /no ha\.cf/],
      [['--ha-cf', join(root, 'nowhere'), '--dry-run'], 2, /cannot read .*ENOENT/],
      [[folder, '--dry-run', '--address', 'oss01'], 2, /--address oss01: write/],
      [[folder, '--dry-run', '--address', 'oss01='], 2, /write --address NODE=VALUE/],
      [[folder, '--dry-run', '--nid', 'oss01=nonsense', ...ADDRESSES], 2, /no NID/],
      [[folder, '--dry-run', '--lustre-agent', 'chroma'], 2, /does not know "chroma"/],
      [[folder, '--dry-run', '--token', '5'], 2, /--token/],
      [[folder, '--dry-run', '--ocf', 'mysqld', '--lsb', 'mysqld'], 2, /mysqld is named by --ocf and by --lsb/],
      [[folder, '--dry-run', '--lsb', 'mysqld'], 2, /--lsb mysqld: there is no such script of init\.d/],
      [[folder, '--dry-run', '--peer', 'oss02'], 2, /--peer is compared with the node that is imported/],
      [['--pair', 'oss', '--dry-run', '--lsb', 'mysqld'], 2, /go with no --pair/],
    ];
    for (const [args, status, message] of wrong) {
      const result = await run(...args);
      assert.equal(result.status, status, `${args.join(' ')}: ${result.all}`);
      assert.match(result.stderr, message);
    }
  });

  it('refuses files that are not understood or not in use, and writes nothing', async () => {
    const folder = folderOf();
    const to = join(root, 'new');
    for (const [text, message] of [
      ['crm on', /haresources is not looked at/],
      ['keepalive 2s', /ha\.cf:\d+:1: .*2s/],
    ] as const) {
      writeFileSync(join(folder, 'ha.cf'), `${bytesOf(PAIR, 'ha.cf')}${text}\n`);
      const { status, stderr } = await run(folder, '--to', to, ...ADDRESSES);
      assert.equal(status, 2);
      assert.match(stderr, message);
      assert.equal(existsSync(to), false);
    }
  });
});

describe('ha import of XML', () => {
  it('takes what was asked for its scripts of init.d', async () => {
    const old = join(SCENARIOS, 'import-v2-services/old.xml');
    const becomes = async (...args: string[]) => {
      const result = await run('--cib', old, '--dry-run', '--json', ...args);
      assert.equal(result.status, 3, result.all);
      return recordsOf(result).find(({ about }) => about === 'nginx_2')!['becomes'];
    };
    assert.equal(await becomes(), 'lsb:nginx');
    assert.equal(await becomes('--ocf', 'nginx'), 'ocf:heartbeat:nginx');
    assert.equal(await becomes('--systemd', 'nginx'), 'systemd:nginx');
    assert.equal((await run('--cib', old, '--dry-run', '--ocf', 'IPaddr')).status, 2);
  });

  it('writes a cib.xml, and with ha.cf the files of corosync', async () => {
    const old = join(SCENARIOS, 'import-v2-xml/old.xml');
    const alone = await run('--cib', old, '--to', join(root, 'alone'));
    assert.equal(alone.status, 3, alone.all);
    assert.deepEqual(readdirSync(join(root, 'alone')), ['cib.xml']);
    assert.match(alone.text, /no corosync\.conf/);
    const whole = await run('--cib', old, '--ha-cf', join(PAIR, 'ha.cf'), ...ADDRESSES, '--to', join(root, 'whole'));
    assert.equal(whole.status, 3);
    assert.deepEqual(readdirSync(join(root, 'whole')), ['authkey', 'cib.xml', 'corosync.conf']);
  });

  it('of a folder takes its cib.xml when there is no haresources', async () => {
    const folder = join(root, 'crm');
    mkdirSync(folder);
    cpSync(join(SCENARIOS, 'import-v2-xml/old.xml'), join(folder, 'cib.xml'));
    writeFileSync(join(folder, 'ha.cf'), 'node oss01 oss02\ncrm on\nbcast eth0\n');
    const { status, text } = await run(folder, '--dry-run');
    assert.equal(status, 3);
    assert.match(text, /heartbeat:Raid1.* ocf:heartbeat:mdraid/);
  });
});

describePeer('ha import of a host', ['sshd', 'root', 'namespaces', 'cl_status'], () => {
  it('takes its files over ssh, and the addresses of its nodes as it sees them', async () => {
    const folder = folderOf('import-ipfail');
    writeFileSync(join(root, 'hosts'), '127.0.0.1 localhost\n10.0.0.1 oss01\n10.0.0.2 oss02\n');
    // What ssh runs sees the files of that node in the place of this machine's.
    const inside = `mount --bind ${folder} /etc/ha.d && mount --bind ${root}/hosts /etc/hosts && exec sh -c "$SSH_ORIGINAL_COMMAND"`;
    writeFileSync(join(root, 'node'), `#!/bin/sh\nexec unshare --mount sh -c '${inside}'\n`, { mode: 0o755 });
    await using sshd = await startSshd({ keyOptions: `command="${root}/node"` });
    const environment = { HOLDFAST_CONFIG: configured(sshd) };
    const args = ['ha', 'import', 'oss01', '--systemd', 'nfs-kernel-server', '--to', join(root, 'new')];
    const { status, stderr, text } = await runHoldfast(args, environment);
    assert.equal(status, 0, stderr);
    assert.match(text, /ucast eth0 10\.0\.0\.2.* oss01 10\.0\.0\.1, oss02 10\.0\.0\.2/);
    const expected = readFileSync(join(SCENARIOS, 'import-ipfail/corosync.conf'), 'utf8');
    assert.equal(bytesOf(join(root, 'new'), 'corosync.conf').toString(), expected);
  });

  it('tells when it cannot be reached', async () => {
    await using sshd = await startSshd();
    const environment = { HOLDFAST_CONFIG: configured(sshd) };
    const lost = await runHoldfast(['ha', 'import', 'oss02', '--dry-run'], environment);
    assert.equal(lost.status, 1);
    assert.match(lost.stderr, /^error: a host could not be reached: oss02: (?!a host)/m);
  });
});

/** `oss01` answers, `oss02` does not. */
function configured(sshd: Awaited<ReturnType<typeof startSshd>>): string {
  const { address, user, port, identityFile, knownHostsFile } = sshd.address();
  const ssh = join(root, 'ssh_config');
  writeFileSync(ssh, '');
  const host = { address, user, identityFile, knownHostsFile, configFile: ssh, connectTimeout: '5s' };
  const configFile = join(root, 'holdfast.yaml');
  writeFileSync(configFile, JSON.stringify({ hosts: { oss01: { ...host, port }, oss02: { ...host, port: 1 } } }));
  return configFile;
}
