import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { DUE, done, newLedger, newRun } from './sample-runs.ts';

describe('points', () => {
  test('are numbered for each plan, by backups with a snapshot only', async () => {
    using ledger = await newLedger();
    const numbers = [
      done(ledger, {}, { snapshotId: 'a' }),
      done(ledger, {}, { status: 'failed' }),
      done(ledger, {}, { status: 'failed', snapshotId: 'b' }),
      done(ledger, {}, { status: 'interrupted', snapshotId: 'c' }),
      done(ledger, {}, { status: 'success' }),
      done(ledger, {}, { status: 'incomplete', snapshotId: 'd' }),
      done(ledger, { subject: 'home' }, { snapshotId: 'e' }),
      done(ledger, { kind: 'prune' }, { snapshotId: 'f' }),
      done(ledger, {}, { snapshotId: 'g' }),
    ].map(({ sequence }) => sequence);
    assert.deepEqual(numbers, [1, undefined, 2, 3, undefined, 4, 1, undefined, 5]);
    assert.deepEqual(
      [...ledger.points('etc')],
      [
        ['a', { sequence: 1, isGood: true }],
        ['b', { sequence: 2, isGood: false }],
        ['c', { sequence: 3, isGood: false }],
        ['d', { sequence: 4, isGood: false }],
        ['g', { sequence: 5, isGood: true }],
      ],
    );
    assert.deepEqual([...ledger.points('none')], []);
  });

  test('keep their numbers when their runs are forgotten', async () => {
    using ledger = await newLedger();
    for (const snapshotId of ['a', 'b', 'c']) done(ledger, {}, { snapshotId });
    ledger.forgetRuns(DUE * 2);
    assert.deepEqual(
      ledger.runs({}).map(({ id, sequence }) => [id, sequence]),
      [[3, 3]],
    );
    assert.deepEqual(
      [...ledger.points('etc')],
      [
        ['a', { sequence: 1, isGood: true }],
        ['b', { sequence: 2, isGood: true }],
        ['c', { sequence: 3, isGood: true }],
      ],
    );
    const next = done(ledger, {}, { snapshotId: 'd' });
    assert.deepEqual([next.id, next.sequence], [4, 4]);
  });
});

describe('forgetting', () => {
  test('removes what is old, and says which logs are left over', async () => {
    using ledger = await newLedger();
    done(ledger, { startedMs: 10, logFile: '/log/1' }, { status: 'failed' });
    done(ledger, { startedMs: 20 }, { status: 'lost' });
    done(ledger, { startedMs: 30, logFile: '/log/3' });
    done(ledger, { startedMs: 40, logFile: '/log/4' });
    done(ledger, { startedMs: 100, logFile: '/log/5' });
    assert.deepEqual(ledger.forgetRuns(40), ['/log/1', '/log/3']);
    assert.deepEqual(
      ledger.runs({}).map(({ id }) => id),
      [5, 4],
    );
    assert.deepEqual(ledger.forgetRuns(40), []);
  });

  test('keeps the newest success and the newest run of each kind and subject', async () => {
    using ledger = await newLedger();
    const kept = [
      done(ledger, { startedMs: 1 }).id,
      done(ledger, { startedMs: 1, subject: 'home' }).id,
      done(ledger, { startedMs: 1, kind: 'verify' }).id,
    ];
    done(ledger, { startedMs: 2 }, { status: 'failed' });
    done(ledger, { startedMs: 2 }, { status: 'incomplete', snapshotId: 'a' });
    kept.push(done(ledger, { startedMs: 3 }, { status: 'failed' }).id);
    kept.push(done(ledger, { startedMs: 3, subject: 'never' }, { status: 'failed' }).id);
    ledger.forgetRuns(1000);
    assert.deepEqual(
      ledger
        .runs({})
        .map(({ id }) => id)
        .reverse(),
      kept,
    );
  });

  test('keeps what is running, and all of a plan of which something is held, until it is released', async () => {
    using ledger = await newLedger();
    done(ledger, { startedMs: 1, logFile: '/log/before' }, { snapshotId: 'z' });
    const held = done(ledger, { startedMs: 1, logFile: '/log/held' }, { snapshotId: 'a' });
    ledger.hold({ runId: held.id, plan: 'etc', snapshotId: 'a', reasons: ['half the files'], heldMs: 2 });
    done(ledger, { startedMs: 3 }, { snapshotId: 'b' });
    ledger.beginRun(newRun({ startedMs: 1, subject: 'home' }));
    assert.deepEqual(ledger.forgetRuns(1000), []);
    assert.equal(ledger.holds('etc').length, 1);
    ledger.release(held.id, 'alice', 5);
    assert.deepEqual(ledger.forgetRuns(1000), ['/log/before', '/log/held']);
    assert.equal(ledger.holds('etc')[0]!.releasedBy, 'alice', 'its snapshot says for ever that it was held');
  });

  test('removes notices sent before as well', async () => {
    using ledger = await newLedger();
    for (const sentMs of [1, 2, 3]) ledger.noteSent({ target: 'mail', key: 'failure etc', sentMs, isDelivered: true });
    ledger.forgetRuns(3);
    assert.deepEqual(
      ledger.sent({ sinceMs: 0 }).map(({ sentMs }) => sentMs),
      [3],
    );
  });
});
