import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { newNotebook } from './model.ts';
import { planTimes, seconds } from './times.ts';

const timed = (ms: number | undefined) => ({ ms, place: undefined });

function plan(deadtimeMs: number | undefined, { nodes = 2, initdeadMs = 0, options = {} } = {}) {
  const notebook = newNotebook();
  const old = {
    keepalive: timed(2000),
    warntime: timed(1000),
    deadtime: timed(deadtimeMs),
    initdead: timed(initdeadMs),
  };
  return { ...planTimes(old, { nodes, options, notebook }), notebook };
}

describe('deadtime', () => {
  it('becomes token and consensus together', () => {
    assert.equal(plan(11_000).tokenMs, 5_000);
    assert.equal(plan(11_000).lostAfterMs, 11_000);
    assert.equal(plan(undefined).tokenMs, 10_000, 'Heartbeat takes 30 s');
  });

  it('never becomes a token that stops the service for minutes, or shoots at a pause', () => {
    assert.equal(plan(90_000).tokenMs, 10_000);
    assert.equal(plan(90_000).lostAfterMs, 22_000);
    assert.match(plan(90_000).notebook.explanations[0]!.why, /90s.*198s/);
    assert.equal(plan(500).tokenMs, 1_000);
    assert.match(plan(500).notebook.explanations[0]!.why, /1s would shoot/);
  });

  it('leaves out what corosync adds for more nodes', () => {
    const { tokenMs, lostAfterMs } = plan(11_000, { nodes: 4 });
    assert.equal(tokenMs, 5_000 - 2 * 650);
    assert.equal(lostAfterMs, 11_000);
  });

  it('is within its bounds, and no later than before unless at the least', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 3_600_000 }), fc.integer({ min: 2, max: 32 }), (deadtimeMs, nodes) => {
        const { tokenMs, lostAfterMs } = plan(deadtimeMs, { nodes });
        assert.ok(tokenMs >= 1_000 && tokenMs <= 10_000 && tokenMs % 50 === 0, `${tokenMs}`);
        if (tokenMs > 1_000) assert.ok(lostAfterMs <= deadtimeMs, `${lostAfterMs} > ${deadtimeMs}`);
      }),
    );
  });

  it('gives way to a token that was asked for', () =>
    assert.equal(plan(90_000, { options: { tokenMs: 3_000 } }).tokenMs, 3_000));
});

describe('starting alone', () => {
  it('waits for the peer unless asked otherwise', () => {
    const { waitForAll, dcDeadtimeMs } = plan(10_000, { initdeadMs: 120_000 });
    assert.deepEqual([waitForAll, dcDeadtimeMs], [true, undefined]);
  });

  it('waits for initdead, at least for what Pacemaker waits', () => {
    const alone = (initdeadMs: number) => plan(10_000, { initdeadMs, options: { startsAlone: true } });
    assert.equal(alone(120_000).waitForAll, false);
    assert.equal(alone(120_000).dcDeadtimeMs, 120_000);
    assert.equal(alone(5_000).dcDeadtimeMs, 20_000);
  });

  it('is left to the majority of three', () => assert.equal(plan(10_000, { nodes: 3 }).waitForAll, undefined));
});

it('seconds are told short', () =>
  assert.deepEqual([1000, 1500, 2180, 733].map(seconds), ['1s', '1.5s', '2.18s', '0.73s']));
