/** Against the agents and the scheduler of Pacemaker themselves. */
import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { after, describe, it } from 'node:test';
import { describePeer, requirePeer } from '../../../test/peers.ts';
import { cib } from '../../cluster.ts';
import { systemProcesses } from '../../host.ts';
import { documentsOf } from './documents.ts';
import type { Mapped } from './mapped.ts';
import type { ImportPlan } from './model.ts';
import { planImport } from './plan.ts';
import { IPMI, sampleInput } from './sample.ts';
import { SCRIPTS } from './scripts.ts';
import { mapService, SERVICE_NAMES } from './services.ts';
import { timingOf } from './timing.ts';

/** Parameters for each script, all that it takes. */
const FULL: Readonly<Record<string, readonly (readonly string[])[]>> = {
  IPaddr: [['10.0.0.5/255.255.0.0/eth0:1/10.0.255.255'], ['10.0.0.5/24/10.0.0.255'], ['10.0.0.5']],
  IPaddr2: [['10.0.0.5/24/eth0/10.0.0.255']],
  IPv6addr: [['fd00:0:0:0:0:0:0:5/64/eth0']],
  IPsrcaddr: [['10.0.0.5']],
  SendArp: [['10.0.0.5/eth0']],
  portblock: [['tcp', '80,81', 'block']],
  Filesystem: [
    ['/dev/sda', '/a', 'ext4', 'noatime'],
    ['/dev/sda', '/a'],
    ['/dev/sda', '/a', 'lustre'],
  ],
  LVM: [['vg1']],
  Raid1: [['/etc/mdadm.conf', '/dev/md0']],
  LinuxSCSI: [['0:0:1:2']],
  ServeRAID: [['1', '2']],
  ICP: [['0', '/dev/sdb']],
  MailTo: [['a@example.org', 'subject']],
  AudibleAlarm: [['a', 'b'], []],
  WinPopup: [['hosts'], []],
  Delay: [['5', '6'], ['60'], []],
  Xinetd: [['imap']],
  apache: [['/etc/apache2.conf'], []],
  db2: [['db2inst1']],
  ids: [['/opt/informix', 'server', 'onconfig'], []],
  ldirectord: [['ldirectord.cf'], []],
  WAS: [['/etc/was.cf'], ['8080'], []],
};
/** Those that become no agent, and what is with them. */
const OTHERS = ['EvmsSCC', 'drbddisk', 'drbdupper', 'OCF'];
const OPTIONS = { lustreAgent: 'filesystem', scripts: {} } as const;

it('every script is tried below', () => {
  assert.deepEqual(Object.keys(SCRIPTS).toSorted(), [...Object.keys(FULL), ...OTHERS].toSorted());
});

describe('parameters', () => {
  const paramsOf = (script: string, ...params: string[]): unknown => {
    const mapped = SCRIPTS[script]!(params, OPTIONS);
    return mapped.kind === 'agent' ? mapped.params : mapped.kind;
  };

  it('of addresses are those that the wrappers take apart', () => {
    const ip = '10.0.0.5';
    assert.deepEqual(paramsOf('IPaddr', ip), { ip });
    assert.deepEqual(paramsOf('IPaddr', `${ip}/255.255.240.0`), { ip, cidr_netmask: '20' });
    assert.deepEqual(paramsOf('IPaddr', `${ip}/24/10.0.0.255`), { ip, cidr_netmask: '24', broadcast: '10.0.0.255' });
    const nic = { ip, cidr_netmask: '24', nic: 'eth0' };
    assert.deepEqual(paramsOf('IPaddr2', `${ip}/24/eth0`), nic);
    assert.deepEqual(paramsOf('IPaddr2', `${ip}/24/eth0:7/10.0.0.99`), {
      ...nic,
      iflabel: '7',
      broadcast: '10.0.0.99',
    });
    for (const mask of ['33', '255.0.255.0', '256.0.0.0', 'x'])
      assert.equal(paramsOf('IPaddr', `${ip}/${mask}`), 'none');
  });

  it('of Lustre targets go to the agent that was asked for', () => {
    const lustre = SCRIPTS['Filesystem']!(['/dev/sda', '/mnt/ost1/', 'lustre', 'nosvc'], {
      ...OPTIONS,
      lustreAgent: 'lustre',
    });
    assert.equal(lustre.kind === 'agent' && lustre.agent, 'ocf:lustre:Lustre');
    assert.deepEqual(lustre.kind === 'agent' && lustre.params, {
      target: '/dev/sda',
      mountpoint: '/mnt/ost1',
      mountoptions: 'nosvc',
    });
  });

  it('that are missing or too many are told', () => {
    for (const [script, params] of Object.entries({
      Filesystem: ['/dev/sda'],
      Raid1: ['/etc/mdadm.conf'],
      LVM: [],
      ids: ['a'],
    }))
      assert.equal(paramsOf(script, ...params), 'none', script);
    for (const script of Object.keys(FULL).filter((name) => name !== 'AudibleAlarm'))
      assert.equal(paramsOf(script, 'a', 'b', 'c', 'd', 'e', 'f'), 'none', script);
  });
});

describePeer('the agents of resource-agents', ['crm_verify', 'ocf-tester'], () => {
  for (const script of SERVICE_NAMES)
    it(`${script}, of init.d`, async () => await expectFit(mapService(script)!, script));
  it('of services whose configuration was read', async () => {
    const system = new URL('../../../test/scenarios/failover/import-services-known/plan.json', import.meta.url);
    const plan: ImportPlan = JSON.parse(readFileSync(system, 'utf8'));
    const members = (plan.cib.resources ?? []).flatMap((each) => (each.kind === 'group' ? each.members : []));
    const services = members.filter(({ id }) => SERVICE_NAMES.includes(id));
    assert.equal(services.length, 8);
    for (const { id, agent, params = {} } of services) {
      assert.match(agent, /^ocf:heartbeat:/, id);
      await expectFit({ kind: 'agent', agent, params, note: '' }, id);
    }
  });
  for (const [script, all] of Object.entries(FULL))
    it(script, async () => {
      for (const params of all) await expectFit(SCRIPTS[script]!(params, OPTIONS), `${script} ${params.join(' ')}`);
    });
});

/** The agent knows each parameter, and misses none; its limits are at least those that it advises. */
async function expectFit(mapped: Mapped, text: string): Promise<void> {
  assert.ok(mapped.kind === 'agent', text);
  const { names, required, timeoutsS } = await metadataOf(mapped.agent);
  const given = Object.keys(mapped.params);
  assert.deepEqual(
    given.filter((name) => !names.includes(name)),
    [],
  );
  assert.deepEqual(
    required.filter((name) => !given.includes(name)),
    [],
  );
  const { start, stop, monitor } = timingOf(mapped.agent, mapped.params);
  for (const [operation, seconds] of Object.entries({ start, stop, monitor: monitor[1] }))
    assert.ok(seconds >= (timeoutsS.get(operation) ?? 0), `${mapped.agent} ${operation}: ${seconds} s`);
}

async function metadataOf(agent: string) {
  const program = join(dirname(requirePeer('crm_verify')), 'crm_resource');
  const { exitCode, output } = await systemProcesses.run(program, ['--show-metadata', agent], { timeLimitMs: 30_000 });
  assert.equal(exitCode, 0, agent);
  // Some have a document type, which our reader refuses.
  const text = output.toString('utf8').replace(/<!DOCTYPE[^>]*>/, '');
  const all = [...cib.everyElement(cib.rootOf(cib.parseXml(text.trim(), agent)))];
  const parameters = all.filter(({ name }) => name === 'parameter');
  const named = (each: cib.XmlElement): string => each.attributes.get('name') ?? '';
  const timeouts = all
    .filter(({ name }) => name === 'action')
    .map((each) => [named(each), cib.durationMs(each.attributes.get('timeout') ?? '')! / 1000] as const);
  return {
    names: parameters.map(named),
    required: parameters.filter((each) => /^(?:1|true)$/.test(each.attributes.get('required') ?? '')).map(named),
    timeoutsS: new Map(timeouts),
  };
}

const PAIR = 'oss01 10.0.0.1 Filesystem::/dev/sda::/a::ext4\noss02 10.0.0.2';

describePeer('the scheduler of Pacemaker', ['crm_verify'], () => {
  const folder = mkdtempSync(join(tmpdir(), 'holdfast-import-'));
  after(() => rmSync(folder, { recursive: true, force: true }));
  const program = join(dirname(requirePeer('crm_verify')), 'crm_simulate');
  const path = (name: string): string => join(folder, `${name}.xml`);

  /** Where each resource is after these changes of the cluster in `from`, which is kept as `to`. */
  async function simulate(from: string, to: string, changes: string[]): Promise<Record<string, string>> {
    const args = ['-x', path(from), '-S', '-O', path(to), '--output-as=xml', ...changes];
    const { exitCode, output } = await systemProcesses.run(program, args, { timeLimitMs: 60_000 });
    assert.equal(exitCode, 0, output.toString('utf8'));
    const root = cib.rootOf(cib.parseXml(output.toString('utf8'), 'crm_simulate'));
    const revised = [...cib.everyElement(root)].find(({ name }) => name === 'revised_cluster_status')!;
    const found: Record<string, string> = {};
    for (const each of cib.everyElement(revised))
      if (each.name === 'resource')
        found[each.attributes.get('id')!] = cib
          .elementsOf(each, 'node')
          .map((node) => node.attributes.get('name')!)
          .join(',');
    return found;
  }

  const start = async (plan: ImportPlan): Promise<Record<string, string>> => {
    writeFileSync(path('new'), documentsOf(plan).cibXml);
    return await simulate('new', 'started', ['--node-up=oss01', '--node-up=oss02', '--quorum=true']);
  };
  const sample = (...cf: string[]): ImportPlan => planImport(sampleInput({ cf: [...cf, ...IPMI], haresources: PAIR }));
  const home = { 'ip-10.0.0.1': 'oss01', 'fs-a': 'oss01', 'ip-10.0.0.2': 'oss02' };
  const only = (found: Record<string, string>, ids: object): Record<string, string> =>
    Object.fromEntries(Object.keys(ids).map((id) => [id, found[id]!]));

  it('starts each group on its preferred node, and each fence device away from whom it shoots', async () => {
    const found = await start(sample('auto_failback off'));
    assert.deepEqual(only(found, home), home);
    assert.equal(found['fence-oss01'], 'oss02');
    assert.equal(found['fence-oss02'], 'oss01');
  });

  it('takes over after fencing, and goes back only with auto_failback on', async () => {
    for (const [value, back] of [
      ['on', 'oss01'],
      ['off', 'oss02'],
    ] as const) {
      await start(sample(`auto_failback ${value}`));
      const after = await simulate('started', 'failed', ['--node-fail=oss01']);
      assert.deepEqual(only(after, home), { 'ip-10.0.0.1': 'oss02', 'fs-a': 'oss02', 'ip-10.0.0.2': 'oss02' });
      const again = await simulate('failed', 'again', ['--node-up=oss01']);
      assert.equal(again['fs-a'], back, `auto_failback ${value}`);
      assert.equal(again['ip-10.0.0.2'], 'oss02');
    }
  });

  it('moves to the node that reaches more, and nowhere when both reach as much', async () => {
    const plan = sample('auto_failback off', 'ping 10.9.0.1 10.9.0.2', 'respawn hacluster /usr/lib/heartbeat/ipfail');
    await start(plan);
    const reach = (oss01: number, oss02: number) => async (): Promise<string> => {
      const file = path('reach');
      const text = withReach(await readText(path('started')), { oss01, oss02 });
      writeFileSync(file, text);
      return (await simulate('reach', 'moved', []))['fs-a']!;
    };
    assert.equal(await reach(2000, 2000)(), 'oss01');
    assert.equal(await reach(1000, 2000)(), 'oss02');
    assert.equal(await reach(2000, 1000)(), 'oss01');
    assert.equal(await reach(0, 0)(), 'oss01');
  });

  it('starts nothing without fencing, and nothing of a group that is not complete', async () => {
    const unfenced = await start(planImport(sampleInput({ cf: [], haresources: PAIR })));
    assert.deepEqual(Object.values(only(unfenced, home)), ['', '', '']);
    const partial = await start(planImport(sampleInput({ haresources: 'oss01 own::x 10.0.0.1\noss02 10.0.0.2' })));
    assert.equal(partial['ip-10.0.0.1'], '');
    assert.equal(partial['ip-10.0.0.2'], 'oss02');
  });

  async function readText(file: string): Promise<string> {
    const { output } = await systemProcesses.run('cat', [file], { timeLimitMs: 5_000 });
    return output.toString('utf8');
  }
});

/** Sets the attribute pingd of each node, as the agent would. */
function withReach(text: string, reach: Readonly<Record<string, number>>): string {
  const document = cib.parseXml(text, 'cib.xml');
  for (const state of [...cib.everyElement(cib.rootOf(document))].filter(({ name }) => name === 'node_state')) {
    const id = state.attributes.get('id')!;
    const value = `${reach[state.attributes.get('uname')!]}`;
    const pair = cib.element('nvpair', { id: `status-${id}-pingd`, name: 'pingd', value });
    const set = cib.element('instance_attributes', { id: `status-${id}` }, [pair]);
    for (const old of cib.elementsOf(state, 'transient_attributes'))
      state.children.splice(state.children.indexOf(old), 1);
    state.children.push(cib.element('transient_attributes', { id }, [set]));
  }
  return cib.formatXml(document);
}
