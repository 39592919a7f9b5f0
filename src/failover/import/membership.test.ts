import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { heartbeat } from '../../cluster.ts';
import { planMembership } from './membership.ts';
import { newNotebook } from './model.ts';

function plan(lines: string[], { given = {}, resolved = {} }: { given?: object; resolved?: object } = {}) {
  const { media } = heartbeat.settingsOf(heartbeat.parseHaCf(lines.join('\n')));
  const notebook = newNotebook();
  const nodes = planMembership(
    {
      nodes: ['a', 'b'],
      media,
      given: given as Record<string, string[]>,
      resolved: resolved as Record<string, string[]>,
    },
    notebook,
  );
  return { addresses: nodes.map(({ addresses }) => addresses), ...notebook };
}

const UCAST = ['ucast eth0 10.0.0.12', 'ucast eth0 10.0.0.11', 'ucast eth1 10.1.0.11', 'ucast eth1 10.1.0.12'];

describe('addresses', () => {
  it('of ucast lines are those to which the names lead', () => {
    const { addresses, unmapped } = plan(UCAST.slice(0, 2), {
      resolved: { a: ['10.0.0.11', '::1'], b: ['10.0.0.12'] },
    });
    assert.deepEqual(addresses, [['10.0.0.11'], ['10.0.0.12']]);
    assert.deepEqual(unmapped, []);
  });

  it('of one node that is known leave the other for the other', () => {
    assert.deepEqual(plan(UCAST.slice(0, 2), { resolved: { a: ['10.0.0.11'] } }).addresses, [
      ['10.0.0.11'],
      ['10.0.0.12'],
    ]);
  });

  it('of further links go by their last part, which is told', () => {
    const { addresses, explanations } = plan(UCAST, { resolved: { a: ['10.0.0.11'] } });
    assert.deepEqual(addresses, [
      ['10.0.0.11', '10.1.0.11'],
      ['10.0.0.12', '10.1.0.12'],
    ]);
    assert.match(explanations.at(-1)!.why, /Check it/);
  });

  it('are never guessed over', () => {
    const odd = ['ucast eth1 10.1.0.21', 'ucast eth1 10.1.0.22'];
    const { addresses, unmapped } = plan([...UCAST.slice(0, 2), ...odd], { resolved: { a: ['10.0.0.11'] } });
    assert.deepEqual(addresses, [['10.0.0.11'], ['10.0.0.12']]);
    assert.deepEqual(
      unmapped.map(({ what }) => what),
      ['link eth1'],
    );
    // Nothing is known of either node.
    assert.deepEqual(plan(UCAST).addresses, [['a'], ['b']]);
    assert.deepEqual(
      plan(UCAST).unmapped.map(({ what }) => what),
      ['link eth1'],
    );
  });

  it('of a single ucast line, which names only the peer, are not enough', () => {
    assert.deepEqual(plan(['ucast eth0 10.0.0.12'], { resolved: { b: ['10.0.0.12'] } }).addresses, [['a'], ['b']]);
  });

  it('that were given are taken as they are, and a link less is told', () => {
    const { addresses, unmapped } = plan(['bcast eth0 ib0'], { given: { a: ['10.0.0.1'], b: ['10.0.0.2'] } });
    assert.deepEqual(addresses, [['10.0.0.1'], ['10.0.0.2']]);
    assert.match(unmapped[0]!.why, /fewer links than before/);
  });
});

describe('links', () => {
  it('are one for each device, whatever travels on it', () => {
    const given = { a: ['10.0.0.1'], b: ['10.0.0.2'] };
    assert.deepEqual(plan(['bcast eth0', 'mcast eth0 239.0.0.1 694 1 0'], { given }).unmapped, []);
  });

  it('over a serial line have no equivalent', () => {
    const { unmapped, addresses } = plan(['serial /dev/ttyS0']);
    assert.deepEqual(
      unmapped.map(({ what }) => what),
      ['serial /dev/ttyS0'],
    );
    assert.deepEqual(addresses, [['a'], ['b']]);
  });
});
