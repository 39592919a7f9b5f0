/** Tests of fencing as people meet them, on a cluster that is played; both nodes are reached through a real sshd. */
import assert from 'node:assert/strict';
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, beforeEach, it } from 'node:test';
import { recordsOf } from '../../test/cli/in-process.ts';
import { type PlayedCluster, startPlayedCluster } from '../../test/cli/played-cluster.ts';
import { describePeer } from '../../test/peers.ts';
import { openLedger } from '../ledger.ts';

const OFF = '<cluster_property_set id="o"><nvpair id="e" name="stonith-enabled" value="false"/></cluster_property_set>';
const PAUSED =
  '<cluster_property_set id="holdfast-fencing"><nvpair id="f" name="stonith-enabled" value="true"/></cluster_property_set><cluster_property_set id="holdfast-fencing-pause" score="INFINITY"><rule id="r" score="0"><date_expression id="d" operation="lt" end="2999-01-01T00:00:00Z"/></rule><nvpair id="e" name="stonith-enabled" value="false"/></cluster_property_set>';
const REFUSES = 'case "$word" in *n2) echo "login with $word refused" >&2; exit 1;; esac';

interface Way {
  node: string;
  by: string;
  proven: boolean;
  tried: string;
  last_proven: string | null;
  text: string;
}

describePeer('run --fencing', ['sshd', 'ssh-keygen'], () => {
  let cluster: PlayedCluster;

  before(async () => {
    cluster = await startPlayedCluster((host) => ({
      hosts: { n1: host },
      clusters: {
        pair: { nodes: ['n1', 'n2'], fencing: { test: 'hourly' } },
        more: { nodes: ['n3'], fencing: { timeLimit: '1m' } },
      },
    }));
  });
  after(async () => await cluster?.[Symbol.asyncDispose]());
  beforeEach(() => {
    rmSync(join(cluster.folder, 'state'), { recursive: true, force: true });
    cluster.play();
  });

  it('plans what it does', async () => {
    const { status, text } = await cluster.command('run', '--fencing', 'pair', '--dry-run');
    assert.equal(status, 0);
    assert.match(text, /1\. ask the first of n1, n2 that answers[\s\S]*nobody is shot; at most 30 min/);
    assert.equal(cluster.asked(), '');
    const unknown = await cluster.command('run', '--fencing', 'pear');
    assert.deepEqual([unknown.status, /The configuration has: pair, more/.test(unknown.stderr)], [2, true]);
  });

  it('is good when every way is proven, and the proofs are there for all to see', async () => {
    assert.match((await cluster.command('status')).text, /✘ +pair +never ran +0 of 0 +never/);
    assert.equal((await cluster.command('status', '--check')).status, 1);
    const good = await cluster.command('run', '--fencing', 'pair');
    assert.equal(good.status, 0, good.text + good.stderr);
    const { status, text, stderr } = await cluster.command('status', '--check');
    assert.equal(status, 0, stderr);
    assert.match(text, /✔ +pair +ok +2 of 2/);
    assert.doesNotMatch(text, /more/, 'nobody wants that one to be tried');
    assert.deepEqual(
      (await ways()).map(({ node, by, proven }) => [node, by, proven]),
      [
        ['n1', 'fence-n1 from n2', true],
        ['n2', 'fence-n2 from n1', true],
      ],
    );
    assert.doesNotMatch(cluster.asked(), /--(?:reboot|fence|off|unfence)|action=(?:off|reboot)/);
    const log = await cluster.command('history', '--log', '1');
    assert.match(log.text, /proven: fence-n2 from n1, status of n2: on/);
  });

  it('fails when a way is broken, says since when, and keeps the last success', async () => {
    await cluster.command('run', '--fencing', 'pair');
    const [, before] = await ways();
    cluster.play({ agent: REFUSES });
    const { status, text, stderr } = await cluster.command('run', '--fencing', 'pair');
    assert.equal(status, 1);
    assert.match(
      stderr,
      /a node could not be fenced: fence-n2 from n1, monitor: login with \[hidden\] refused, and 3 more/,
    );
    assert.match(text, /fence-n2 from n2, status of n2: login with/);
    const red = await cluster.command('status', '--check');
    assert.equal(red.status, 1);
    assert.match(red.stderr, /1 cluster not ok/);
    assert.match(red.text, /✘ +pair +failed +1 of 2/);
    const [good, bad] = await ways();
    assert.equal(good!.proven, true);
    assert.deepEqual([bad!.proven, bad!.last_proven], [false, before!.tried]);
    assert.match(bad!.text, /^n1 gets no answer: login with \[hidden\] refused$/);
    assert.doesNotMatch(readFileSync(join(cluster.folder, 'state', 'ledger.sqlite'), 'latin1'), /Geh31m/);
    assert.equal(troubles(await ledgerOf()).includes('failure fencing pair'), true);
    cluster.play();
    assert.equal((await cluster.command('run', '--fencing', 'pair')).status, 0);
    assert.deepEqual(troubles(await ledgerOf()), []);
  });

  it('is incomplete while something cannot be tried, and what was proven grows older', async () => {
    await cluster.command('run', '--fencing', 'pair');
    const before = await ways();
    cluster.programs.forget('fence_test');
    const { status, text } = await cluster.command('run', '--fencing', 'pair');
    assert.equal(status, 3, text);
    assert.match(text, /incomplete .*not everything could be tried: fence-n1 from n1, monitor: /);
    assert.deepEqual(await ways(), before);
    assert.match((await cluster.command('status')).text, /! +pair +incomplete +2 of 2/);
    assert.equal((await cluster.command('status', '--check')).status, 1);
  });

  it('is not good while no shot would be fired, though every device answers', async () => {
    cluster.play({ properties: PAUSED });
    const paused = await cluster.command('run', '--fencing', 'pair');
    assert.equal(paused.status, 3);
    assert.match(paused.text, /fencing is paused until 2999-01-01T00:00:00\.000Z: no shot would be fired before/);
    cluster.play({ properties: OFF });
    const off = await cluster.command('run', '--fencing', 'pair');
    assert.equal(off.status, 1);
    assert.match(off.stderr, /a node could not be fenced: fencing is switched off$/m);
    assert.deepEqual(
      (await ways()).map(({ proven }) => proven),
      [true, true],
      'the devices answered all the same',
    );
  });

  it('names the nodes that do not answer, and fails when none does', async () => {
    await cluster.sshd.stop();
    try {
      const { status, stderr } = await cluster.command('run', '--fencing', 'pair');
      assert.equal(status, 1);
      assert.match(stderr, /no node of it answers: n1: .*; n2: /);
      assert.deepEqual(await ways(), []);
    } finally {
      await cluster.sshd.start();
    }
  });

  it('and ha fence test by hand record what they prove', async () => {
    const one = await cluster.run('fence', 'test', 'fence-n2', '--on', 'n1', '--json');
    assert.equal(one.status, 0, one.stderr);
    assert.equal(recordsOf(one).at(-1)!['recorded_as'], 'pair');
    assert.deepEqual(
      (await ways()).map(({ by }) => by),
      ['fence-n2 from n1'],
    );
    cluster.play({ agent: REFUSES });
    assert.equal((await cluster.run('fence', 'test', '--on', 'n1')).status, 1);
    assert.deepEqual(
      (await ways()).map(({ by, proven }) => [by, proven]),
      [
        ['fence-n1 from n2', true],
        ['fence-n2 from n1', false],
      ],
    );
  });

  it('stands in a verdict where nothing can be asked now, with its age, and not for ever', async () => {
    const HOUR_MS = 3_600_000;
    const verdict = async (): Promise<string> => {
      const { text, stderr } = await cluster.run('standby', 'n2', '--dry-run', '--on', 'n1');
      return /^. fencing of n2: .*$/m.exec(text)?.[0] ?? text + stderr;
    };
    // Nobody was ever shot: that would count as well.
    const history = join(cluster.programs.folder, 'fencing-history.xml');
    const shots = readFileSync(history, 'utf8');
    writeFileSync(history, shots.replaceAll(/<fence_event [^>]*>/g, ''));
    assert.match(await verdict(), /^✔ fencing of n2: fence-n2 from n1: tells n1 that it is on$/, 'asked just now');
    cluster.programs.forget('fence_test');
    assert.match(await verdict(), /^\? fencing of n2: no path was asked$/);
    const proof = { cluster: 'pair', node: 'n2', by: 'fence-n2 from n1' };
    const record = async (isProven: boolean, ageMs: number, by = proof.by): Promise<void> => {
      using ledger = await ledgerOf();
      const text = isProven ? 'tells n1 that it is on' : 'n1 gets no answer: refused';
      ledger.savePathProofs('pair', [{ ...proof, by, isProven, atMs: Date.now() - ageMs, text }]);
    };
    await record(true, 30 * HOUR_MS);
    assert.match(await verdict(), /^\? .*its newest proof is more than a day old: fence-n2 from n1: .*, 30 h ago$/);
    await record(true, HOUR_MS, 'fence-gone from n1');
    assert.match(await verdict(), /^\? .*more than a day old/, 'the cluster has no such way any more');
    await record(true, 3.5 * HOUR_MS);
    assert.match(await verdict(), /^✔ .*fence-n2 from n1: tells n1 that it is on, 3 h ago$/);
    await record(false, HOUR_MS);
    assert.match(await verdict(), /^✘ .*fence-n2 from n1: n1 gets no answer: refused, 60 min ago$/);
    cluster.play();
    assert.match(await verdict(), /^✔ .*that it is on$/, 'what is tried now comes first');
    cluster.play({ agent: REFUSES });
    await record(true, 0);
    assert.match(await verdict(), /^✘ fencing of n2: fence-n2 from n1: n1 gets no answer: login/);
  });

  async function ways(): Promise<Way[]> {
    const records = recordsOf(await cluster.command('status', '--json'));
    const found = records.find(({ message_type }) => message_type === 'cluster');
    return found!['ways'] as Way[];
  }

  async function ledgerOf() {
    return await openLedger({ directory: join(cluster.folder, 'state') });
  }
});

function troubles(opened: Awaited<ReturnType<typeof openLedger>>): string[] {
  using ledger = opened;
  return [...ledger.troubles().keys()];
}
