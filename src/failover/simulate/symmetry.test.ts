import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { parseFault } from './fault.ts';
import { type SampleOptions, sampleWorld } from './sample.ts';
import { symmetryOf } from './symmetry.ts';

function keys(options: SampleOptions = {}) {
  const world = sampleWorld(options);
  const symmetry = symmetryOf(world);
  const fault = (text: string) => parseFault(text, world);
  return {
    one: (text: string) => symmetry.keyOf(fault(text)),
    two: (a: string, b: string) => symmetry.keyOfPair(fault(a), fault(b)),
    part: (text: string) => symmetry.partOf(fault(text)),
  };
}

describe('faults that differ by names only', () => {
  it('have one key, alone and in pairs', () => {
    const { one, two } = keys();
    assert.equal(one('dies:n1'), one('dies:n2'));
    assert.equal(one('start:mdt0'), one('start:ost0'));
    assert.equal(two('dies:n1', 'stop:ost0'), two('stop:mdt0', 'dies:n2'));
    assert.equal(two('dies:n1', 'fence:fence-n1'), two('dies:n2', 'fence:fence-n2'));
  });

  it('have two where they hit each other otherwise', () => {
    const { one, two } = keys();
    assert.notEqual(two('dies:n1', 'stop:mdt0'), two('dies:n1', 'stop:ost0'));
    assert.notEqual(two('dies:n1', 'fence:fence-n1'), two('dies:n1', 'fence:fence-n2'));
    assert.notEqual(one('dies:n1'), one('standby:n1'));
  });

  it('have two where anything else differs', () => {
    const order = { kind: 'order', id: 'o', first: 'mdt0', next: 'ost0' } as const;
    const ordered = keys({ constraints: [order] });
    assert.notEqual(ordered.one('dies:n1'), ordered.one('dies:n2'));
    const delayed = keys({ fence: { pcmk_delay_base: '5s' } });
    assert.notEqual(delayed.one('dies:n1'), delayed.one('dies:n2'));
  });

  it('are in parts only where resources may not run everywhere', () => {
    const nodes = ['n1', 'n2', 'n3', 'n4'];
    assert.equal(keys({ nodes }).part('dies:n1'), undefined);
    const closed = keys({ nodes, properties: { 'symmetric-cluster': 'false' } });
    assert.notEqual(closed.part('monitor:mdt0'), closed.part('monitor:ost0'));
    assert.equal(closed.part('monitor:mdt0'), closed.part('dies:n1'));
    assert.equal(closed.part('quorum'), undefined);
    assert.equal(closed.part('fence:fence-n1'), undefined);
  });
});
