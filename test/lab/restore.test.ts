/** A live cluster is backed up by a plan, loses a node's configuration, then both: restored, and nothing runs twice. */
import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { it } from 'node:test';
import { PROGRAM, recordsOf } from '../cli/in-process.ts';
import { describePeer } from '../peers.ts';
import { HEARTBEAT_PEERS, startHeartbeat } from './heartbeat.ts';
import { Lab } from './lab.ts';
import { PACEMAKER_PEERS } from './pacemaker.ts';
import { administrator, bootIdle, crash, useRestorable, wipe } from './restore-bed.ts';
import { SshShim } from './ssh-shim.ts';
import { until } from './wait.ts';

const LUN_BYTES = 64 * 1024 * 1024;

describePeer('the configuration of a cluster', [...PACEMAKER_PEERS, 'restic'], () => {
  const bed = useRestorable();

  it('becomes a snapshot, which stock restic restores, keys with their rights', async () => {
    const { folder, holdfast } = bed();
    const ran = await holdfast('run', 'lab');
    assert.equal(ran.status, 0, ran.text + ran.stderr);
    const environment = { ...process.env, RESTIC_PASSWORD: 'secret', RESTIC_REPOSITORY: join(folder, 'vault') };
    const restic = spawnSync('restic', ['--no-cache', 'restore', 'latest', '--target', restored()], {
      env: environment,
    });
    assert.equal(restic.status, 0, String(restic.stderr));
    assert.equal(statSync(join(restored(), 'lab/n1/etc/corosync/authkey')).mode & 0o777, 0o400);
    for (const name of [
      'lab/cib.xml',
      'lab/record.json',
      'lab/n2/etc/corosync/corosync.conf',
      'lab/n2/etc/default/pacemaker',
    ])
      assert.ok(existsSync(join(restored(), name)), name);
  });

  it('of one node that answers nothing is incomplete, of none no snapshot', async () => {
    const { holdfast, shim, n1, n2 } = bed();
    shim.close(n2);
    const half = await holdfast('run', 'lab');
    assert.equal(half.status, 3, half.text + half.stderr);
    assert.match(half.text + half.stderr, /n2 was not asked/);
    shim.close(n1);
    const none = await holdfast('run', 'lab');
    assert.equal(none.status, 1);
    assert.match(none.text + none.stderr, /no node of the cluster lab answers/);
    for (const host of [n1, n2]) shim.open(host);
    const records = recordsOf(await holdfast('-r', 'main', 'snapshots', '--json'));
    assert.equal(records.filter(({ message_type }) => message_type === 'snapshot').length, 2);
  });

  it('comes from the living peer, and only what is its own from the backup', async (t) => {
    const { lab, lun, cluster, shim, n1, n2 } = bed();
    await crash(n2, shim);
    t.diagnostic(`taken over after ${await lab.waitActive(lun, 'n1', 60_000)} ms`);
    // What was changed since the backup, there and in a file.
    await n1.must(['crm_attribute', '--name', 'batch-limit', '--update', '7']);
    await n1.must(['sh', '-c', 'echo "# changed since" >>/etc/corosync/corosync.conf']);
    await bootIdle(n2, shim);
    await wipe(n2);
    const dry = await restore('n2', '-n');
    assert.equal(dry.status, 0, dry.stderr);
    assert.match(dry.text, /The cluster lives on n1/);
    assert.match(dry.text, /corosync.conf differs from the backup: that of n1, which lives, is taken/);
    assert.equal((await n2.exec(['test', '-e', '/etc/corosync/corosync.conf'])).exitCode, 1, 'nothing was done');
    // Killed in the middle; what it has done stays, and another run completes it.
    await killedAt(/start corosync/);
    const ran = await restore('n2');
    assert.equal(ran.status, 0, ran.text + ran.stderr + (await cluster.describe()));
    assert.match(ran.text, /object0 run elsewhere and prefer this node.*ha failback/);
    await cluster.waitOnline();
    assert.match(await n2.must(['crm_attribute', '--name', 'batch-limit', '--query']), /value=7/);
    assert.match(await n2.must(['cat', '/etc/corosync/corosync.conf']), /# changed since/);
    assert.equal((await n2.must(['stat', '-c', '%a %U', '/etc/corosync/authkey'])).trim(), '400 root');
    assert.deepEqual(lab.activeOn(lun), ['n1'], 'it stays where it is');
    assert.match((await restore('n2')).text, /nothing to do/);
  });

  it('is not restored beside a peer that is only stopped, nor beside one of which nothing is known', async () => {
    const { shim, n1, n2 } = bed();
    for (const host of [n2, n1]) await crash(host, shim);
    for (const host of [n1, n2]) await bootIdle(host, shim);
    const refusal = async (...args: string[]): Promise<string> => {
      const { status, stderr } = await restore('n1', ...args);
      assert.equal(status, 20, stderr);
      return stderr;
    };
    await wipe(n2);
    assert.match(await refusal(), /n1 has a configuration already, the CIB .* on its disk/);
    await wipe(n1);
    await n2.must(['sh', '-c', 'echo "<cib" >/var/lib/pacemaker/cib/cib.xml']);
    assert.match(await refusal(), /n2 is only stopped, and has a CIB that cannot be read/);
    await wipe(n2);
    shim.close(n2);
    const unknown = await refusal();
    assert.match(unknown, /n2 does not answer, which does not mean that it is off/);
    assert.match(unknown, /--verified-off/);
    shim.open(n2);
    const left = await n1.must([
      'sh',
      '-c',
      'ls /etc/corosync /var/lib/pacemaker/cib /var/lib/holdfast 2>/dev/null; true',
    ]);
    assert.doesNotMatch(left, /corosync\.conf|authkey|cib\.xml|replaced/);
  });

  it('comes from the backup when both are lost, and everything runs again, once', async () => {
    const { lab, lun, cluster, holdfast, n1 } = bed();
    const first = await restore('n1');
    assert.equal(first.status, 0, first.text + first.stderr + (await cluster.describe()));
    assert.match(first.text, /the backup is all there is/);
    assert.match(first.text, /resources start when the other node has been seen/);
    const second = await restore('n2');
    assert.equal(second.status, 0, second.text + second.stderr + (await cluster.describe()));
    assert.match(second.text, /The cluster lives on n1/);
    await cluster.waitOnline();
    await lab.waitActive(lun, 'n2', 60_000);
    assert.equal(
      (await n1.exec(['crm_attribute', '--name', 'batch-limit', '--query'])).output.includes('value=7'),
      false,
    );
    const actions = recordsOf(await holdfast('history', '--actions', '--json'));
    assert.ok(actions.filter(({ command }) => command === 'ha restore').length >= 5);
  });

  function restored(): string {
    return join(bed().folder, 'restored');
  }

  async function restore(node: string, ...args: string[]) {
    return await bed().holdfast('ha', 'restore', node, '--from', restored(), ...args);
  }

  /** Ends the program with SIGKILL as soon as it tells of that step. */
  async function killedAt(step: RegExp): Promise<void> {
    const { folder } = bed();
    const args = ['-c', join(folder, 'holdfast.yaml'), 'ha', 'restore', 'n2', '--from', restored()];
    const child = spawn(PROGRAM, args, { env: { ...process.env, HOME: folder }, stdio: ['ignore', 'pipe', 'pipe'] });
    let told = '';
    let isKilled = false;
    for (const stream of [child.stdout, child.stderr])
      stream.on('data', (chunk: Buffer) => {
        told += chunk;
        if (isKilled || !/^\d+\/\d+ /m.test(told) || !step.test(told.slice(told.search(/^\d+\/\d+ /m)))) return;
        isKilled = child.kill('SIGKILL');
      });
    await once(child, 'close');
    assert.ok(isKilled, told);
  }
});

describePeer('the configuration of a pair of Heartbeat', [...HEARTBEAT_PEERS], () => {
  it('comes back to the node that lost it, and the pair sees it', async (t) => {
    const folder = mkdtempSync(join(tmpdir(), 'holdfast-restore-'));
    const path = process.env['PATH'];
    await using lab = await Lab.open();
    using shim = new SshShim(folder);
    process.env['PATH'] = `${shim.bin}:${path}`;
    try {
      const lun = await lab.lun('object0', LUN_BYTES, ['h1', 'h2']);
      using watch = lab.watchMounts();
      const pair = await startHeartbeat(lab, ['h1', 'h2'], { lun });
      const [h1, h2] = pair.hosts;
      for (const host of pair.hosts) shim.open(host);
      const holdfast = await administrator(folder, ['h1', 'h2']);
      const ran = await holdfast('run', 'lab');
      assert.equal(ran.status, 0, ran.text + ran.stderr);
      await h2.kill();
      h2.write('/etc/lab/no-cluster-at-boot', '');
      // The peer shoots it, and it comes up by that.
      const isShot = (): boolean => lab.power.calls.some(({ op, host }) => op === 'reboot' && host === 'h2');
      await until('h2 was shot', isShot, { limitMs: 60_000, explain: () => JSON.stringify(lab.power.calls) });
      await h2.boot();
      shim.open(h2);
      await h2.must(['sh', '-c', 'rm /etc/ha.d/ha.cf /etc/ha.d/haresources /etc/ha.d/authkeys']);
      const back = await holdfast('-r', 'main', 'ha', 'restore', 'h2', '--snapshot', 'latest');
      t.diagnostic(back.text + back.stderr);
      assert.equal(back.status, 0, back.text + back.stderr);
      assert.equal((await h2.must(['stat', '-c', '%a', '/etc/ha.d/authkeys'])).trim(), '600');
      assert.equal(await pair.statusOf(h2, h1), 'active');
      assert.deepEqual(lab.activeOn(lun), ['h1']);
      assert.doesNotMatch(back.text + back.stderr, /lab-secret/, 'no key is told');
      assert.deepEqual(watch.doubles, []);
    } finally {
      process.env['PATH'] = path;
      rmSync(folder, { recursive: true, force: true });
    }
  });
});
