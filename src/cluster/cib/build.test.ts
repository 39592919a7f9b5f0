import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import { AppError } from '../../base/errors.ts';
import { addToCib, buildCib } from './build.ts';
import type { PlainCib, PlainExpression, PlainPrimitive } from './plain.ts';
import { readCib } from './read.ts';
import { valueIn, valuesIn } from './read-parts.ts';
import { everyResource } from './read-resources.ts';
import { constraints, ip, mount, whole } from './sample.ts';
import { formatXml, parseXml, type XmlDocument } from './xml.ts';

const FIXTURES = new URL('../../../test/fixtures/cib/', import.meta.url);
const fixture = (name: string): XmlDocument => parseXml(readFileSync(new URL(`${name}.xml`, FIXTURES), 'utf8'), name);

const refused = (plain: PlainCib, message: RegExp): void => {
  const document = fixture('two-node');
  const before = formatXml(document);
  assert.throws(
    () => addToCib(document, plain),
    (error) => {
      assert.ok(error instanceof AppError && error.code === 'config', String(error));
      assert.match(error.message, message);
      return true;
    },
  );
  assert.equal(formatXml(document), before, 'nothing was changed');
};
const alone = (primitive: Partial<PlainPrimitive>): PlainCib => ({ resources: [{ ...ip, ...primitive }] });

describe('a CIB from plain values', () => {
  it('is printed with an indentation of two', () => {
    const text = formatXml(buildCib({ resources: [{ ...ip, operations: [{ name: 'start' }] }] }, { file: 'new' }));
    assert.equal(
      text,
      `<cib validate-with="pacemaker-3.0" crm_feature_set="3.1.0" admin_epoch="0" epoch="1" num_updates="0">
  <configuration>
    <crm_config/>
    <nodes/>
    <resources>
      <primitive id="ip0" class="ocf" provider="heartbeat" type="IPaddr2">
        <instance_attributes id="ip0-instance_attributes">
          <nvpair id="ip0-instance_attributes-ip" name="ip" value="10.0.0.5"/>
        </instance_attributes>
        <operations>
          <op id="ip0-start-interval-0s" name="start" interval="0s"/>
        </operations>
      </primitive>
    </resources>
    <constraints/>
  </configuration>
  <status/>
</cib>
`,
    );
  });

  it('says what was put in', () => {
    const cib = readCib(parseXml(formatXml(buildCib(whole, { file: 'new', epoch: 7, adminEpoch: 1 })), 'new'));
    assert.deepEqual([cib.adminEpoch, cib.epoch], [1, 7]);
    assert.deepEqual(Object.fromEntries(valuesIn(cib.properties)), whole.properties);
    assert.equal(valueIn(cib.resourceDefaults, 'resource-stickiness'), 'INFINITY');
    assert.deepEqual(
      [...everyResource(cib.resources)].map(({ id }) => id).join(' '),
      'fence-oss1 fence-oss2 targets ost0 ip0 ping-clone ping state-clone states state service',
    );
    const ost = [...everyResource(cib.resources)].find(({ id }) => id === 'ost0')!;
    assert.ok(ost.kind === 'primitive');
    assert.deepEqual(Object.fromEntries(valuesIn(ost.params)), mount.params);
    assert.equal(ost.description, mount.description);
    assert.deepEqual(
      ost.operations.map(({ name, intervalMs, timeoutMs, role, onFail }) => [
        name,
        intervalMs,
        timeoutMs,
        role,
        onFail,
      ]),
      [
        ['start', 0, 450_000, undefined, undefined],
        ['monitor', 120_000, 60_000, undefined, 'fence'],
        ['monitor', 121_000, 60_000, 'Stopped', undefined],
      ],
    );
    assert.deepEqual(
      cib.constraints.map(({ kind, id }) => `${kind} ${id}`),
      constraints.map(({ kind, id }) => `${kind} ${id}`),
    );
    assert.deepEqual(
      cib.fencingLevels.map(({ index, devices }) => [index, devices]),
      [
        [1, ['fence-oss1']],
        [2, ['fence-oss2', 'fence-oss1']],
      ],
    );
  });

  it('is added to one that is there, which stays as it was', () => {
    const document = fixture('two-node');
    const before = formatXml(document).split('\n');
    addToCib(document, {
      properties: { 'no-quorum-policy': 'freeze', 'stonith-timeout': '90s' },
      resourceDefaults: { 'resource-stickiness': '5' },
      resources: [{ ...ip, id: 'ip1' }],
      constraints: [{ kind: 'location', id: 'new-one', resource: 'ip1', prefer: { node: 'oss2', score: -5 } }],
      fencingLevels: [{ target: 'oss2', index: 1, devices: ['fence-oss1'] }],
    });
    const now = formatXml(document).split('\n');
    const old = `        <nvpair name='no-quorum-policy'  id='cib-bootstrap-options-no-quorum-policy' value='stop' />`;
    assert.deepEqual(
      before.filter((line) => !now.includes(line)),
      [old, before.find((line) => line.includes('rsc-options-migration'))],
    );
    assert.deepEqual(
      now.filter((line) => !before.includes(line) && !line.includes('rsc-options')).map((line) => line.trimEnd()),
      [
        old.replace('stop', 'freeze'),
        '        <nvpair id="cib-bootstrap-options-stonith-timeout" name="stonith-timeout" value="90s"/>',
        '      <primitive id="ip1" class="ocf" provider="heartbeat" type="IPaddr2">',
        '        <instance_attributes id="ip1-instance_attributes">',
        '          <nvpair id="ip1-instance_attributes-ip" name="ip" value="10.0.0.5"/>',
        '      <rsc_location id="new-one" rsc="ip1" node="oss2" score="-5"/>',
        '      <fencing-level id="fl-oss2-1" target="oss2" index="1" devices="fence-oss1"/>',
      ],
    );
  });

  it('is refused where Pacemaker would not take it, before anything was changed', () => {
    refused(alone({ id: 'ost0' }), /the id ost0 is there already/);
    refused(alone({ id: '0st' }), /"0st" cannot be an id/);
    refused(alone({ id: 'a b' }), /cannot be an id/);
    refused(alone({ agent: 'IPaddr2' }), /the agent "IPaddr2" of ip0 cannot be understood/);
    refused(alone({ id: 'ip9', params: { a: '\0' } }), /U\+0000/);
    const twice = [
      { name: 'monitor', interval: '60s' },
      { name: 'monitor', interval: '1min', role: 'Stopped' },
    ];
    refused(alone({ id: 'ip9', operations: twice }), /ip9 has the operation monitor twice with the interval 1min/);
    refused({ properties: { x: '\u0007' } }, /U\+0007/);
    refused({ properties: { '': 'x' } }, /a parameter has no name/);
    refused({ resources: [{ kind: 'group', id: 'none', members: [] }] }, /the group none has no members/);
    refused({ fencingLevels: [{ target: 'a', index: 10, devices: ['x'] }] }, /level 10 of a is not 1 to 9/);
    refused({ fencingLevels: [{ target: 'a', index: 1, devices: [] }] }, /no devices/);
    refused({ fencingLevels: [{ target: 'a', index: 1, devices: ['a,b'] }] }, /the device a,b/);
    const rules = (expressions: PlainExpression[]): PlainCib => ({
      constraints: [{ kind: 'location', id: 'x', resource: 'ost0', prefer: { rules: [{ score: 1, expressions }] } }],
    });
    const dated = (operation: 'gt' | 'lt' | 'in_range', start?: string): PlainExpression[] => [
      { kind: 'date', operation, ...(start === undefined ? {} : { start }) },
    ];
    refused(rules(dated('gt')), /says gt without its start/);
    refused(rules(dated('in_range', '2026-01-01')), /says in_range without its end/);
    refused(rules([]), /a rule of x has no expressions/);
    refused(
      { constraints: [{ kind: 'location', id: 'x', resource: 'a', prefer: { rules: [] } }] },
      /neither a node nor a rule/,
    );
    refused(
      { constraints: [{ kind: 'location', id: 'x', resource: 'a', prefer: { node: 'a', score: 1.5 } }] },
      /the score 1.5 of x/,
    );
  });
});
