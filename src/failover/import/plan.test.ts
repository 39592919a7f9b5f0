import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { heartbeat } from '../../cluster.ts';
import { documentsOf } from './documents.ts';
import type { ImportPlan } from './model.ts';
import { planCorosync, planImport } from './plan.ts';
import { IPMI, sampleInput } from './sample.ts';

const told = ({ explanations, unmapped }: Pick<ImportPlan, 'explanations' | 'unmapped'>): string =>
  [...explanations.flatMap(({ was, about }) => [was, about]), ...unmapped.map(({ what }) => what)].join('\n');
const explained = (plan: ImportPlan, about: string) => plan.explanations.filter((each) => each.about === about);
const groupsOf = (plan: ImportPlan) =>
  (plan.cib.resources ?? []).flatMap((each) => (each.kind === 'group' ? [each] : []));

/** A line that Heartbeat takes, for each directive. */
const VALUES: Readonly<Record<string, string>> = {
  mcast: 'eth0 239.0.0.1 694 1 0',
  mcast6: 'eth0 ff02::1 694 1 0',
  ucast: 'eth0 10.0.0.1',
  ucast6: 'eth0 fd00::1',
  ping_group: 'routers 10.0.0.254',
  stonith: 'external/ipmi /etc/ha.d/ipmi',
  stonith_host: 'oss01 meatware oss02',
  respawn: 'root /usr/local/bin/program',
  apiauth: 'ping gid=haclient',
  auto_failback: 'off',
  nice_failback: 'on',
  logfacility: 'local0',
  compression: 'bz2',
  hbgenmethod: 'file',
  uuidfrom: 'file',
  autojoin: 'none',
  msgfmt: 'classic',
  env: 'A=b',
  serial: '/dev/ttyS0',
  crm_daemon_dir: '/usr/lib',
  baud: '9600',
  crm: 'off',
  pacemaker: 'off',
  node: 'oss01',
};
const NUMBERS =
  'keepalive warntime deadtime initdead deadping conn_logd_time udpport compression_threshold debug rtprio memreserve hopfudge max_rexmit_delay'.split(
    ' ',
  );
const WORDS = 'bcast udp ping ping6 hbaping watchdog logfile debugfile coreroot cluster quorum_server'.split(' ');

function sampleValue(name: string): string {
  if (VALUES[name] !== undefined) return VALUES[name];
  if (NUMBERS.includes(name)) return '30';
  return WORDS.includes(name) ? `value-of-${name}` : 'off';
}

describe('nothing is dropped in silence', () => {
  for (const name of heartbeat.DIRECTIVE_NAMES) {
    it(name, () => {
      const line = `${name} ${sampleValue(name)}`;
      const input = sampleInput({ cf: [...IPMI, line] });
      const [, ...before] = told(planImport(sampleInput())).split('\n');
      const all = told(planImport(input)).split('\n');
      const last = name === 'stonith' || name === 'stonith_host' ? /STONITH by/ : undefined;
      const word = sampleValue(name).split(' ')[0]!;
      const isTold = all.some(
        (each) => last?.test(each) ?? (each.includes(name) || (!before.includes(each) && each.includes(word))),
      );
      assert.ok(isTold, `${line} is in none of:\n${all.join('\n')}`);
    });
  }

  it('of any line of resources', () => {
    const word = fc.stringMatching(/^[A-Za-z][A-Za-z0-9]{0,8}(?:::[a-z0-9/.]{1,9}){0,4}$/);
    fc.assert(
      fc.property(fc.uniqueArray(word, { minLength: 1, maxLength: 6 }), (words) => {
        const plan = planImport(sampleInput({ haresources: `oss02 ${words.join(' ')}` }));
        const [group] = plan.groups;
        assert.equal(group!.resources.length, words.length);
        const unmapped = plan.unmapped.map(({ what }) => what);
        for (const [at, { agent }] of group!.resources.entries())
          assert.notEqual(agent === undefined, !unmapped.includes(words[at]!), words[at]!);
        assert.equal(
          group!.isComplete,
          group!.resources.every(({ agent }) => agent !== undefined),
        );
        // What is kept keeps its order.
        const members = groupsOf(plan)[0]?.members.map(({ id }) => id) ?? [];
        assert.deepEqual(
          group!.resources.flatMap(({ id = '' }) => (id === '' || /^drbd-.*-clone(-\d+)?$/.test(id) ? [] : [id])),
          members,
        );
        documentsOf(plan);
      }),
      { numRuns: 60 },
    );
  });
});

describe('groups', () => {
  it('start in the order of the line, on the preferred node, and on the other when that is lost', () => {
    const plan = planImport(
      sampleInput({
        haresources: 'oss02 LVM::vg1 Filesystem::/dev/vg1/a::/a::ext4 10.0.0.9\noss01 Filesystem::/dev/sdb::/b::ext4',
      }),
    );
    assert.deepEqual(
      groupsOf(plan).map(({ id, members }) => [id, members.map((member) => member.id)]),
      [
        ['group-oss02', ['lvm-vg1', 'fs-a', 'ip-10.0.0.9']],
        ['group-oss01', ['fs-b']],
      ],
    );
    assert.deepEqual(
      plan.groups.map(({ nodes, place }) => [nodes, place?.line]),
      [
        [['oss02', 'oss01'], 1],
        [['oss01', 'oss02'], 2],
      ],
    );
    const preferences = plan.cib.constraints!.filter(({ id }) => id.startsWith('prefer-'));
    assert.deepEqual(
      preferences.map((each) => each.kind === 'location' && each.prefer),
      [
        { node: 'oss02', score: 100 },
        { node: 'oss01', score: 100 },
      ],
    );
  });

  it('are kept stopped while something of them is missing', () => {
    const plan = planImport(sampleInput({ haresources: 'oss01 own::x Filesystem::/dev/sdb::/b::ext4' }));
    assert.deepEqual(groupsOf(plan)[0]!.meta, { 'target-role': 'Stopped' });
    assert.equal(plan.groups[0]!.isComplete, false);
    assert.equal(plan.unmapped[0]!.what, 'own::x');
  });
});

describe('going back', () => {
  const cases: [string[], 'on' | 'off', string, RegExp][] = [
    [['auto_failback on'], 'on', '0', /as soon as its node is there/],
    [['auto_failback off'], 'off', '200', /stays where it is/],
    [['nice_failback on'], 'off', '200', /stays where it is/],
    [['auto_failback legacy'], 'on', '0', /^legacy goes back at once/],
    [[], 'on', '0', /^Heartbeat takes legacy then/],
  ];
  for (const [lines, failback, stickiness, why] of cases)
    it(lines[0] ?? 'nothing said', () => {
      const plan = planImport(sampleInput({ cf: [...lines, ...IPMI] }));
      assert.equal(plan.failback, failback);
      assert.deepEqual(plan.cib.resourceDefaults, { 'resource-stickiness': stickiness });
      assert.match(explained(plan, 'resource-stickiness')[0]!.why, why);
    });
});

describe('fencing', () => {
  it('is never turned off', () => {
    for (const cf of [[], ['stonith_host * null oss01 oss02'], IPMI]) {
      const plan = planImport(sampleInput({ cf }));
      assert.equal(plan.cib.properties!['stonith-enabled'], 'true');
      assert.equal(
        plan.unmapped.some(({ what }) => what === 'fencing'),
        cf !== IPMI,
      );
    }
    const [last] = planImport(sampleInput({ cf: [] })).unmapped;
    assert.match(last!.why, /will start nothing until fencing is there/);
  });

  it('leaves no node with only its own device, and lets one of two live on', () => {
    const { cib, fencing } = planImport(sampleInput());
    assert.deepEqual(
      fencing.map(({ device }) => [device.id, device.hosts, device.mayRunOn]),
      [
        ['fence-oss02', ['oss02'], ['oss01']],
        ['fence-oss01', ['oss01'], ['oss02']],
      ],
    );
    const bans = cib.constraints!.filter(({ id }) => id.includes('-not-on-')).map(({ id }) => id);
    assert.deepEqual(bans, ['fence-oss02-not-on-oss02', 'fence-oss01-not-on-oss01']);
    const delayed = (survivor?: string): string[] =>
      planImport(sampleInput({}, { options: survivor === undefined ? {} : { survivor } })).fencing.flatMap(
        ({ device }) => Object.keys(device.delaySecondsOf),
      );
    assert.deepEqual(delayed(), ['oss01']);
    assert.deepEqual(delayed('OSS02'), ['oss02']);
  });

  it('names a node that nobody can shoot', () => {
    const { unmapped } = planImport(sampleInput({ cf: [IPMI[0]!] }));
    assert.deepEqual(unmapped.map(({ what }) => what).slice(-1), ['fencing of oss01']);
  });
});

describe('what is refused', () => {
  const refused = (sample: Parameters<typeof sampleInput>[0], message: RegExp): void =>
    assert.throws(() => planImport(sampleInput(sample)), { code: 'config', message });

  it('files that are only half understood', () => {
    refused({ cf: ['keepalive 2s'] }, /ha\.cf:2:1: .*2s/);
    refused({ cf: ['frobnicate 1', 'keepalive x'] }, /ha\.cf:2:1: .*and 1 more/);
    refused({ haresources: 'oss01 Filesystem::/dev/sda::::ext4' }, /haresources:1/);
  });

  it('files that are not in use, and clusters Heartbeat could not have run', () => {
    refused({ cf: ['crm on'] }, /ha\.cf:2: crm on: the configuration in use is a cib\.xml/);
    refused({ cf: ['pacemaker respawn'] }, /crm respawn/);
    refused({ cf: ['node oss03'] }, /3 nodes/);
    refused({ haresources: 'oss03 10.0.0.1' }, /oss03 is no node of ha\.cf/);
    refused({ haresources: '# nothing' }, /no resource/);
    assert.throws(() => planImport(sampleInput({}, { options: { survivor: 'oss9' } })), { code: 'config' });
  });

  it('addresses of strangers, or not for all', () => {
    const given = (addresses: Record<string, string[]>) => () => planImport(sampleInput({}, { addresses }));
    assert.throws(given({ oss01: ['10.0.0.1'] }), { code: 'config', message: /no address was given for node oss02/ });
    assert.throws(given({ oss01: ['10.0.0.1'], oss9: ['10.0.0.2'] }), { code: 'config', message: /oss9 is no node/ });
    const uneven = planImport(sampleInput({}, { addresses: { oss01: ['10.0.0.1', '10.1.0.1'], oss02: ['10.0.0.2'] } }));
    assert.throws(() => documentsOf(uneven), { code: 'config' });
  });
});

describe('keys', () => {
  it('are new, whatever the old ones were', () => {
    const why = (authkeys: string): string => explained(planImport(sampleInput({ authkeys })), 'authkey')[0]!.why;
    assert.match(why('auth 1\n1 crc\n'), /protects from nobody/);
    assert.match(why('auth 1\n1 sha1 NotTheRealKey\n'), /^A new key/);
    assert.match(why(''), /^A new key/);
  });
});

describe('an ha.cf alone', () => {
  it('becomes corosync.conf for a cluster of any size', () => {
    const { cf, authkeys } = sampleInput({ cf: ['node oss03', 'crm on', 'deadtime 30'] });
    const { corosync } = planCorosync({ cf, authkeys });
    assert.deepEqual(
      corosync.nodes.map(({ name, nodeId }) => [name, nodeId]),
      [
        ['oss01', 1],
        ['oss02', 2],
        ['oss03', 3],
      ],
    );
    assert.equal(corosync.waitForAll, undefined);
  });

  it('is refused without nodes', () => {
    const cf = heartbeat.parseHaCf('keepalive 1\n', 'ha.cf');
    assert.throws(() => planCorosync({ cf, authkeys: undefined }), { code: 'config', message: /no nodes/ });
  });
});
