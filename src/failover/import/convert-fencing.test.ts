import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { cibOf, FENCE, none, real, V1, viewOf } from '../../../test/old-cibs.ts';
import { describePeer } from '../../../test/peers.ts';
import { cib } from '../../cluster.ts';
import { upgradeCib } from './upgrade.ts';

describe('devices of STONITH plugins', () => {
  const NODES = '<nodes><node id="1" uname="oss01" type="normal"/><node id="2" uname="oss02" type="normal"/></nodes>';
  const device = (id: string, plugin: string, values: Record<string, string>): string => {
    const pairs = Object.entries(values).map(
      ([name, value]) => `<nvpair id="${id}-${name}" name="${name}" value="${value}"/>`,
    );
    return (
      `<primitive id="${id}" class="stonith" type="${plugin}"><operations><op id="${id}-m" name="monitor" interval="5min" timeout="30s"/></operations>` +
      `<instance_attributes id="${id}-a"><attributes>${pairs.join('')}</attributes></instance_attributes></primitive>`
    );
  };
  const ipmi = (id: string, hostname: string, more: Record<string, string> = {}): string =>
    device(id, 'external/ipmi', { hostname, ipaddr: `${hostname}-sp`, userid: 'root', passwd: 'Geh31m', ...more });
  const upgrade = async (resources: string, tools = none, constraints = '') => {
    const { cibXml, ...rest } = await upgradeCib(
      cibOf('', resources, constraints).replace('<nodes/>', NODES),
      'old.xml',
      tools,
    );
    return { ...rest, view: viewOf(cibXml), cibXml };
  };

  it('become the agents that stand in for them, under their names', async () => {
    const never = '<rsc_location id="never" rsc="shoot1" node="oss01" score="-INFINITY"/>';
    const { view, unmapped, explanations } = await upgrade(
      ipmi('shoot1', 'oss01', { interface: 'lanplus', priv: 'OPERATOR' }) + ipmi('shoot2', 'oss02'),
      none,
      never,
    );
    assert.deepEqual(unmapped, []);
    const [first, second] = view.resources;
    assert.ok(first?.kind === 'primitive' && second?.kind === 'primitive');
    assert.deepEqual([first.id, first.agent?.type, second.agent?.type], ['shoot1', 'fence_ipmilan', 'fence_ipmilan']);
    const value = (name: string): string | undefined => cib.valueIn(first.params, name);
    assert.deepEqual(
      ['ip', 'username', 'password', 'lanplus', 'privlvl', 'pcmk_host_list', 'pcmk_delay_base', 'passwd'].map(value),
      ['oss01-sp', 'root', 'Geh31m', '1', 'operator', 'oss01', '10s', undefined],
    );
    const monitor = first.operations.find(({ name }) => name === 'monitor');
    assert.deepEqual([monitor?.intervalMs, first.operations.length], [300_000, 3]);
    assert.deepEqual(
      view.constraints.map(({ id }) => id),
      ['never', 'shoot1-not-on-oss01', 'shoot2-not-on-oss02'],
    );
    assert.match(explanations.find(({ about }) => about === 'shoot1')!.becomes, /^stonith:fence_ipmilan, shoots oss01/);
    assert.doesNotMatch(JSON.stringify(explanations), /Geh31m/);
  });

  it('are no clones any more, and say which node nobody shoots', async () => {
    const { view, unmapped } = await upgrade(`<clone id="c">${ipmi('shoot1', 'oss01')}</clone>`);
    assert.deepEqual(
      view.resources.map(({ kind, id }) => [kind, id]),
      [['primitive', 'shoot1']],
    );
    assert.deepEqual(
      unmapped.map(({ what }) => what),
      ['fencing of oss02'],
    );
  });

  it('that have no equivalent, miss something or keep their password elsewhere are named with the reason', async () => {
    const cases: [string, RegExp][] = [
      [device('x', 'suicide', {}), /shoots itself/],
      [device('x', 'external/ssh', { hostlist: 'oss01 oss02' }), /ssh/],
      [device('x', 'external/ipmi', { hostname: 'oss01' }), /does nothing without ipaddr and userid and passwd/],
      [ipmi('x', 'oss01', { passwd_method: 'file' }), /passwd_method "file"/],
      [ipmi('x', 'elsewhere'), /shoots elsewhere, no node of this cluster/],
      [device('x', 'external/own', { a: 'b' }), /not among the plugins/],
    ];
    for (const [resources, why] of cases) {
      const { unmapped, view } = await upgrade(FENCE + resources);
      assert.equal(view.resources.length, 1);
      assert.deepEqual(
        unmapped.map(({ what }) => what),
        ['x'],
      );
      assert.match(unmapped[0]!.why, why);
      assert.doesNotMatch(JSON.stringify(unmapped), /Geh31m/);
    }
    const { explanations } = await upgrade(ipmi('x', 'oss01', { colour: 'red' }));
    assert.match(explanations.find(({ about }) => about === 'x')!.why, /colour is left out/);
  });

  it('of a CIB without nodes shoot nobody that is known', async () => {
    const { unmapped } = await upgradeCib(cibOf('', ipmi('x', 'oss01')), 'old.xml', none);
    assert.match(unmapped[0]!.why, /names none/);
  });
});

describePeer('devices of STONITH plugins, checked', ['crm_verify'], () => {
  const plugin = '<primitive id="s" class="stonith" type="external/ipmi"/>';

  it('pass', async () => {
    const values = Object.entries({ hostname: 'oss01', ipaddr: 'sp', userid: 'root', passwd: 'x' });
    const pairs = values.map(([name, value]) => `<nvpair id="n-${name}" name="${name}" value="${value}"/>`);
    const device = plugin.replace(
      '/>',
      `><instance_attributes id="a">${pairs.join('')}</instance_attributes></primitive>`,
    );
    const old = cibOf('', device).replace(
      '<nodes/>',
      '<nodes><node id="1" uname="oss01"/><node id="2" uname="oss02"/></nodes>',
    );
    const { verified, cibXml } = await upgradeCib(old, 'old.xml', real);
    assert.equal(verified, 'clean');
    assert.match(cibXml, /type="fence_ipmilan"/);
  });

  it('are named in a CIB that cibadmin upgrades, with the agent for them', async () => {
    const { unmapped } = await upgradeCib(cibOf(V1, FENCE + plugin), 'old.xml', real);
    assert.deepEqual(
      unmapped.map(({ what }) => what),
      ['s'],
    );
    assert.match(unmapped[0]!.instead, /stonith:fence_ipmilan/);
  });
});
