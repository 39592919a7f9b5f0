/** The commands for fencing as people and programs see them, on a cluster that is played; n2 is reached through a real sshd. */
import assert from 'node:assert/strict';
import { after, before, beforeEach, it } from 'node:test';
import { type RunResult, recordsOf } from '../../test/cli/in-process.ts';
import { type PlayedCluster, startPlayedCluster } from '../../test/cli/played-cluster.ts';
import { describePeer } from '../../test/peers.ts';

const LEASE =
  '<cluster_property_set id="holdfast-fencing"><nvpair id="holdfast-fencing-enabled" name="stonith-enabled" value="true"/></cluster_property_set><cluster_property_set id="holdfast-fencing-pause" score="INFINITY"><rule id="r" score="0"><date_expression id="d" operation="lt" end="END"/></rule><nvpair id="e" name="stonith-enabled" value="false"/></cluster_property_set>';

describePeer('ha fence', ['sshd', 'ssh-keygen'], () => {
  let cluster: PlayedCluster;

  before(async () => {
    cluster = await startPlayedCluster();
  });
  after(async () => await cluster?.[Symbol.asyncDispose]());
  beforeEach(() => cluster.play());

  it('lists devices, what they can fence, and whether a shot would be fired', async () => {
    const { status, text } = await ha('list');
    assert.equal(status, 0, text);
    assert.match(text, /^✔ fencing is on\n/);
    assert.match(text, /✔ +fence-n1 +fence_test +n1 +on n1 +every 30\.0 s/);
    cluster.play({ properties: LEASE.replace('END', '2999-01-01T00:00:00Z') });
    const paused = await ha('list', '--json');
    assert.equal(paused.status, 1);
    assert.equal(recordsOf(paused).at(-1)!['message_type'], 'error');
    assert.match((await ha('list')).text, /^✘ fencing is PAUSED until 2999-/);
    cluster.play({ properties: LEASE.replace('END', '2020-01-01T00:00:00Z') });
    const ended = await ha('list', '--json');
    assert.deepEqual(
      [ended.status, recordsOf(ended).at(-1)!['pause_ended'], recordsOf(ended).at(-1)!['paused_until']],
      [0, true, null],
    );
  });

  it('describes a device with its agent, and no password', async () => {
    const { status, text } = await ha('describe', 'fence-n2');
    const records = recordsOf(await ha('describe', '--json', 'fence-n2'));
    assert.equal(status, 0);
    assert.match(text, /password +\[hidden\]/);
    assert.match(text, /✘ ip is required and not given/);
    assert.deepEqual(records.at(-1), { message_type: 'summary', missing: 1 });
    assert.doesNotMatch(text + JSON.stringify(records), /Geh31m/);
    const strange = await ha('describe', 'fence-n3');
    assert.equal(strange.status, 2);
    assert.match(strange.stderr, /Did you mean fence-n1 or fence-n2\?/);
  });

  it('tries each path from each node, over ssh', async () => {
    const good = await ha('test');
    assert.equal(good.status, 0, good.text + good.stderr);
    assert.match(good.text, /✔ +fence-n2 +n2 +monitor +.* answers\n/);
    assert.match(good.text, /12 steps proven, 0 failed, 0 unproven/);
    assert.match(cluster.asked(), /action=status\nnodename=n2\nplug=n2\nport=n2\npassword=Geh31m-n2\n/);
    assert.doesNotMatch(good.text, /Geh31m/);
    cluster.play({ agent: 'echo "login with $word refused" >&2; exit 1' });
    const failed = await ha('test', '--json', 'fence-n2');
    assert.equal(failed.status, 1);
    const paths = recordsOf(failed).filter(({ message_type }) => message_type === 'path');
    assert.deepEqual(
      paths.map(({ from, step, outcome }) => [from, step, outcome].join(' ')),
      [
        'n1 registered proven',
        'n1 monitor failed',
        'n1 status failed',
        'n2 registered proven',
        'n2 monitor failed',
        'n2 status failed',
      ],
    );
    assert.equal(paths[1]!['text'], 'login with [hidden] refused');
  });

  it('calls unproven what could not be asked', async () => {
    await cluster.sshd.stop();
    try {
      const { status, text } = await ha('test', 'fence-n1');
      assert.equal(status, 3);
      assert.match(text, /\? +fence-n1 +n2 +monitor .* UNPROVEN: /);
      assert.match(text, /3 steps proven, 0 failed, 3 unproven/);
    } finally {
      await cluster.sshd.start();
    }
  });

  it('plans a shot, and needs the name for it', async () => {
    cluster.play({ quorum: 'Quorate: Yes\nExpected votes: 3\nTotal votes: 2\nQuorum: 2\nFlags: Quorate' });
    const refused = await ha('test', '--shoot', 'n2', '--yes-shoot', 'n2');
    assert.equal(refused.status, 20);
    assert.match(refused.text, /✘ the others would lose quorum: 1 of 3 votes/);
    cluster.play();
    const planned = await ha('test', '--shoot', 'n2', '--dry-run');
    assert.equal(planned.status, 0, planned.text + planned.stderr);
    assert.match(planned.text, /1\. n1: stonith_admin --reboot n2/);
    for (const [args, message] of [
      [['--shoot', 'n2'], /nobody is here to type the name/],
      [['--shoot', 'n2', '--yes-shoot', 'n1'], /--yes-shoot names n1, not n2/],
      [['--yes-shoot', 'n2'], /belong to --shoot/],
      [['--shoot', 'n2', 'fence-n2'], /takes no devices/],
      [['--shoot', 'n2', '--override', ' '], /takes a reason/],
    ] as const) {
      const { status, stderr } = await ha('test', ...args);
      assert.deepEqual([args.join(' '), status], [args.join(' '), 2]);
      assert.match(stderr, message);
    }
    assert.doesNotMatch(cluster.asked(), /--reboot/);
  });

  it('pauses with a patch and is content only when the cluster says so', async () => {
    const planned = await ha('pause', '--json', '--dry-run', '20min');
    assert.equal(planned.status, 0, planned.stderr);
    assert.ok(recordsOf(planned).every(({ outcome }) => outcome === undefined || outcome === 'met'));
    const endMs = Date.parse(String(recordsOf(planned).at(-1)!['end'])) - Date.now();
    assert.ok(endMs > 1_190_000 && endMs < 1_203_000, String(endMs));
    assert.doesNotMatch(cluster.asked(), /--patch/);
    cluster.play({ fencesAfterPatch: 'false' });
    const done = await ha('pause', '20min');
    assert.equal(done.status, 0, done.stderr);
    assert.match(done.text, /Fencing is paused until .*The cluster itself ends it\./);
    assert.match(cluster.asked(), /logger .*holdfast.* \S+ pauses fencing until 2\d{3}-/);
    assert.match(cluster.asked(), /operation="create" path="\/cib\/configuration\/crm_config"/);
    assert.doesNotMatch(cluster.asked(), /Geh31m/);
    for (const wrong of ['5', 'soon', '25h', '-1s']) assert.equal((await ha('pause', wrong)).status, 2, wrong);
  });

  it('resumes, and says when there was nothing to do', async () => {
    assert.match((await ha('resume')).text, /there was no pause/);
    assert.match((await ha('resume', '-n')).text, /there is no pause: nothing would be done/);
    cluster.play();
    cluster.play({ properties: LEASE.replace('END', '2999-01-01T00:00:00Z') });
    const shown = await ha('resume', '--dry-run');
    assert.deepEqual([shown.status, /^The pause would be removed/.test(shown.text)], [0, true]);
    assert.doesNotMatch(cluster.asked(), /logger|--patch/);
    const { status, text } = await ha('resume');
    assert.deepEqual([status, text], [0, 'Fencing is on; the pause is gone.\n']);
    assert.match(cluster.asked(), /logger .*holdfast.* \S+ resumes fencing\n[\s\S]*--patch/);
    cluster.play({
      properties:
        '<cluster_property_set id="o"><nvpair id="e" name="stonith-enabled" value="false"/></cluster_property_set>',
    });
    for (const words of [[], ['--dry-run']]) {
      const off = await ha('resume', ...words);
      assert.equal(off.status, 20);
      assert.match(off.stderr, /for good/);
    }
  });

  it('takes no word for a node that lives', async () => {
    assert.equal((await ha('confirm', 'n2')).status, 2);
    const { status, text, stderr } = await ha('confirm', 'n2', '--verified', 'pulled both cables', '--yes-off', 'n2');
    assert.equal(status, 20);
    assert.match(
      text,
      /✘ n2 is an online member[\s\S]*✘ n2 answers over ssh[\s\S]*✘ fence-n2, asked by n1, says that n2 is on/,
    );
    assert.match(stderr, /refused/);
    const shown = await ha('confirm', 'n2', '--verified', 'pulled both cables', '--dry-run');
    assert.deepEqual([shown.status, /✘ n2 answers over ssh[\s\S]*Nothing was told/.test(shown.text)], [0, true]);
    assert.doesNotMatch(cluster.asked(), /--confirm/);
  });

  it('shows what was fenced', async () => {
    const { status, text } = await ha('history');
    assert.equal(status, 0);
    assert.match(text, /✔ +n2 +off/);
    assert.match((await ha('history', 'n1')).text, /No fencing is known/);
  });

  function ha(...words: string[]): Promise<RunResult> {
    return cluster.run('fence', ...words);
  }
});
