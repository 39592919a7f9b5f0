import assert from 'node:assert/strict';
import { after, describe, it } from 'node:test';
import { describePeer } from '../../../test/peers.ts';
import { cib, simulator } from '../../cluster.ts';
import { systemProcesses } from '../../host.ts';
import { everyFaultSet, simulateEach } from './all.ts';
import { formatFault } from './fault.ts';
import type { Outcome } from './model.ts';
import { endProbes } from './quick.ts';
import { sampleCib } from './sample.ts';
import { openWorld } from './world.ts';

const STATUS = ['n1', 'n2'].map(
  (name, at) =>
    `<node_state id="${at + 1}" uname="${name}" in_ccm="true" crmd="online" join="member" expected="member"/>`,
);

describe('leaving out probes', () => {
  const left = (...operations: string[]): boolean => leftOf(sampleCib(), operations);
  const leftOf = (configuration: string, operations: readonly string[], kind = 'ocf'): boolean => {
    const list = operations.map((each) => `<lrm_rsc_op ${each}/>`).join('');
    const text = configuration.replace(
      '<status/>',
      `<status><node_state id="1" uname="n1"><lrm id="1"><lrm_resources><lrm_resource id="a" class="${kind}">${list}</lrm_resource></lrm_resources></lrm></node_state></status>`,
    );
    assert.match(text, /lrm_resource id="a"/);
    const document = cib.parseXml(text, 'sample');
    endProbes(document);
    return !cib.formatXml(document).includes('lrm_resource id="a"');
  };
  const probe = (code: number): string => `operation="monitor" interval="0" op-status="0" rc-code="${code}"`;

  it('goes by what they found: nothing', () => {
    assert.ok(left(probe(7)));
    for (const code of [0, 5, 8, 9]) assert.ok(!left(probe(code)), `${code}`);
    assert.ok(!left(probe(7).replace('op-status="0"', 'op-status="4"')));
    assert.ok(!left(probe(7).replace('interval="0"', 'interval="10000"')));
    assert.ok(!left(probe(7).replace('"monitor"', '"stop"')));
    assert.ok(!left(probe(7), probe(0)));
    assert.ok(!left());
  });

  it('stays away from what may start without fencing', () => {
    assert.ok(!leftOf(sampleCib(), [probe(7)], 'stonith'));
    const free = sampleCib().replace(
      '</configuration>',
      '<rsc_defaults><meta_attributes id="m"><nvpair id="r" name="requires" value="quorum"/></meta_attributes></rsc_defaults></configuration>',
    );
    assert.ok(!leftOf(free, [probe(7)]));
  });

  it('holds whatever the properties said of it, in any set', () => {
    const said = '<nvpair id="x" name="enable-startup-probes" value="true"/>';
    const text = sampleCib({ properties: { 'enable-startup-probes': 'yes' } }).replace(
      '</crm_config>',
      `<cluster_property_set id="second">${said}</cluster_property_set></crm_config>`,
    );
    const document = cib.parseXml(text, 'sample');
    endProbes(document);
    assert.deepEqual(
      [...cib.formatXml(document).matchAll(/name="enable-startup-probes" value="(\w+)"/g)].map(([, value]) => value),
      ['false', 'false'],
    );
  });
});

describePeer('the shorter CIB', ['crm_simulate'], () => {
  const opening = simulator.openSimulator({ processes: systemProcesses });
  after(async () => await (await opening)[Symbol.asyncDispose]());

  it('comes to the same as the whole, whatever fails', async () => {
    const { run } = await opening;
    // With a status of its own, so that the probes are on record.
    const cibText = sampleCib()
      .replace('<cib ', '<cib have-quorum="1" ')
      .replace('<status/>', `<status>${STATUS.join('')}</status>`);
    const world = await openWorld({ cibText, file: 'sample' }, await opening);
    const probes = (text: string): number => [...text.matchAll(/operation="monitor"[^>]*rc-code="7"/g)].length;
    assert.ok(probes(world.cibText) >= 4);
    // Of the two fence devices each was not found on the other node.
    assert.ok(probes(world.quickText) < probes(world.cibText));
    const sets = everyFaultSet(world).filter((_, at) => at < 12 || at % 4 === 0);
    const whole = await Array.fromAsync(
      simulateEach({ ...world, quickText: world.cibText }, sets, { run, width: 2 }),
      plainOf,
    );
    const quick = await Array.fromAsync(simulateEach(world, sets, { run, width: 2 }), plainOf);
    assert.ok(sets.length > 30);
    assert.deepEqual(quick, whole);
  });
});

/** The order of steps that do not wait for each other is chance. */
function plainOf(outcome: Outcome) {
  const steps = outcome.steps.map((step) => JSON.stringify(step)).toSorted();
  return { ...outcome, told: outcome.faults.map(formatFault).join(' '), steps };
}
