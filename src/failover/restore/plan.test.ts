import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { cib } from '../../cluster.ts';
import { expectGates } from './execute.ts';
import type { Confirmation } from './gates.ts';
import type { NodeLook } from './look.ts';
import type { RestorePlan } from './model.ts';
import { planRestore } from './plan.ts';
import { cibOf, PAIR, silentLook, stoppedLook, storedPair, workingLook } from './sample.ts';
import type { StoredConfiguration } from './stored.ts';

interface Given {
  stored?: StoredConfiguration;
  target?: NodeLook;
  peer: NodeLook;
  confirmations?: Confirmation[];
}

function planOf({ stored = storedPair(), target = stoppedLook('n2'), peer, confirmations = [] }: Given): RestorePlan {
  return planRestore({ stored, target, peers: [peer], confirmations, nowMs: 0 });
}

function kindsOf({ steps }: RestorePlan): string[] {
  return steps.map(({ change }) => (change.kind === 'start' ? change.service : change.kind));
}

function unmet({ gates }: RestorePlan): string {
  return gates
    .filter(({ isMet }) => !isMet)
    .map(({ text }) => text)
    .join('; ');
}

const refused = (plan: RestorePlan, override?: string) => (): unknown => expectGates(plan, override);

describe('restoring beside a living peer', () => {
  it('joins it: its CIB counts, however old the backup or whatever lies on the disk', () => {
    const plan = planOf({
      peer: workingLook('n1'),
      target: stoppedLook('n2', { '/var/lib/pacemaker/cib/cib.xml': '<cib' }),
    });
    assert.deepEqual([plan.mode, plan.peer, unmet(plan)], ['join', 'n1', '']);
    assert.deepEqual(kindsOf(plan), ['files', 'aside', 'corosync', 'pacemaker', 'member', 'agree', 'cleanup']);
    assert.deepEqual(expectGates(plan, undefined), []);
    assert.ok(
      plan.files.every(({ path }) => !path.includes('cib')),
      'the CIB is never a file that is written',
    );
  });

  it('takes what the peer has changed since, and brings what is its own from the backup', () => {
    const peer = workingLook('n1', {
      files: { ...PAIR, '/etc/corosync/authkey': 'new key', '/etc/corosync/uidgid.d/a': 'uidgid' },
    });
    const { files, notes } = planOf({ peer });
    const from = Object.fromEntries(files.map((file) => [file.path, file.from]));
    assert.deepEqual(from, {
      '/etc/corosync/authkey': 'n1',
      '/etc/corosync/corosync.conf': 'the backup',
      '/etc/corosync/uidgid.d/a': 'n1',
      '/etc/default/pacemaker': 'the backup',
    });
    assert.match(notes.join('\n'), /authkey differs from the backup: that of n1, which lives, is taken/);
    assert.ok(!JSON.stringify(notes).includes('new key'), 'no secret is told');
  });

  it('leaves each its own where the nodes were never alike, unless the peer has changed it', () => {
    const cf = (address: string) => ({ ...PAIR, '/etc/corosync/uidgid.d/x': address });
    const stored = storedPair([cf('of n1'), cf('of n2')]);
    const same = planOf({ stored, peer: workingLook('n1', { files: cf('of n1') }) });
    assert.equal(same.files.find(({ path }) => path.endsWith('/x'))!.from, 'the backup');
    const changed = planOf({ stored, peer: workingLook('n1', { files: cf('changed') }) });
    assert.match(unmet(changed), /uidgid.d\/x was not the same on the nodes, and n1 has changed its own since/);
    assert.throws(refused(changed, 'knowingly'), { code: 'refused' });
  });

  it('does what is left of an earlier run, and nothing twice', () => {
    const peer = workingLook('n1');
    const written = planOf({ peer, target: stoppedLook('n2', PAIR) });
    assert.deepEqual(kindsOf(written), ['aside', 'corosync', 'pacemaker', 'member', 'agree', 'cleanup']);
    const corosync = { ...stoppedLook('n2', PAIR), daemons: new Set(['corosync']) };
    assert.deepEqual(kindsOf(planOf({ peer, target: corosync })), ['aside', 'pacemaker', 'member', 'agree', 'cleanup']);
    const both = ['n1', 'n2'];
    const done = planOf({ peer: workingLook('n1', { online: both }), target: workingLook('n2', { online: both }) });
    assert.deepEqual(kindsOf(done), []);
    const coming = planOf({ peer, target: workingLook('n2', { online: [] }) });
    assert.deepEqual(kindsOf(coming), ['member', 'agree', 'cleanup']);
  });

  it('changes no file below a cluster that runs', () => {
    const target = workingLook('n2', { files: { ...PAIR, '/etc/corosync/authkey': 'another' } });
    const plan = planOf({ peer: workingLook('n1'), target });
    assert.match(unmet(plan), /runs on n2, with other files than it is to get: \/etc\/corosync\/authkey/);
    assert.throws(refused(plan, 'knowingly'), { code: 'refused' });
  });

  it('asks for the right name, and for peers that agree', () => {
    const target = { ...stoppedLook('n2'), read: { ...stoppedLook('n2').read!, name: 'localhost' } };
    assert.match(
      unmet(planOf({ peer: workingLook('n1'), target })),
      /calls itself localhost, and is n2 in the cluster/,
    );
    const peers = [workingLook('n1'), workingLook('n3', { live: cibOf(26), online: ['n3'] })];
    const plan = planRestore({ stored: storedPair(), target: stoppedLook('n2'), peers, confirmations: [], nowMs: 0 });
    assert.match(unmet(plan), /do not agree on the CIB: n1 says 0.25, n3 says 0.26/);
    assert.match(unmet(plan), /the cluster is split: n1 does not see n3, n3 does not see n1/);
  });

  it('tells of a living cluster that is empty, and of nobody to ask', () => {
    const { notes } = planOf({ peer: workingLook('n1', { live: cibOf(3, '') }) });
    assert.match(notes.join(), /the living cluster has no resources, and the backup has: holdfast ha apply/);
    assert.throws(() => planOf({ peer: workingLook('n1'), target: silentLook('n2') }), { code: 'refused' });
  });
});

describe('restoring where no peer lives', () => {
  it('puts the CIB of the backup into an empty cluster', () => {
    const plan = planOf({ peer: stoppedLook('n1') });
    assert.deepEqual([plan.mode, unmet(plan)], ['found', '']);
    assert.deepEqual(kindsOf(plan), ['files', 'aside', 'corosync', 'pacemaker', 'member', 'replace', 'cleanup']);
    assert.match(plan.notes.join(), /resources start when the other node has been seen/);
    const replace = plan.steps.find(({ change }) => change.kind === 'replace')!;
    assert.doesNotMatch(replace.command, /force/);
  });

  it('never takes silence for being off', () => {
    const silent = planOf({ peer: silentLook('n1') });
    assert.match(unmet(silent), /^n1 does not answer, which does not mean that it is off$/);
    assert.throws(refused(silent, 'in a hurry'), { code: 'refused', hint: /--verified-off 'n1=.*Nothing was changed/ });
    const confirmations = [{ node: 'n1', how: 'both power cables pulled' }];
    const word = planOf({ peer: silentLook('n1'), confirmations });
    assert.equal(unmet(word), '');
    assert.match(word.notes.join(), /n1 is fenced before .*ha fence confirm n1/);
    assert.match(
      word.notes.join(),
      /while n1 stays away nothing starts.* on n2: corosync-cmapctl -s quorum\.cancel_wait/,
    );
    const mute: NodeLook = { ...silentLook('n1'), answer: 'mute', why: 'Permission denied' };
    assert.match(unmet(planOf({ peer: mute, confirmations })), /n1 lives, and cannot be asked: Permission denied/);
    const starting = { ...workingLook('n1'), state: undefined, stateWhy: 'no DC' };
    assert.match(unmet(planOf({ peer: starting, confirmations })), /a cluster runs on n1, and says nothing/);
  });

  it('takes no word that a peer is off when something answers there, whatever is overridden', () => {
    const confirmations = [{ node: 'n1', how: 'both power cables pulled' }];
    const disk = { '/var/lib/pacemaker/cib/cib.xml': cib.formatXml(cibOf(30)) };
    const mute: NodeLook = { ...silentLook('n1'), answer: 'mute', why: 'Permission denied' };
    for (const peer of [workingLook('n1'), stoppedLook('n1'), stoppedLook('n1', disk), mute]) {
      const plan = planOf({ peer, confirmations });
      assert.match(unmet(plan), /n1 is on, though it is said to be off: both power cables pulled/);
      assert.throws(refused(plan, 'in a hurry'), { code: 'refused', hint: /leave its --verified-off out|status n1/ });
    }
  });

  it('replaces what is there only knowingly', () => {
    const disk = (epoch: number, resource?: string) => ({
      '/var/lib/pacemaker/cib/cib.xml': cib.formatXml(cibOf(epoch, resource)),
    });
    const stopped = planOf({ peer: stoppedLook('n1', disk(30, 'other')) });
    assert.match(unmet(stopped), /^n1 is only stopped, and has the CIB 0.30 on its disk$/);
    const own = planOf({ peer: stoppedLook('n1'), target: stoppedLook('n2', disk(3, 'other')) });
    assert.match(unmet(own), /^n2 has a configuration already, the CIB 0.3, on its disk$/);
    for (const plan of [stopped, own]) {
      assert.throws(refused(plan), { code: 'refused', hint: /--override REASON/ });
      assert.equal(expectGates(plan, 'the other is from a test').length, 1);
    }
    assert.match(own.steps.find(({ change }) => change.kind === 'replace')!.command, /--force/);
    const damaged = planOf({ peer: stoppedLook('n1', { '/var/lib/pacemaker/cib/cib.xml': '<cib' }) });
    assert.match(unmet(damaged), /a CIB that cannot be read/);
    assert.equal(
      unmet(planOf({ peer: stoppedLook('n1'), target: stoppedLook('n2', disk(20)) })),
      '',
      'the same is no loss',
    );
  });

  it('has nothing to put there without a CIB', () => {
    const stored: StoredConfiguration = { ...storedPair(), cib: undefined };
    const plan = planOf({ stored, peer: stoppedLook('n1') });
    assert.match(unmet(plan), /the backup holds no CIB/);
    assert.throws(refused(plan, 'knowingly'), { code: 'refused' });
  });

  it('warns of fencing that was switched off', () => {
    const off =
      '<cluster_property_set id="o"><nvpair id="s" name="stonith-enabled" value="false"/></cluster_property_set>';
    const stored = storedPair([PAIR, PAIR], cibOf(20, 'ost0', off));
    assert.match(planOf({ stored, peer: stoppedLook('n1') }).notes.join(), /fencing is switched off in the backup/);
    const confirmations = [{ node: 'n1', how: 'both power cables pulled' }];
    const alone = planOf({ stored, peer: silentLook('n1'), confirmations });
    assert.doesNotMatch(alone.notes.join(), /cancel_wait_for_all/, 'nothing would keep the peer from starting as well');
  });
});

describe('restoring a pair of Heartbeat', () => {
  const files = {
    '/etc/ha.d/ha.cf': 'auto_failback on\nnode n1 n2\n',
    '/etc/ha.d/haresources': 'n1 a\n',
    '/etc/ha.d/authkeys': 'auth 1\n1 sha1 k\n',
  };
  const pair = storedPair([files, files]);
  const stored: StoredConfiguration = { ...pair, cib: undefined, record: { ...pair.record, cib: null } };
  const living = (online: readonly string[]): NodeLook => {
    const look = workingLook('n1', { files, online });
    return {
      ...look,
      live: undefined,
      daemons: new Set(['heartbeat']),
      state: { ...look.state!, kind: 'heartbeat', node: 'n1', dc: undefined },
    };
  };

  it('writes its three files, and starts it only then', () => {
    const plan = planOf({ stored, peer: living(['n1']) });
    assert.deepEqual([plan.stack, plan.mode, unmet(plan)], ['heartbeat', 'join', '']);
    assert.deepEqual(kindsOf(plan), ['files', 'heartbeat', 'member']);
    assert.match(plan.notes.join(), /auto_failback is on/);
    assert.ok(!JSON.stringify(plan.notes).includes('sha1 k'));
  });

  it('alone only when the peer is known not to run', () => {
    assert.match(unmet(planOf({ stored, peer: silentLook('n1') })), /does not mean that it is off/);
    assert.equal(unmet(planOf({ stored, peer: stoppedLook('n1', files) })), '');
  });
});
