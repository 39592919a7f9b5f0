/** `ha status` as people and programs see it, with programs of a cluster that play what real ones printed. */
import assert from 'node:assert/strict';
import { cpSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, beforeEach, describe, it } from 'node:test';
import { type RunOptions, type RunResult, recordsOf, runHoldfast } from '../../test/cli/in-process.ts';
import { PlayedPrograms } from '../../test/cli/played-programs.ts';
import { describePeer } from '../../test/peers.ts';
import { type Sshd, startSshd } from '../../test/sshd.ts';

const FIXTURES = new URL('../../test/fixtures/crm-mon/', import.meta.url).pathname;
const folder = mkdtempSync(join(tmpdir(), 'holdfast-status-'));
const programs = new PlayedPrograms();
after(() => {
  programs[Symbol.dispose]();
  rmSync(folder, { recursive: true, force: true });
});

/** A cluster whose programs print these files. */
function play({ crmMon, configuration }: { crmMon: string; configuration: string }): void {
  programs.forget('stonith_admin', 'readings');
  programs.playFile('crm_mon', join(FIXTURES, crmMon));
  programs.playFile('cibadmin', join(FIXTURES, configuration));
}

const status = (...args: string[]): Promise<RunResult> => statusOf(join(folder, 'none.yaml'), ...args);

function statusOf(configFile: string, ...args: string[]): Promise<RunResult> {
  return runHoldfast(['-c', configFile, 'ha', 'status', ...args], {});
}

describe('ha status', () => {
  beforeEach(() => play({ crmMon: 'live/healthy.xml', configuration: '2.1.5/nothing/configuration.xml' }));

  it('says first that all is well', async () => {
    const { status: exit, text, stderr } = await status();
    assert.deepEqual([exit, stderr], [0, '']);
    const lines = text.split('\n');
    assert.equal(lines[0], '✔ healthy: 3 of 3 resources started, 2 of 2 nodes online, quorum, fencing on');
    assert.match(lines[2]!, /^Pacemaker 2\.1\.5, corosync, DC n1, as told by local at \d{4}-/);
    assert.ok(lines.includes('✔  n1    online, DC          2'), text);
    assert.ok(lines.includes('   oss (group)'), text);
    assert.ok(lines.includes('✔    ost0       Started  n2     ocf:heartbeat:Filesystem'), text);
  });

  it('says what is wrong, and ends with 1', async () => {
    play({ crmMon: '2.1.5/failed-monitor/crm-mon.xml', configuration: '2.1.5/moved/configuration.xml' });
    programs.play('stonith_admin', 'echo "0 events found"; exit 0');
    const { status: exit, text, stderr } = await status();
    assert.equal(exit, 1);
    assert.match(text, /^✘ UNHEALTHY: 2 of 3 resources started, 2 of 2 nodes online/);
    assert.match(text, /\n✘ mdt0: has FAILED on n1\n/);
    assert.match(text, /\n! mdt0: bound to n1 by cli-prefer-mdt0\n/);
    assert.match(text, /\nmdt0 monitor {2}n1 .* 1 {2}not running: device <gone> said "no"\n/);
    assert.match(text, /\nost0 +kept off n1 +until 2036-11-21 21:09:39Z +cli-ban-ost0-on-n1\n/);
    assert.match(text, /\nfence-n1 +kept off n1 +configured, -INFINITY +keep-fence-n1-off\n/);
    assert.match(stderr, /the cluster is not healthy: 1 problem\nhint: /);
  });

  it('shows each role of a clone, and fencing events newest first', async () => {
    play({ crmMon: '2.1.5/clones/crm-mon.xml', configuration: '2.1.5/clones/configuration.xml' });
    const clones = await status();
    assert.match(clones.text, /✔ {2}ping-clone \(clone\) +Started +n1, n2 /);
    assert.match(clones.text, /✔ {2}drbd-clone \(clone\) +Promoted, Unpromoted +Promoted: n1; Unpromoted: n2 /);
    play({ crmMon: 'live/fenced.xml', configuration: '2.1.5/nothing/configuration.xml' });
    const fenced = await status();
    assert.equal(fenced.status, 1);
    assert.match(fenced.text, /✔ {2}n2 +off +success +n1 .*\n✘ {2}n2 +off +FAILED +n1 /);
    assert.match(fenced.text, / {2}and 5 older; -v shows all/);
  });

  it('gives programs a record for each thing, and the verdict last', async () => {
    const all = recordsOf(await status('--json'));
    const kinds = Object.groupBy(all, (each) => each['message_type'] as string);
    assert.deepEqual(
      Object.entries(kinds).map(([kind, own]) => `${kind} ${own!.length}`),
      ['cluster 1', 'node 2', 'resource 5', 'summary 1'],
    );
    const summary = all.at(-1)!;
    assert.deepEqual([summary['healthy'], summary['errors'], summary['asked']], [true, 0, ['local']]);
    const ost0 = kinds['resource']!.find(({ id }) => id === 'ost0')!;
    assert.deepEqual([ost0['nodes'], ost0['within']], [['n2'], [{ kind: 'group', id: 'oss' }]]);
  });

  it('reads the protection of each filesystem, and says where it cannot', async () => {
    play({ crmMon: 'live/healthy.xml', configuration: 'live/healthy-configuration.xml' });
    const { text, status: exit } = await status();
    assert.equal(exit, 0);
    assert.match(text, /! {2}mdt0 +not read +\/dev\/disk\/by-id\/mdt0\n/);
    const told = recordsOf(await status('--json')).filter((each) => each['message_type'] === 'filesystem');
    assert.deepEqual(
      told.map(({ resource, device }) => `${resource} ${device}`),
      ['mdt0 /dev/disk/by-id/mdt0', 'ost0 /dev/disk/by-id/ost0'],
    );
  });

  it('names what did not answer', async () => {
    programs.play('crm_mon', 'sleep 30');
    const hung = await status('--time-limit', '1');
    assert.equal(hung.status, 1);
    assert.match(hung.stderr, /crm_mon on local, after 1 s\nhint: .*daemons/);
    programs.play('crm_mon', `head -c 700 '${FIXTURES}live/healthy.xml'`);
    assert.match((await status()).stderr, /crm_mon on local printed XML that is cut short or damaged/);
    programs.play('crm_mon', `cat '${FIXTURES}live/denied.xml'; exit 4`);
    assert.match(
      (await status()).stderr,
      /refused to answer: crm_mon on local: Insufficient privileges.*\nhint: Ask as root/,
    );
  });

  it('does not take two hosts and a file', async () => {
    const { status: exit, stderr } = await status('--cib', 'x.xml', 'a', 'b');
    assert.equal(exit, 2);
    assert.match(stderr, /--cib is read on one host/);
  });
});

describePeer('ha status with the real crm_mon', ['crm_mon'], () => {
  it('shows a saved CIB', async () => {
    programs.forget('crm_mon', 'cibadmin');
    const { text, status: exit } = await status('--cib', join(FIXTURES, '2.1.5/node-unclean/cib.xml'));
    assert.equal(exit, 1);
    assert.match(
      text,
      /^✘ UNHEALTHY: 1 of 3 resources started, 1 of 2 nodes online, quorum, FENCING WEAK \(1 of 2 devices started\)/,
    );
    assert.match(text, /✘ {2}n2 +UNCLEAN, OFFLINE/);
    assert.match(text, /✘ {4}ost0 +Started, node UNCLEAN +n2 /);
    const absent = await status('--cib', join(folder, 'absent.xml'));
    assert.match(absent.stderr, /cannot read the CIB .*absent\.xml \(ENOENT\)/);
    const sayings: [string, RegExp][] = [
      ['<cib validate-with="pacemaker-3.0"><configuration>\n<nodes', /cut\.xml:2:\d+: the text ends/],
      ['<cib validate-with="pacemaker-4.7"><configuration/></cib>', /schema pacemaker-4\.7/],
    ];
    for (const [content, expected] of sayings) {
      writeFileSync(join(folder, 'cut.xml'), content);
      const wrong = await status('--cib', join(folder, 'cut.xml'));
      assert.deepEqual([wrong.status, expected.test(wrong.stderr)], [2, true], wrong.stderr);
    }
  });
});

describePeer('ha status over ssh', ['sshd', 'ssh-keygen'], () => {
  it('asks every host, and shows both views where they differ', async () => {
    play({ crmMon: 'live/split-n1.xml', configuration: 'live/healthy-configuration.xml' });
    const far = join(folder, 'far');
    cpSync(programs.folder, far, { recursive: true });
    writeFileSync(join(far, 'crm_mon'), `#!/bin/sh\ncat '${FIXTURES}live/split-n2.xml'\n`);
    await using sshd: Sshd = await startSshd({
      lines: ['PermitUserEnvironment PATH'],
      keyOptions: `environment="PATH=${far}:${programs.path}"`,
    });
    const { knownHostsFile, identityFile, user, port } = sshd.address();
    const hosts = (own: number): string =>
      JSON.stringify({ address: '127.0.0.1', port: own, user, identityFile, knownHostsFile, configFile: '/dev/null' });
    writeFileSync(join(folder, 'config.yaml'), `hosts:\n  n2: ${hosts(port!)}\n  gone: ${hosts(1)}\n`);
    const { text, status: exit } = await statusOf(join(folder, 'config.yaml'), 'local', 'n2', 'gone');
    assert.equal(exit, 1);
    assert.match(text, /^✘ UNHEALTHY: THE NODES DISAGREE, 1 of 3 machines did not answer\n/);
    assert.match(text, /✘ DC: the nodes disagree: local: n1; n2: n2\n/);
    assert.match(text, /✘ gone: a host could not be reached: gone: .*refused/);
    assert.match(text, /DC n1, AS TOLD BY local[\s\S]*DC n2, AS TOLD BY n2/);
  });
});

describe('ha status --watch', () => {
  it('off a terminal tells each change once, until it is interrupted', async () => {
    play({ crmMon: 'live/healthy.xml', configuration: '2.1.5/nothing/configuration.xml' });
    // The third reading finds a node gone.
    const readings = join(programs.folder, 'readings');
    programs.play(
      'crm_mon',
      `echo x >> '${readings}'\n[ $(wc -l < '${readings}') -lt 3 ] || exec cat '${FIXTURES}live/fenced.xml'\ncat '${FIXTURES}live/healthy.xml'`,
    );
    const { status: exit, text } = await watched({ until: /UNHEALTHY/ });
    assert.equal(exit, 130);
    assert.equal(text.match(/✔ healthy/g)?.length, 1);
    assert.match(
      text,
      /\d {2}✘ UNHEALTHY: 3 of 3 resources started, 1 of 2 nodes online, quorum, fencing on\n {2}✘ n2: is OFFLINE\n/,
    );
    assert.ok(!text.includes('\x1b'));
  });

  it('on a terminal draws the screen anew', async () => {
    play({ crmMon: 'live/healthy.xml', configuration: '2.1.5/nothing/configuration.xml' });
    const { text } = await watched({ until: /Every 1 s[\s\S]*Every 1 s/, columns: 120 });
    assert.equal(text.split('\x1b[H\x1b[2J').length, 3);
    const { text: plain } = await watched({ until: /healthy/, columns: 120 }, { NO_COLOR: '1' });
    assert.ok(!plain.includes('\x1b'));
  });
});

function watched(options: RunOptions, environment: Record<string, string> = {}): Promise<RunResult> {
  const words = ['-c', join(folder, 'none.yaml'), 'ha', 'status', '--watch', '--every', '1'];
  return runHoldfast(words, environment, options);
}
