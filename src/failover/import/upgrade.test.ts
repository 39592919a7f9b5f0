import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { cibOf, FENCE, none, played, real, V1, viewOf } from '../../../test/old-cibs.ts';
import { describePeer } from '../../../test/peers.ts';
import { cib } from '../../cluster.ts';
import { upgradeCib } from './upgrade.ts';

const fs = (inner: string): string =>
  `<primitive id="fs" class="ocf" provider="heartbeat" type="Filesystem">${inner}</primitive>`;

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

  it('scripts that are named are not passed over by an upgrade', async () => {
    const asked = { ...none, scripts: { nginx: 'ocf' } } as const;
    await assert.rejects(upgradeCib(cibOf(V1, FENCE), 'old.xml', asked), { code: 'usage', message: /pacemaker-1\.0/ });
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

  it('keeps constraints, tickets and sets, and names those of what is gone', async () => {
    const constraints =
      '<rsc_location id="l1" rsc="gone" node="n1" score="5"/>' +
      '<rsc_ticket id="t1" rsc="fs" ticket="t"/>' +
      '<rsc_ticket id="t2" rsc="gone" ticket="t"/>' +
      '<rsc_order id="o1" kind="Optional"><resource_set id="s" sequential="false"><resource_ref id="fs"/><resource_ref id="f"/></resource_set></rsc_order>' +
      '<rsc_order id="o3"><resource_set id="s3"><resource_ref id="fs"/><resource_ref id="gone"/></resource_set></rsc_order>' +
      '<rsc_location id="l2" rsc="fs"><rule id="r" score="1"><date_expression id="d" operation="gt" start="2001-01-01"/></rule></rsc_location>' +
      '<rsc_location id="l3" rsc="fs" node="n1" score="-INFINITY"/>' +
      '<rsc_colocation id="c1" from="fs" to="f" score="-INFINITY"/>' +
      '<rsc_order id="o2" from="fs" to="f" type="before"/>';
    const { lost, view, cibXml } = await convert(fs(''), constraints);
    assert.deepEqual(lost, ['l1', 't2', 'o3', 'l2']);
    assert.deepEqual(
      view.constraints.map(({ id }) => id),
      ['t1', 'o1', 'l3', 'c1', 'o2'],
    );
    assert.match(cibXml, /<rsc_ticket id="t1" rsc="fs" ticket="t"\/>/);
    const [, set, , , order] = view.constraints;
    assert.ok(set?.kind === 'order' && set.strength === 'Optional');
    assert.deepEqual(
      set.sets.map(({ id, resources, isSequential }) => [id, resources, isSequential]),
      [['s', ['fs', 'f'], false]],
    );
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
