import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { chmodSync, cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { type RunResult, recordsOf, runHoldfast } from '../../test/cli/in-process.ts';
import { describePeer } from '../../test/peers.ts';
import { startSshd } from '../../test/sshd.ts';

const PAIR = new URL('../../test/fixtures/heartbeat/oss-pair', import.meta.url).pathname;
const SOUND = new URL('../../test/scenarios/failover/lint-sound', import.meta.url).pathname;

let root = '';
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'holdfast-ha-lint-'));
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

function run(...words: string[]): Promise<RunResult> {
  return runHoldfast(['ha', 'lint', ...words], { HOLDFAST_CONFIG: join(root, 'holdfast.yaml') });
}

function copy(from: string, name: string): string {
  const folder = join(root, name);
  cpSync(from, folder, { recursive: true });
  chmodSync(join(folder, 'authkeys'), 0o600);
  chmodSync(join(folder, 'ha.cf'), 0o600);
  return folder;
}

const GOOD_CIB =
  '<cib validate-with="pacemaker-3.0" epoch="1" num_updates="0" admin_epoch="0"><configuration><crm_config/><nodes/><resources/><constraints/></configuration><status/></cib>';

describe('ha lint', () => {
  it('groups what is wrong by file, with place, level, code and remedy', async () => {
    const folder = copy(PAIR, 'oss01');
    const { text, status, stderr } = await run(folder);
    assert.equal(status, 1);
    assert.match(stderr, /\d+ errors? and \d+ warnings?/);
    const [head, first, remedy] = text.slice(text.indexOf(`${folder}/authkeys`)).split('\n');
    assert.equal(head, `${folder}/authkeys`);
    assert.match(first!, /^ {2}✘ error 2:1 key 1 is one of those .* \(key-guessable\)$/);
    assert.match(remedy!, /^ {6}Make a random one/);
    assert.match(text, /! warning 16:1 initdead 120 leaves/);
    assert.doesNotMatch(text, /changeme|SuperSecret/);
  });

  it('is content with a sound pair, and says what it could not look at', async () => {
    const { text, status } = await run('-v', copy(SOUND, 'one'), copy(SOUND, 'two'));
    assert.equal(status, 0);
    assert.match(text, /not examined for/);
    assert.match(text, /Nothing is wrong in what was examined\.\n$/);
  });

  it('compares the folders it is given', async () => {
    const two = copy(SOUND, 'two');
    writeFileSync(join(two, 'haresources'), 'oss01 Filesystem::/dev/sdb::/mnt::ext4\n');
    const { text, status } = await run(copy(SOUND, 'one'), two);
    assert.equal(status, 1);
    assert.match(text, /\(files-differ\)/);
  });

  it('takes single files, those of a folder together, and asks for no others', async () => {
    const folder = copy(SOUND, 'one');
    const result = await run('--json', join(folder, 'haresources'), join(folder, 'ha.cf'));
    const records = recordsOf(result);
    assert.deepEqual(records.at(-1), {
      message_type: 'summary',
      nodes: 1,
      unreachable: 0,
      errors: 0,
      warnings: 0,
      notes: records.length - 1,
    });
    assert.match(result.text, /not examined for .*authkeys/);
    assert.doesNotMatch(result.text, /file-absent/);
  });

  it('takes a copy of a whole system', async () => {
    mkdirSync(join(root, 'tree/etc'), { recursive: true });
    copy(SOUND, 'tree/etc/ha.d');
    writeFileSync(join(root, 'tree/etc/hostname'), 'oss07\n');
    writeFileSync(join(root, 'tree/etc/fstab'), '/dev/md1 /mnt/ost01 lustre defaults\n');
    const { text } = await run(join(root, 'tree'));
    assert.match(text, /\(node-name\)/);
    assert.match(text, /\(fstab-mount\)/);
  });

  it('gives programs a line for each', async () => {
    const records = recordsOf(await run('--json', copy(PAIR, 'oss01')));
    const found = records.find(({ code }) => code === 'key-guessable');
    assert.deepEqual(Object.keys(found!), [
      'message_type',
      'code',
      'level',
      'file',
      'line',
      'column',
      'text',
      'remedy',
    ]);
    assert.ok(Number(records.at(-2)!['errors']) > 0);
  });

  it('refuses a path that is not there and a file that is none of the three', async () => {
    assert.equal((await run(join(root, 'nowhere'))).status, 2);
    writeFileSync(join(root, 'x.conf'), '');
    assert.match((await run(join(root, 'x.conf'))).stderr, /none of ha\.cf/);
  });

  it('reads no pipe, which might never end, and no folder for a file', async () => {
    execFileSync('mkfifo', [join(root, 'pipe.xml')]);
    mkdirSync(join(root, 'folder.xml'));
    for (const name of ['pipe.xml', 'folder.xml']) {
      const { status, stderr } = await run(join(root, name));
      assert.deepEqual([status, /no plain file/.test(stderr)], [2, true], stderr);
    }
  });

  it('takes the name of a file that is not there for no host', async () => {
    for (const name of ['ha.cf', 'authkeys', 'corosync.conf', 'nosuch.xml', 'powerman.conf']) {
      const { status, stderr } = await run(name);
      assert.deepEqual([status, /no such file/.test(stderr)], [2, true], name);
    }
  });

  it('checks the files of a cluster under Pacemaker, and of PowerMan, each by its own rules', async () => {
    const file = (name: string, content: string): string => {
      writeFileSync(join(root, name), content);
      return join(root, name);
    };
    const cases: [string, string, RegExp][] = [
      ['corosync.conf', 'totem {\n  version: 2\n  tokne: 3\n}\n', /warning 3:3 .*tokne.*corosync-unknown-key/],
      ['cut.xml', '<cib validate-with="pacemaker-3.0">\n<configuration>\n', /error 3:1 the text ends.*cib-unreadable/],
      [
        'new.xml',
        '<cib validate-with="pacemaker-4.7"><configuration/></cib>',
        /error 1:1 the CIB is of the schema pacemaker-4\.7/,
      ],
      ['powerman.conf', 'node "n1" "nosuch" "1"\n', /error 1:\d+ .*nosuch/],
    ];
    for (const [name, content, expected] of cases) assert.match((await run(file(name, content))).text, expected, name);
    assert.match((await run(file('good.xml', GOOD_CIB))).text, /Nothing is wrong/);
  });

  it('takes a folder of Pacemaker for that, and a copy of a system with it', async () => {
    const bad = GOOD_CIB.replace(
      '<crm_config/><nodes/><resources/>',
      '<crm_config><cluster_property_set id="p"><nvpair id="off" name="stonith-enabled" value="false"/></cluster_property_set></crm_config>' +
        '<nodes/><resources><primitive id="ip" class="ocf" provider="heartbeat" type="IPaddr2"/></resources>',
    );
    for (const folder of ['new', 'tree/etc/corosync', 'tree/var/lib/pacemaker/cib'])
      mkdirSync(join(root, folder), { recursive: true });
    for (const file of ['new/cib.xml', 'tree/var/lib/pacemaker/cib/cib.xml']) writeFileSync(join(root, file), bad);
    for (const folder of ['new', 'tree']) {
      const { text, status } = await run(join(root, folder));
      assert.equal(status, 1);
      assert.match(text, /error 1:\d+ stonith-enabled=false.*cib-fencing-off/);
      assert.doesNotMatch(text, /Heartbeat/);
    }
  });

  it('does not take the word of an option of ssh for a host', async () => {
    const { status, stderr, text } = await run('--', '-oProxyCommand=touch x');
    assert.notEqual(status, 0, stderr + text);
    assert.doesNotMatch(text, /Nothing is wrong/);
  });
});

describePeer('ha lint over ssh', ['sshd'], () => {
  it('reads hosts of the configuration, and names the one that does not answer', async () => {
    await using sshd = await startSshd();
    const { address, user, port, identityFile, knownHostsFile } = sshd.address();
    const host = (own: number): string =>
      `{ address: ${address}, user: ${user}, port: ${own}, identityFile: ${identityFile}, knownHostsFile: ${knownHostsFile}, configFile: ${join(root, 'ssh_config')}, connectTimeout: 5s }`;
    writeFileSync(join(root, 'ssh_config'), '');
    writeFileSync(join(root, 'holdfast.yaml'), `hosts:\n  oss01: ${host(port!)}\n  oss02: ${host(1)}\n`);
    const { text, status, stderr } = await run('oss01', 'oss02');
    assert.equal(status, 1, stderr);
    assert.match(text, /oss02 was not examined: a host could not be reached/);
    assert.match(text, /^oss01:\/etc\/(?:ha\.d|corosync)\//m);
  });
});
