import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { describePeer } from '../../../test/peers.ts';
import { cib } from '../../cluster.ts';
import { simulated, systemProcesses } from '../../host.ts';
import { type UpgradeTools, upgradeCib } from './upgrade.ts';

const SIGNAL = new AbortController().signal;

async function scratch(text: string, use: (path: string) => Promise<void>): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'holdfast-upgrade-'));
  try {
    await writeFile(join(folder, 'cib.xml'), text, { mode: 0o600 });
    await use(join(folder, 'cib.xml'));
    return await readFile(join(folder, 'cib.xml'), 'utf8');
  } finally {
    await rm(folder, { recursive: true });
  }
}

const real: UpgradeTools = { processes: systemProcesses, scratch, signal: SIGNAL };
type Answer = Parameters<typeof simulated.scriptedProcesses>[0];
const played = (answer: Answer): UpgradeTools => ({ ...real, processes: simulated.scriptedProcesses(answer) });
const none = played(() => undefined);

const FENCE = '<primitive id="f" class="stonith" type="fence_ipmilan"/>';
const cibOf = (schema: string, resources: string, constraints = '', properties = ''): string =>
  `<cib ${schema} admin_epoch="0" epoch="4" num_updates="1"><configuration><crm_config>${properties}</crm_config><nodes/>` +
  `<resources>${resources}</resources><constraints>${constraints}</constraints></configuration><status/></cib>`;
const V1 = 'validate-with="pacemaker-1.0"';
const fs = (inner: string): string =>
  `<primitive id="fs" class="ocf" provider="heartbeat" type="Filesystem">${inner}</primitive>`;
const viewOf = (text: string) => cib.readCib(cib.parseXml(text, 'cib.xml'));

describePeer('an upgrade by cibadmin', ['crm_verify'], () => {
  it('goes to the newest schema, and is verified', async () => {
    const master = '<master id="ms"><primitive id="d" class="ocf" provider="linbit" type="drbd"/></master>';
    const { from, to, verified, unmapped, cibXml } = await upgradeCib(cibOf(V1, FENCE + master), 'old.xml', real);
    assert.equal(from, 'pacemaker-1.0');
    assert.match(to, /^pacemaker-3\.\d+$/);
    assert.deepEqual([verified, unmapped], ['clean', []]);
    assert.equal(viewOf(cibXml).resources.length, 2);
  });

  it('names what will not start', async () => {
    const script = '<group id="g"><primitive id="m" class="heartbeat" type="MailTo"/></group>';
    const { unmapped } = await upgradeCib(cibOf(V1, FENCE + script), 'old.xml', real);
    assert.deepEqual(
      unmapped.map(({ what, place }) => [what, place?.line]),
      [['m', 1]],
    );
  });

  it('that Pacemaker refuses is refused', async () => {
    await assert.rejects(upgradeCib(cibOf(V1, '<primitive id="x" class="ocf"/>'), 'old.xml', real), {
      code: 'config',
      message: /cibadmin could not upgrade it/,
    });
  });

  it('of one older than that is written anew, and holds', async () => {
    const old = cibOf(
      '',
      FENCE +
        fs(
          '<instance_attributes id="a"><attributes><nvpair id="n" name="device" value="/dev/sda"/></attributes></instance_attributes>',
        ),
    );
    const { verified, to, cibXml } = await upgradeCib(old, 'old.xml', real);
    assert.deepEqual([verified, to], ['clean', 'pacemaker-3.0']);
    assert.deepEqual(cib.epochOf(cib.parseXml(cibXml, 'cib.xml')), { adminEpoch: 1, epoch: 5, numUpdates: 0 });
  });
});

describe('without the tools of Pacemaker', () => {
  it('an upgrade is refused by the name of the tool', async () => {
    await assert.rejects(upgradeCib(cibOf(V1, FENCE), 'old.xml', none), {
      code: 'command-missing',
      message: /cibadmin/,
    });
  });

  it('a conversion is not verified, and says so', async () => {
    const { verified } = await upgradeCib(cibOf('', FENCE), 'old.xml', none);
    assert.equal(verified, undefined);
  });
});

describe('what comes out wrong', () => {
  it('is not believed', async () => {
    const tools = played(({ command }) =>
      command === 'crm_verify'
        ? { exitCode: 78, errorText: '(main) \terror: CIB did not pass schema validation\n' }
        : undefined,
    );
    await assert.rejects(upgradeCib(cibOf('', FENCE), 'old.xml', tools), {
      code: 'config',
      message: /schema validation/,
    });
  });

  it('for lack of fencing alone is told in other words', async () => {
    const errorText =
      '(unpack_resources) \terror: Resource start-up disabled since no STONITH resources have been defined\n';
    const tools = played(({ command }) => (command === 'crm_verify' ? { exitCode: 78, errorText } : undefined));
    const { verified, unmapped } = await upgradeCib(cibOf('', fs('')), 'old.xml', tools);
    assert.equal(verified, 'warnings');
    assert.deepEqual(
      unmapped.map(({ what }) => what),
      ['fencing'],
    );
  });
});

describe('what is no CIB of the past', () => {
  const cases: [string, string][] = [
    ['truncated', cibOf(V1, FENCE).slice(0, 200)],
    ['something else', '<html/>'],
    ['of a future schema', cibOf('validate-with="pacemaker-4.2"', FENCE)],
    ['nothing', ''],
  ];
  for (const [name, text] of cases)
    it(name, async () => {
      await assert.rejects(upgradeCib(text, 'old.xml', none), { code: 'config', message: /old\.xml/ });
    });
});

describe('a conversion', () => {
  const convert = async (resources: string, constraints = '', properties = '') => {
    const { cibXml, unmapped } = await upgradeCib(
      cibOf('', FENCE + resources, constraints, properties),
      'old.xml',
      none,
    );
    return { view: viewOf(cibXml), lost: unmapped.map(({ what }) => what), cibXml };
  };

  it('turns fencing on, moves defaults, and names what is gone', async () => {
    const pair = (name: string, value: string): string => `<nvpair id="${name}" name="${name}" value="${value}"/>`;
    const set = [
      pair('stonith_enabled', 'false'),
      pair('default_resource_stickiness', '77'),
      pair('short_resource_names', 'true'),
    ];
    const { view, lost } = await convert(
      '',
      '',
      `<cluster_property_set id="o"><attributes>${set.join('')}</attributes></cluster_property_set>`,
    );
    assert.equal(cib.valueIn(view.properties, 'stonith-enabled'), 'true');
    assert.equal(cib.valueIn(view.resourceDefaults, 'resource-stickiness'), '77');
    assert.deepEqual(
      lost,
      ['short_resource_names=true'].map((text) => lost.find((each) => each.startsWith('short')) ?? text),
    );
  });

  it('keeps values of operations, and drops operations that were disabled', async () => {
    const op =
      '<operations><op id="o1" name="monitor" interval="10s" timeout="1500ms" on_fail="fence"><instance_attributes id="oi"><attributes><nvpair id="on" name="OCF_CHECK_LEVEL" value="20"/></attributes></instance_attributes></op>' +
      '<op id="o2" name="stop" timeout="5" disabled="true"/></operations>';
    const { view } = await convert(fs(op));
    const [, primitive] = view.resources;
    assert.ok(primitive?.kind === 'primitive');
    assert.deepEqual(
      primitive.operations.map(({ name, intervalMs, timeoutMs, onFail }) => [name, intervalMs, timeoutMs, onFail]),
      [['monitor', 10_000, 1_500, 'fence']],
    );
    assert.equal(cib.valueIn(primitive.operations[0]!.params, 'OCF_CHECK_LEVEL'), '20');
  });

  it('names constraints of what is gone, tickets and sets', async () => {
    const constraints =
      '<rsc_location id="l1" rsc="gone" node="n1" score="5"/>' +
      '<rsc_ticket id="t1" rsc="fs" ticket="t"/>' +
      '<rsc_order id="o1"><resource_set id="s"><resource_ref id="fs"/></resource_set></rsc_order>' +
      '<rsc_location id="l2" rsc="fs"><rule id="r" score="1"><date_expression id="d" operation="gt" start="2001-01-01"/></rule></rsc_location>' +
      '<rsc_location id="l3" rsc="fs" node="n1" score="-INFINITY"/>' +
      '<rsc_colocation id="c1" from="fs" to="f" score="-INFINITY"/>' +
      '<rsc_order id="o2" from="fs" to="f" type="before"/>';
    const { lost, view } = await convert(fs(''), constraints);
    assert.deepEqual(lost, ['l1', 't1', 'o1', 'l2']);
    assert.deepEqual(
      view.constraints.map(({ id }) => id),
      ['l3', 'c1', 'o2'],
    );
    const [, , order] = view.constraints;
    assert.ok(order?.kind === 'order' && order.first === 'fs' && order.next === 'f');
  });

  it('of a group that lost a member keeps it stopped', async () => {
    const group = `<group id="g"><primitive id="x" class="heartbeat" type="own"><instance_attributes id="i"><attributes><nvpair id="n1" name="1" value="a"/></attributes></instance_attributes></primitive>${fs('')}</group>`;
    const { view, lost } = await convert(group);
    assert.deepEqual(lost, ['x']);
    const found = view.resources.find(({ id }) => id === 'g');
    assert.ok(found?.kind === 'group');
    assert.equal(cib.valueIn(found.meta, 'target-role'), 'Stopped');
  });
});
