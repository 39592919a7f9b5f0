/** Tests of fencing by the program itself on a node of a real cluster, by hand and through the daemon; the other one over ssh. */
import assert from 'node:assert/strict';
import { after, before, it } from 'node:test';
import { PROGRAM } from '../cli/in-process.ts';
import { describePeer } from '../peers.ts';
import type { Executed } from './host.ts';
import { Lab } from './lab.ts';
import { PACEMAKER_PEERS, startPacemaker } from './pacemaker.ts';
import { configurationXml } from './pacemaker-configuration.ts';
import { until } from './wait.ts';

const RUN_MS_MAX = 90_000;
const CONFIG = '/etc/lab/holdfast.yaml';
/** Takes messages as sendmail(8) does. */
const SENDMAIL = '#!/bin/sh\ncat >>/srv/mails\n';
const SSHD = `Port 22
HostKey /etc/lab/host
AuthorizedKeysFile /etc/lab/key.pub
StrictModes no
UsePAM no
PidFile /run/sshd.pid
`;

function configuration(test: string): string {
  return JSON.stringify({
    stateDirectory: '/srv/state',
    hosts: {
      n2: {
        address: 'n2',
        user: 'root',
        identityFile: '/etc/lab/key',
        configFile: '/dev/null',
        knownHostsFile: '/etc/lab/known',
      },
    },
    clusters: { lab: { nodes: ['n1', 'n2'], fencing: { test } } },
    notifications: { targets: { ops: { mail: { to: ['root'], from: 'lab@n1', sendmail: '/usr/local/bin/take' } } } },
  });
}

interface Way {
  node: string;
  by: string;
  proven: boolean;
  last_proven: string | null;
}

describePeer('tests of fencing on a real cluster', [...PACEMAKER_PEERS, 'sshd', 'ssh-keygen'], () => {
  let lab: Lab;

  before(async () => {
    lab = await Lab.open();
    const cluster = await startPacemaker(lab, ['n1', 'n2']);
    await cluster.load(configurationXml({ nodes: ['n1', 'n2'], filesystems: [], shotLast: 'n1' }));
    await cluster.settle();
    await letIn();
    const n1 = lab.host('n1');
    await n1.must(['sh', '-c', 'cat >/usr/local/bin/take; chmod 755 /usr/local/bin/take'], { input: SENDMAIL });
    await configure('hourly');
  });
  after(async () => await lab?.[Symbol.asyncDispose]());

  it('proves every way, and tells when one breaks and when it is mended', async () => {
    const good = await holdfast('run', '--fencing', 'lab');
    assert.equal(good.exitCode, 0, good.output + good.errorText);
    assert.equal((await holdfast('status', '--check')).exitCode, 0);
    assert.deepEqual(await ways(), ['n1 by fence-n1 from n2: proven', 'n2 by fence-n2 from n1: proven']);
    assert.equal(await mails(), '');

    lab.power.setFault('n2', 'error');
    const broken = await holdfast('run', '--fencing', 'lab');
    assert.equal(broken.exitCode, 1, broken.output);
    assert.match(broken.errorText, /^error: .*a node could not be fenced: fence-n2 from n[12], monitor/m);
    assert.match(await mails(), /^Subject: \[Holdfast\] failure: fencing of cluster lab on n1$/m);
    const red = await holdfast('status', '--check');
    assert.equal(red.exitCode, 1);
    assert.match(red.output, /✘ +lab +failed +1 of 2/);
    assert.match(red.output, /lab: n2 by fence-n2 from n1: n1 gets no answer: .* \(proven /);
    assert.deepEqual(await ways(), ['n1 by fence-n1 from n2: proven', 'n2 by fence-n2 from n1: failed']);
    const history = await holdfast('history', 'lab', '--json');
    assert.match(history.output, /"status":"failed".*"error_code":"fencing-failed"/);

    lab.power.setFault('n2', undefined);
    const mended = await holdfast('run', '--fencing', 'lab');
    assert.equal(mended.exitCode, 0, mended.output + mended.errorText);
    assert.match(await mails(), /^Subject: \[Holdfast\] recovery: fencing of cluster lab on n1$/m);
    assert.equal((await holdfast('status', '--check')).exitCode, 0);
    assert.deepEqual(shots(), [], 'nobody was shot');
  });

  it('is not done while no shot would be fired', async () => {
    await holdfast('ha', 'fence', 'pause', '5min');
    const paused = await holdfast('run', '--fencing', 'lab');
    assert.equal(paused.exitCode, 3, paused.output + paused.errorText);
    assert.match(paused.output, /incomplete.*fencing is paused until \d{4}-/);
    assert.equal((await holdfast('status', '--check')).exitCode, 1);
    assert.equal((await holdfast('ha', 'fence', 'resume')).exitCode, 0);
    assert.equal((await holdfast('run', '--fencing', 'lab')).exitCode, 0);
  });

  it('is not done while a node does not answer, and what was proven from there grows older', async () => {
    const before = await wayOf('n1');
    await lab.host('n2').must(['sh', '-c', 'kill "$(cat /run/sshd.pid)"']);
    const unreached = await holdfast('run', '--fencing', 'lab');
    assert.equal(unreached.exitCode, 3, unreached.output + unreached.errorText);
    assert.match(unreached.output, /unproven: fence-n1 from n2, status of n1: .*could not be reached/);
    assert.deepEqual(await wayOf('n1'), before);
    await startSshd();
    // Read by who acts: what cannot be asked now was proven a moment ago.
    assert.equal((await holdfast('run', '--fencing', 'lab')).exitCode, 0);
    assert.notDeepEqual(await wayOf('n1'), before);
  });

  it('runs by itself through the daemon', async () => {
    await configure('*/5 * * * * *');
    const serving = lab
      .host('n1')
      .exec(['sh', '-c', `echo $$ >/run/serve.pid; exec "$0" -c ${CONFIG} serve`, PROGRAM], {
        timeLimitMs: RUN_MS_MAX,
      });
    const scheduled = async (): Promise<boolean> =>
      /"kind":"fencing","subject":"lab","trigger":"schedule","status":"success"/.test(
        (await holdfast('history', '--json')).output,
      );
    try {
      await until('a test ran by itself', scheduled, { limitMs: 60_000, everyMs: 1000 });
    } finally {
      await lab.host('n1').must(['sh', '-c', 'kill "$(cat /run/serve.pid)"']);
    }
    const { exitCode, errorText } = await serving;
    assert.equal(exitCode, 0, errorText);
  });

  async function holdfast(...words: string[]): Promise<Executed> {
    return await lab.host('n1').exec([PROGRAM, '-c', CONFIG, ...words], { timeLimitMs: RUN_MS_MAX });
  }

  async function statusOfWays(): Promise<Way[]> {
    const { output } = await holdfast('status', '--json');
    const records = output.split('\n').flatMap((line) => (line === '' ? [] : [JSON.parse(line)]));
    return records.find(({ message_type }) => message_type === 'cluster').ways;
  }

  async function ways(): Promise<string[]> {
    return (await statusOfWays()).map(({ node, by, proven }) => `${node} by ${by}: ${proven ? 'proven' : 'failed'}`);
  }

  async function wayOf(node: string): Promise<Way> {
    return (await statusOfWays()).find((way) => way.node === node)!;
  }

  async function mails(): Promise<string> {
    return (await lab.host('n1').exec(['cat', '/srv/mails'])).output;
  }

  function shots(): string[] {
    return lab.power.calls.filter(({ op }) => ['off', 'reset'].includes(op)).map(({ op, host }) => `${op} ${host}`);
  }

  async function configure(test: string): Promise<void> {
    await lab.host('n1').must(['sh', '-c', `umask 077; cat >${CONFIG}`], { input: configuration(test) });
  }

  /** From n1 to n2, with keys of their own. */
  async function letIn(): Promise<void> {
    const [n1, n2] = [lab.host('n1'), lab.host('n2')];
    const made = 'cd /etc/lab && ssh-keygen -q -t ed25519 -N "" -f';
    await n1.must(['sh', '-c', `${made} key`]);
    await n2.must(['sh', '-c', `${made} host && mkdir -p /run/sshd && cat >/etc/lab/sshd_config`], { input: SSHD });
    const key = await n1.must(['cat', '/etc/lab/key.pub']);
    await n2.must(['sh', '-c', 'cat >/etc/lab/key.pub'], { input: key });
    const hostKey = await n2.must(['cat', '/etc/lab/host.pub']);
    await n1.must(['sh', '-c', 'cat >/etc/lab/known'], { input: `n2 ${hostKey}` });
    await startSshd();
  }

  async function startSshd(): Promise<void> {
    await lab.host('n2').must(['/usr/sbin/sshd', '-f', '/etc/lab/sshd_config', '-E', '/var/log/lab-sshd']);
    const isUp = async (): Promise<boolean> =>
      (await lab.host('n1').exec(['ssh-keyscan', '-T', '2', 'n2'])).output.includes('ssh-ed25519');
    await until('sshd answers', isUp, { limitMs: 15_000, everyMs: 200 });
  }
});
