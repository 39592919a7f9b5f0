import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { cib } from '../../cluster.ts';
import { parseFault } from './fault.ts';
import { planSimulation } from './plan.ts';
import { sampleWorld } from './sample.ts';

function plan(words: string, nodes?: string[]) {
  const world = sampleWorld(nodes === undefined ? {} : { nodes });
  const faults = words.split(' ').map((word) => parseFault(word, world));
  return planSimulation(world, faults);
}

describe('how faults are put to the scheduler', () => {
  it('fails the node that dies', () => {
    const { views, off } = plan('dies:n1');
    assert.deepEqual(
      views.map(({ nodes, failedNodes, isQuorate }) => ({ nodes, failedNodes, isQuorate })),
      [{ nodes: ['n2'], failedNodes: ['n1'], isQuorate: true }],
    );
    assert.ok(off.has('n1'));
  });

  it('gives a cut two views, of which only one of three has votes enough', () => {
    assert.deepEqual(
      plan('cut:n1').views.map(({ nodes, isQuorate }) => [nodes, isQuorate]),
      [
        [['n2'], true],
        [['n1'], true],
      ],
    );
    const three = plan('cut:n1', ['n1', 'n2', 'n3']);
    assert.deepEqual(
      three.views.map(({ nodes, isQuorate }) => [nodes, isQuorate]),
      [
        [['n2', 'n3'], true],
        [['n1'], false],
      ],
    );
    assert.equal(plan('cut:n1 dies:n1').views.length, 1);
    assert.equal(plan('dies:n1 dies:n2').views.length, 0);
  });

  it('writes quorum and standby into the CIB', () => {
    const { cibTextOf, views, changes } = plan('standby:n1 quorum');
    const document = cib.parseXml(cibTextOf(views[0]!), 'cib');
    const read = cib.readCib(document);
    assert.equal(read.hasQuorum, false);
    assert.equal(cib.valueIn(read.nodes[0]!.attributes, 'standby'), 'on');
    assert.deepEqual(changes, ['standby=on for n1', 'have-quorum=0']);
  });

  it('injects what a monitor finds, and fails what is tried then', () => {
    const view = plan('stop:mdt0').views[0]!;
    assert.deepEqual(view.injected, ['mdt0_monitor_10000@n1=7']);
    assert.deepEqual(view.failing, ['mdt0_stop_0@n1=1']);
    assert.deepEqual(plan('monitor:mdt0').views[0]!.failing, []);
  });

  it('lets a start fail where it is tried when its node is gone or in standby', () => {
    assert.deepEqual(plan('start:mdt0 dies:n1').views[0]!.failing, ['mdt0_start_0@n2=1']);
    assert.deepEqual(plan('start:mdt0 standby:n1').views[0]!.failing, ['mdt0_start_0@n2=1']);
    assert.deepEqual(plan('stop:mdt0 dies:n1').views[0]!.failing, []);
    assert.deepEqual(plan('stop:mdt0 standby:n1').views[0]!.failing, ['mdt0_stop_0@n1=1']);
  });

  it('changes nothing for a dead fence device, which no scheduler knows of', () => {
    const { dead, views, changes, cibTextOf } = plan('fence:fence-n1');
    assert.deepEqual([...dead], ['fence-n1']);
    assert.equal(changes.length, 1);
    assert.doesNotMatch(cibTextOf(views[0]!), /standby/);
  });
});
