/** A pair reached over ssh from a third place, by the commands an administrator types. */
import assert from 'node:assert/strict';
import { it } from 'node:test';
import { describePeer } from '../peers.ts';
import { placesOf } from './bed.ts';
import { DESK_PEERS, NODES, useDesk } from './desk.ts';
import { expectKept, simulateOn, stateOf } from './promise.ts';
import { startSshd } from './ssh.ts';
import { until } from './wait.ts';

describePeer('a pair over ssh', DESK_PEERS, () => {
  const bed = useDesk();

  it('is seen from both sides, as one', async () => {
    const { desk } = bed();
    const summary = await bed().summaryOf('n1', 'n2');
    assert.deepEqual([summary.views, summary.asked, summary.errors], [1, NODES, 0]);
    assert.equal(
      (await desk.exec(['crm_mon', '-1'])).exitCode === 0,
      false,
      'nothing runs where the question is asked',
    );
  });

  it('moves a resource after a verdict for which everything was examined on the nodes', async (t) => {
    const { ask, lab } = bed();
    const { exitCode, text } = await ask('move', 'object0', 'n1', '--on', 'n1');
    assert.equal(exitCode, 0, text);
    assert.match(text, /✔ fencing of n2: fence-n2 from n1: tells n1 that it is on/);
    assert.match(text, /✔ mmp of object0 .*in use, as the cluster says: n2 has it \(seen from n1\)/);
    assert.match(text, /^Ready\.$/m);
    assert.match(text, /✔ object0 .*: mounted at \/mnt\/object0 on n1, and nowhere else/);
    assert.doesNotMatch(text, /^[✘?]/m);
    assert.deepEqual(placesOf(lab), { meta0: ['n1'], object0: ['n1'] });
    t.diagnostic(/Done.*/.exec(text)?.[0] ?? '');
  });

  it('has every path of fencing tried, from each node', async () => {
    const { text, exitCode } = await bed().ask('fence', 'test', '--on', 'n1');
    assert.equal(exitCode, 0, text);
    assert.match(text, /12 steps proven, 0 failed, 0 unproven/);
    for (const node of NODES) assert.equal(text.match(new RegExp(`  ${node}  +status of n[12]`, 'g'))?.length, 2, text);
  });

  it('fails in one resource, shows it, and forgets it', async () => {
    const { ask, lab } = bed();
    await lab.host('n1').must(['umount', '/mnt/object0']);
    const hasFailed = async () => /object0: monitor on n1 failed/.test((await ask('status', 'n2', 'n1')).text);
    await until('the failure is shown', hasFailed, { limitMs: 40_000, everyMs: 500 });
    const { exitCode, text } = await ask('cleanup', 'object0', '--on', 'n2');
    assert.equal(exitCode, 0, text);
    assert.match(text, /✔ no failure is left of object0/);
    const after = await ask('status', 'n2', 'n1');
    assert.equal(after.exitCode, 0, after.text);
    assert.doesNotMatch(after.text, /failed/i);
  });

  it('is examined as what it is, with what only its hosts can tell', async () => {
    const { ask, lab } = bed();
    const sound = await ask('lint', 'n1', 'n2');
    assert.equal(sound.exitCode, 0, sound.text);
    assert.doesNotMatch(sound.text, /✘|Heartbeat|not examined: multiple-mount/);
    const spoil = 'cp -p "$1" "$1.kept" && head -c 256 /dev/zero >"$1" && chmod 0640 "$1"';
    await lab.host('n2').must(['sh', '-c', spoil, 'sh', '/etc/corosync/authkey']);
    const { text, exitCode } = await ask('lint', 'n1', 'n2');
    await lab.host('n2').must(['mv', '/etc/corosync/authkey.kept', '/etc/corosync/authkey']);
    assert.equal(exitCode, 1, text);
    assert.match(text, /error 1:1 mode 0640 on n2: .*\(key-mode\)/);
    assert.match(text, /is another key than n1:\/etc\/corosync\/authkey/);
  });

  it('is gathered for a support case, from both nodes', async () => {
    const { ask, desk } = bed();
    const { exitCode, text } = await ask('bundle', '--to', '/srv/support', 'n1', 'n2');
    assert.equal(exitCode, 0, text);
    const script = 'cd /srv/support/support/cluster/*/*/*/* && sha256sum -c --quiet *.sha256 && tar tzf cluster.tar.gz';
    const names = await desk.must(['sh', '-c', script]);
    for (const node of NODES)
      for (const each of [
        'etc/corosync/corosync.conf',
        'var/lib/pacemaker/cib/cib.xml',
        'mmp/dev_disk_by-id_meta0.json',
      ])
        assert.ok(names.includes(`cluster/${node}/${each}\n`), `${node} ${each}`);
  });

  it('is simulated with every fault alone and in pairs: nothing is ever active on two nodes', async (t) => {
    const { desk, lab } = bed();
    const before = await stateOf(lab.host('n1'));
    const { ran, cases, summary } = await simulateOn(desk, '--all', '--on', 'n1');
    assert.equal(ran.exitCode, 0, ran.text);
    const alone = cases.flatMap(({ faults }) => (faults.length === 1 ? faults : []));
    const of = (kinds: string[], names: string[]) => kinds.flatMap((kind) => names.map((name) => `${kind}:${name}`));
    for (const fault of [
      ...of(['dies', 'returns', 'standby'], NODES),
      ...of(['monitor', 'start', 'stop'], ['meta0', 'object0']),
      ...of(['fence'], ['fence-n1', 'fence-n2']),
      'quorum',
    ])
      assert.ok(alone.includes(fault), `${fault} in ${alone.join(' ')}`);
    assert.deepEqual(
      cases.filter(({ verdict, twice }) => verdict === 'twice' || twice.length > 0),
      [],
    );
    const { faults, left, worst } = summary;
    assert.deepEqual([left, worst], [0, 'stuck'], 'one fence device a node, so that a second fault may take it away');
    assert.equal(await stateOf(lab.host('n1')), before, 'and the cluster has not noticed');
    t.diagnostic(`${faults} faults alone and in pairs`);
  });

  it('is simulated on a node itself, which then does what was said', async (t) => {
    const { lab, cluster } = bed();
    const [n1, n2] = [lab.host('n1'), lab.host('n2')];
    const before = await stateOf(n1);
    const { cases } = await simulateOn(n1, 'standby:n1');
    assert.equal(await stateOf(n1), before);
    const [promised] = cases;
    assert.deepEqual([promised?.after['meta0'], promised?.after['object0']], [['n2'], ['n2']]);
    const standby = ['crm_standby', '--node', 'n1'];
    const happen = () => n2.must([...standby, '--update', 'on']);
    t.diagnostic(`kept after ${(await expectKept(promised!, { lab, on: n2, happen })).toFixed()} ms`);
    await n2.must([...standby, '--delete']);
    await cluster.settle();
  });

  it('loses a node as it was simulated: who is fenced, what ends up where, and in the time that the disks need', async (t) => {
    const { desk, lab } = bed();
    const [n1, n2] = [lab.host('n1'), lab.host('n2')];
    const before = await stateOf(n1);
    const { cases, summary } = await simulateOn(desk, 'dies:n2', '--on', 'n1', '--svg', '/srv/dies.svg');
    assert.equal(await stateOf(n1), before, 'the cluster has not noticed');
    const [promised] = cases;
    assert.deepEqual([promised?.before['meta0'], promised?.after['meta0']], [['n2'], ['n1']]);
    assert.deepEqual(promised?.fenced, [{ node: 'n2', by: ['fence-n2'] }]);
    assert.deepEqual(summary['remarks'], [], 'nothing was taken for granted: the devices were read');
    assert.match(
      promised!.remarks.join(),
      /^2 file systems are mounted on n1, and their waits of 22 s .* come to 44 s\.$/,
    );
    const [wait] = promised!.estimate.parts.flatMap(
      ({ what }) => /multiple-mount protection (\d+) s/.exec(what)?.[1] ?? [],
    );
    assert.equal(wait, '22');
    assert.match(await desk.must(['cat', '/srv/dies.svg']), /<svg.*>n2<.*<\/svg>/s);
    const tookMs = await expectKept(promised!, { lab, on: n1, happen: () => n2.powerLoss() });
    const { least_ms: leastMs, most_ms: mostMs } = promised!.estimate;
    t.diagnostic(`${leastMs} ms to ${mostMs} ms were simulated, it took ${tookMs.toFixed()} ms`);
  });

  it('cannot be simulated where it is not to be asked, and it is said why', async () => {
    const { desk, lab, ask } = bed();
    const gone = await ask('simulate', 'dies:n1', '--on', 'n2');
    assert.equal(gone.exitCode, 1);
    assert.match(gone.text, /a host could not be reached: n2/);
    const n2 = lab.host('n2');
    n2.write('/etc/lab/no-cluster-at-boot', '');
    await n2.boot();
    await startSshd([n2]);
    const down = await ask('simulate', 'dies:n1', '--on', 'n2');
    assert.equal(down.exitCode, 1);
    assert.match(down.text, /no cluster runs there: cibadmin on n2/);
    await desk.must(['rm', '/usr/sbin/crm_simulate']);
    const bare = await ask('simulate', 'dies:n1', '--on', 'n1');
    assert.equal(bare.exitCode, 1);
    assert.match(bare.text, /a command was not found: crm_simulate.*pacemaker-cli-utils/s);
  });
});
