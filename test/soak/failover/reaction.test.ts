import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { judgeMoment } from './reaction.ts';

describe('waiting for a cluster to react', () => {
  const at = (sinceFaultS: number, sinceChangeS: number, isExpected: boolean) =>
    judgeMoment({ sinceFaultMs: sinceFaultS * 1000, sinceChangeMs: sinceChangeS * 1000, isExpected });

  it('takes nothing for a reaction that comes before a fault can be noticed', () => {
    assert.equal(at(10, 60, true), 'wait');
  });

  it('asks soon when all is where it should go, and later when not', () => {
    assert.equal(at(12, 1, true), 'wait');
    assert.equal(at(12, 3, true), 'ask');
    assert.equal(at(12, 8, false), 'wait');
    assert.equal(at(13, 13, false), 'ask');
  });

  it('does not count a rest from before the fault', () => {
    assert.equal(at(11.5, 500, false), 'wait');
  });

  it('outlasts a mount that waits for its disk, but not for ever', () => {
    assert.equal(at(59, 59, true), 'ask');
    assert.equal(at(61, 61, true), 'over');
    assert.equal(at(179, 1, false), 'wait');
    assert.equal(at(180, 1, false), 'over');
  });
});
