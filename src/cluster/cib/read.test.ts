import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import type { Cib, Constraint, Resource } from './model.ts';
import { readCib } from './read.ts';
import { hasRules, valueIn, valuesIn } from './read-parts.ts';
import { everyResource, withTemplates } from './read-resources.ts';
import { INFINITY_SCORE } from './values.ts';
import { parseXml } from './xml.ts';

const FIXTURES = new URL('../../../test/fixtures/cib/', import.meta.url);
const text = (name: string): string => readFileSync(new URL(`${name}.xml`, FIXTURES), 'utf8');
const read = (name: string): Cib => readCib(parseXml(text(name), `${name}.xml`));
const cibOf = (configuration: string): Cib =>
  readCib(parseXml(`<cib validate-with="pacemaker-3.0"><configuration>${configuration}</configuration></cib>`, 'f'));

function resource<Kind extends Resource['kind']>(cib: Cib, id: string, kind: Kind): Resource & { kind: Kind } {
  const found = [...everyResource(cib.resources)].find((each) => each.id === id);
  assert.equal(found?.kind, kind, id);
  return found as Resource & { kind: Kind };
}

function constraint<Kind extends Constraint['kind']>(cib: Cib, id: string, kind: Kind): Constraint & { kind: Kind } {
  const found = cib.constraints.find((each) => each.id === id);
  assert.equal(found?.kind, kind, id);
  return found as Constraint & { kind: Kind };
}

/** Without the elements, which lead back to the whole document. */
function bare(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value, (key, each) => (key === 'element' ? undefined : each)));
}

describe('a CIB', () => {
  const cib = read('two-node');

  it('says which it is, and what the whole cluster does', () => {
    assert.deepEqual([cib.adminEpoch, cib.epoch, cib.numUpdates], [2, 41, 7]);
    assert.equal(cib.validateWith, 'pacemaker-3.9');
    assert.deepEqual([cib.hasQuorum, cib.dc, cib.featureSet], [true, '1', '3.16.2']);
    assert.deepEqual(Object.fromEntries(valuesIn(cib.properties)), {
      'stonith-enabled': 'true',
      'no-quorum-policy': 'stop',
      'cluster-name': 'scratch & home',
    });
    assert.ok(hasRules(cib.properties));
    assert.equal(valueIn(cib.resourceDefaults, 'migration-threshold'), '3');
    assert.equal(valueIn(cib.operationDefaults, 'timeout'), '60s');
    const expression = cib.properties[1]!.rule!.expressions[0]!;
    assert.ok(expression!.kind === 'date' && expression.operation === 'date_spec');
    assert.equal(expression.parts.get('hours'), '1-5');
  });

  it('names its nodes', () => {
    assert.deepEqual(
      cib.nodes.map(({ id, name, type }) => [id, name, type]),
      [
        ['1', 'oss1', 'member'],
        ['2', 'oss2', 'member'],
      ],
    );
    assert.equal(valueIn(cib.nodes[0]!.attributes, 'site'), 'hall <2>');
    assert.deepEqual(
      read('clones').nodes.map(({ type }) => type),
      ['member', 'member', 'remote'],
    );
  });

  it('has resources with parameters, operations and order', () => {
    assert.deepEqual(
      [...everyResource(cib.resources)].map(({ id }) => id),
      ['fence-oss1', 'oss1-targets', 'ost0', 'ip0'],
    );
    const group = resource(cib, 'oss1-targets', 'group');
    assert.equal(valueIn(group.meta, 'resource-stickiness'), 'INFINITY');
    const ost = resource(cib, 'ost0', 'primitive');
    assert.deepEqual(ost.agent, { standard: 'ocf', provider: 'heartbeat', type: 'Filesystem' });
    assert.equal(valueIn(ost.params, 'device'), '/dev/disk/by-id/ost0');
    assert.equal(valueIn(ost.params, 'nothing'), undefined);
    assert.deepEqual(
      ost.operations.map(({ name, intervalMs, timeoutMs }) => [name, intervalMs, timeoutMs]),
      [
        ['start', 0, 300_000],
        ['monitor', 120_000, 40_000],
      ],
    );
    assert.equal(valueIn(ost.operations[1]!.params, 'OCF_CHECK_LEVEL'), '20');
  });

  it('has constraints, fencing levels, tags, alerts and rights', () => {
    const { element: _, ...location } = constraint(cib, 'cli-ban-ip0', 'location');
    assert.deepEqual([location.node, location.score, location.role], ['oss2', -INFINITY_SCORE, 'Started']);
    assert.deepEqual(bare(cib.fencingLevels), [
      { id: 'fl-1', target: { kind: 'node', name: 'oss1' }, index: 1, devices: ['fence-oss1', 'fence-pdu-a'] },
      { id: 'fl-2', target: { kind: 'pattern', pattern: 'oss[0-9]+' }, index: 2, devices: ['fence-pdu-b'] },
      { id: 'fl-3', target: { kind: 'attribute', name: 'rack', value: 'r1' }, index: 3, devices: ['fence-pdu-b'] },
    ]);
    assert.deepEqual(bare(cib.tags), [{ id: 'all-targets', members: ['ost0', 'ip0'] }]);
    assert.deepEqual(cib.alerts[0]!.recipients, [{ id: 'mailer-admin', value: 'admin@example.org' }]);
    assert.deepEqual(bare(cib.acls), [
      { kind: 'role', id: 'watcher', roles: [] },
      { kind: 'target', id: 'alice', roles: ['watcher'] },
    ]);
  });

  it('remembers nodes and what operations came to', () => {
    const [one, two] = cib.nodeStates;
    assert.deepEqual([one!.isMember, one!.isController, one!.join, one!.expected], [true, true, 'member', 'member']);
    assert.deepEqual([two!.isMember, two!.isController, two!.history], [false, true, []]);
    assert.equal(valueIn(one!.attributes, 'fail-count-ost0#monitor_120000'), '1');
    const [start, monitor] = one!.history[0]!.operations;
    assert.deepEqual([start!.returnCode, start!.callId, start!.ranMs, start!.exitReason], [0, 17, 812, undefined]);
    assert.deepEqual(
      [monitor!.returnCode, monitor!.intervalMs, monitor!.changedS, monitor!.exitReason],
      [7, 120_000, 1795162999, 'not mounted "there"'],
    );
  });
});

describe('a CIB of other kinds', () => {
  const cib = read('clones');

  it('completes resources by their templates as the scheduler does', () => {
    const set = (id: string, ...pairs: string[]): string =>
      `<instance_attributes id="${id}">${pairs.map((pair, at) => `<nvpair id="${id}${at}" name="${pair.split('=')[0]}" value="${pair.split('=')[1]}"/>`).join('')}</instance_attributes>`;
    const op = (id: string, name: string, timeout: string, rest = ''): string =>
      `<op id="${id}" name="${name}" interval="${name === 'monitor' ? '10s' : '0'}" timeout="${timeout}" ${rest}/>`;
    const text =
      '<cib validate-with="pacemaker-3.0"><configuration><crm_config/><nodes/><resources>' +
      `<template id="t" class="ocf" provider="heartbeat" type="Filesystem">${set('tp', 'fstype=ext4', 'options=ro')}` +
      `<operations>${op('t1', 'start', '300s')}${op('t2', 'monitor', '40s')}${op('t3', 'monitor', '50s', 'role="Master"')}</operations></template>` +
      `<group id="g"><primitive id="a" template="t">${set('ap', 'device=/dev/sda', 'options=rw')}` +
      `<operations><op id="a1" name="monitor" interval="33s" timeout="7s" role="Started"/></operations></primitive></group>` +
      '<clone id="c"><primitive id="b" template="t"/></clone><primitive id="d" template="gone"/>' +
      '</resources><constraints/></configuration><status/></cib>';
    const all = [...everyResource(withTemplates(readCib(parseXml(text, 'x.xml'))).resources)];
    const [a, b, d] = all.flatMap((each) => (each.kind === 'primitive' ? [each] : []));
    assert.equal(a!.agent!.type, 'Filesystem');
    assert.deepEqual(Object.fromEntries(valuesIn(a!.params)), { device: '/dev/sda', options: 'rw', fstype: 'ext4' });
    assert.deepEqual(
      a!.operations.map(({ name, timeoutMs }) => [name, timeoutMs]),
      [
        ['monitor', 7_000],
        ['start', 300_000],
        ['monitor', 50_000],
      ],
    );
    assert.deepEqual([b!.operations.length, d!.agent], [3, undefined]);
  });

  it('has clones, promotable ones, bundles and templates', () => {
    assert.deepEqual(
      cib.resources.map((each) => [each.kind, each.id]),
      [
        ['clone', 'pingers'],
        ['clone', 'ms'],
        ['clone', 'pm'],
        ['bundle', 'web'],
        ['bundle', 'empty'],
      ],
    );
    assert.deepEqual(
      ['pingers', 'ms', 'pm'].map((id) => resource(cib, id, 'clone').isPromotable),
      [false, true, true],
    );
    assert.equal(resource(cib, 'web', 'bundle').member?.id, 'web1');
    assert.equal(resource(cib, 'empty', 'bundle').member, undefined);
    assert.deepEqual(
      resource(cib, 'state', 'primitive').operations.map(({ role, onFail }) => [role, onFail]),
      [
        ['Master', undefined],
        ['Slave', 'block'],
      ],
    );
    const [template] = cib.templates;
    const user = resource(cib, 'pg2', 'primitive');
    assert.deepEqual([template!.id, user.template, user.agent], ['fs', 'fs', undefined]);
    assert.equal(valueIn(user.params, 'fstype'), 'xfs', 'through the reference');
    assert.deepEqual(
      user.operations.map(({ id, isEnabled }) => [id, isEnabled]),
      [['fs-m', false]],
    );
  });

  it('has rules, sets and tickets', () => {
    const [rule] = constraint(cib, 'no-ping', 'location').rules;
    assert.deepEqual([rule!.score, rule!.combine], [-INFINITY_SCORE, 'or']);
    assert.deepEqual(bare(rule!.expressions.slice(0, 2)), [
      { kind: 'attribute', attribute: 'pingd', operation: 'lt', value: '1', type: 'number' },
      { kind: 'attribute', attribute: 'pingd', operation: 'not_defined' },
    ]);
    const nested = rule!.expressions[2]!;
    assert.ok(nested.kind === 'rule' && nested.rule.expressions[0]!.kind === 'date');
    assert.equal(nested.rule.expressions[0]!.parts.get('hours'), '2');
    const byName = constraint(cib, 'by-name', 'location');
    assert.deepEqual([byName.pattern, byName.resource, byName.score], ['^pg', undefined, 0]);
    assert.equal(constraint(cib, 'where-attr', 'location').rules[0]!.scoreAttribute, 'weight');
    const colocation = constraint(cib, 'col-sets', 'colocation');
    assert.equal(colocation.score, INFINITY_SCORE, 'cut to infinity');
    assert.deepEqual(
      colocation.sets.map((set) => [set.resources, set.isSequential, set.requiresAll, set.role]),
      [
        [['ms', 'pm'], false, true, 'Started'],
        [['web'], true, true, undefined],
      ],
    );
    assert.deepEqual(constraint(cib, 'ord-sets', 'order').sets[0]!.requiresAll, false);
    const ticket = constraint(cib, 'tick', 'ticket');
    assert.deepEqual([ticket.ticket, ticket.resource, ticket.lossPolicy], ['site-a', 'ms', 'fence']);
  });

  it('orders by kind, or by score in its stead', () => {
    const orders = ['ord-sets', 'ord-zero', 'ord-score'].map((id) => constraint(cib, id, 'order'));
    assert.deepEqual(
      orders.map(({ strength, isSymmetrical, firstAction, nextAction }) => [
        strength,
        isSymmetrical,
        firstAction,
        nextAction,
      ]),
      [
        ['Serialize', false, 'start', 'start'],
        ['Optional', true, 'promote', 'promote'],
        ['Mandatory', true, 'start', 'stop'],
      ],
    );
  });

  it('takes the value of the set with the highest score, and none that hangs on a rule', () => {
    const sets = cibOf(`<crm_config>
      <cluster_property_set id="a"><nvpair id="a1" name="x" value="low"/><nvpair id="a2" name="y" value="1"/></cluster_property_set>
      <cluster_property_set id="b" score="5"><nvpair id="b1" name="x" value="high"/></cluster_property_set>
      <cluster_property_set id="c" score="9"><rule id="r" score="1"/><nvpair id="c1" name="x" value="rule"/></cluster_property_set>
      <cluster_property_set id-ref="gone"/></crm_config>`).properties;
    assert.deepEqual(Object.fromEntries(valuesIn(sets)), { x: 'high', y: '1' });
  });
});

describe('a CIB of Heartbeat', () => {
  const cib = read('heartbeat-2');

  it('says the same in its own words', () => {
    assert.deepEqual([cib.validateWith, cib.epoch, cib.hasQuorum], [undefined, 9, true]);
    assert.equal(valueIn(cib.properties, 'symmetric-cluster'), 'true');
    assert.equal(valueIn(resource(cib, 'mdt', 'primitive').params, 'device'), '/dev/mdt');
    assert.equal(resource(cib, 'drbd', 'clone').isPromotable, true);
    assert.deepEqual(
      [...valuesIn(resource(cib, 'mds', 'group').meta)],
      [
        ['target-role', 'started'],
        ['is-managed', 'true'],
      ].toReversed(),
    );
    assert.deepEqual(resource(cib, 'log', 'primitive').agent, {
      standard: 'heartbeat',
      provider: undefined,
      type: 'mailto',
    });
    assert.equal(constraint(cib, 'rsc_location_mds', 'location').rules[0]!.combine, 'or');
  });

  it('orders from and to by the type between them', () => {
    const orders = ['mds_after_drbd', 'drbd_before_log', 'no_type'].map((id) => constraint(cib, id, 'order'));
    assert.deepEqual(
      orders.map(({ first, firstAction, next, nextAction, isSymmetrical }) => ({
        order: `${firstAction} ${first}, ${nextAction} ${next}`,
        isSymmetrical,
      })),
      [
        { order: 'promote drbd, start mds', isSymmetrical: true },
        { order: 'start drbd, start log', isSymmetrical: true },
        { order: 'start drbd, start mds', isSymmetrical: false },
      ],
    );
    const colocation = constraint(cib, 'mds_on_drbd', 'colocation');
    assert.deepEqual([colocation.resource, colocation.withResource, colocation.withRole], ['mds', 'drbd', 'Master']);
  });
});
