import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { agentOf, booleanOf, countOf, reasonOf, roleOf, timeOf } from './values.ts';

describe('values of Pacemaker', () => {
  it('are true, false or neither', () => {
    assert.deepEqual(['true', 'on', 'Yes', '1'].map(booleanOf), [true, true, true, true]);
    assert.deepEqual(['false', 'off', 'no', '0'].map(booleanOf), [false, false, false, false]);
    assert.deepEqual([undefined, '', 'maybe'].map(booleanOf), [undefined, undefined, undefined]);
  });

  it('are counts, endless ones too', () => {
    assert.deepEqual(['3', '-7', 'INFINITY', '-INFINITY', '+INFINITY', 'x', undefined].map(countOf), [
      3,
      -7,
      1_000_000,
      -1_000_000,
      1_000_000,
      undefined,
      undefined,
    ]);
  });

  it('are times, of which only those with a zone are instants', () => {
    const ms = Date.UTC(2026, 10, 21, 19, 1, 2);
    assert.equal(timeOf('2026-11-21 20:01:02 +01:00')?.ms, ms);
    assert.equal(timeOf('2026-11-21 20:01:02.123456 +0100')?.ms, ms);
    assert.equal(timeOf('2026-11-21 19:01:02Z')?.ms, ms);
    assert.deepEqual(timeOf('Sat Nov 21 20:01:02 2026'), { text: 'Sat Nov 21 20:01:02 2026', ms: undefined });
    assert.equal(timeOf('2026-99-21 19:01:02Z')?.ms, undefined);
    assert.equal(timeOf(' '), undefined);
  });

  it('are roles, agents and reasons as 2.1 writes them', () => {
    assert.deepEqual(['Master', 'Slave', 'Promoted', 'started', 'Odd'].map(roleOf), [
      'Promoted',
      'Unpromoted',
      'Promoted',
      'Started',
      'Unknown',
    ]);
    assert.equal(agentOf('ocf::heartbeat:IPaddr2'), 'ocf:heartbeat:IPaddr2');
    assert.equal(reasonOf('no &lt;x&gt;\\nat all  '), 'no <x> at all');
  });
});
