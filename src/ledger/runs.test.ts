import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { hasCode } from '../base/errors.ts';
import type { Ledger, RunOutcome } from './model.ts';
import { DUE, done, newLedger, newRun } from './sample-runs.ts';

describe('a run', () => {
  test('is kept as it was begun, and as it ended', async () => {
    using ledger = await newLedger();
    const begun = newRun({ dueMs: DUE, trigger: 'catch-up', logFile: '/var/log/holdfast/1.log' });
    const running = ledger.beginRun(begun);
    const nothing = { endedMs: undefined, figures: {}, snapshotId: undefined, sequence: undefined, notes: [] };
    const noError = { errorCode: undefined, errorText: undefined };
    assert.deepEqual(running, { id: 1, ...begun, status: 'running', ...nothing, ...noError });
    assert.deepEqual(ledger.run(1), running);
    const figures = {
      files: 1,
      bytes: 2 ** 52,
      filesChanged: 0,
      bytesAdded: 4,
      bytesStored: 5,
      bytesVerified: 6,
      problems: 7,
      vaultBytes: 8,
    };
    const outcome: RunOutcome = {
      status: 'incomplete',
      endedMs: DUE + 5000,
      figures,
      snapshotId: 'ab'.repeat(32),
      errorCode: 'incomplete',
      errorText: "could not read '/etc/shadow'",
      notes: ['first', 'zweite Zeile ⚠'],
    };
    const ended = ledger.endRun(1, outcome);
    assert.deepEqual(ended, { ...running, ...outcome, sequence: 1 });
    assert.deepEqual(ledger.run(1), ended);
    assert.equal(ledger.run(2), undefined);
  });

  test('keeps only the figures that are known', async () => {
    using ledger = await newLedger();
    assert.deepEqual(done(ledger, {}, { figures: { bytes: 0, problems: 3 } }).figures, { bytes: 0, problems: 3 });
  });

  test('ends once', async () => {
    using ledger = await newLedger();
    const { id } = done(ledger);
    const again = () => ledger.endRun(id, { status: 'failed', endedMs: DUE });
    assert.throws(
      again,
      (error) => hasCode(error, 'run-missing') && /run 1 is not running any more: success/.test(error.message),
    );
    assert.throws(() => ledger.endRun(7, { status: 'failed', endedMs: DUE }), /no such run: run 7$/);
    assert.equal(ledger.run(id)!.status, 'success');
  });

  test('is refused when it makes no sense, and leaves nothing', async () => {
    using ledger = await newLedger();
    assert.throws(() => ledger.beginRun(newRun({ subject: '' })), /CHECK constraint/);
    assert.throws(() => ledger.beginRun(newRun({ kind: 'nap' as 'backup' })), /CHECK constraint/);
    assert.throws(() => ledger.beginRun(newRun({ startedMs: 0.5 })), /cannot store REAL/);
    const { id } = ledger.beginRun(newRun());
    const negative: RunOutcome = { status: 'success', endedMs: 1, snapshotId: 'a', figures: { bytes: -1 } };
    assert.throws(() => ledger.endRun(id, negative), /CHECK constraint/);
    assert.throws(() => ledger.endRun(id, { status: 'success', endedMs: 1, snapshotId: '' }), /CHECK constraint/);
    assert.deepEqual([ledger.runs({}).length, ledger.run(id)!.status, ledger.points('etc').size], [1, 'running', 0]);
  });
});

describe('one time of the schedule', () => {
  for (const status of ['success', 'incomplete', 'failed'] as const)
    test(`is done with a run that was ${status}`, async () => {
      using ledger = await newLedger();
      done(ledger, { dueMs: DUE }, { status });
      const again = () => ledger.beginRun(newRun({ dueMs: DUE, trigger: 'retry' }));
      const words = `backup of etc due 2026-01-05T02:00:00.000Z is run 1 (${status})`;
      assert.throws(again, (error) => hasCode(error, 'run-exists') && error.message.endsWith(words));
      assert.equal(ledger.beginRun(newRun({ dueMs: DUE + 1 })).id, 2);
    });

  test('is begun again when its run was stopped', async () => {
    using ledger = await newLedger();
    done(ledger, { dueMs: DUE }, { status: 'interrupted' });
    done(ledger, { dueMs: DUE, trigger: 'retry' });
    assert.deepEqual(
      ledger.runs({ dueMs: DUE }).map(({ status }) => status),
      ['success', 'interrupted'],
    );
  });

  test('is begun again when its run was lost', async () => {
    using ledger = await newLedger();
    ledger.beginRun(newRun({ dueMs: DUE }));
    assert.throws(
      () => ledger.beginRun(newRun({ dueMs: DUE })),
      (error) => hasCode(error, 'run-exists'),
    );
    ledger.sweepLost(() => false, DUE);
    done(ledger, { dueMs: DUE, trigger: 'retry' });
    assert.throws(
      () => ledger.beginRun(newRun({ dueMs: DUE })),
      (error) => hasCode(error, 'run-exists'),
    );
    assert.deepEqual(
      ledger.runs({ dueMs: DUE }).map(({ status }) => status),
      ['success', 'lost'],
    );
  });

  test('is one of its kind and subject only', async () => {
    using ledger = await newLedger();
    done(ledger, { dueMs: DUE });
    assert.equal(done(ledger, { dueMs: DUE, subject: 'home' }).id, 2);
    assert.equal(done(ledger, { dueMs: DUE, kind: 'verify' }).id, 3);
  });
});

test('one run of a subject at a time', async () => {
  using ledger = await newLedger();
  ledger.beginRun(newRun({ process: 'p7' }));
  const busy = /plan is under way: backup of etc is under way since 2026-01-05T02:00:01.000Z: run 1 of process p7$/;
  assert.throws(
    () => ledger.beginRun(newRun()),
    (error) => hasCode(error, 'plan-busy') && busy.test(error.message),
  );
  assert.equal(ledger.beginRun(newRun({ kind: 'verify' })).status, 'running');
  ledger.endRun(1, { status: 'failed', endedMs: DUE });
  assert.equal(ledger.beginRun(newRun()).id, 3);
});

describe('runs are found', () => {
  test('by what is asked, the newest first', async () => {
    using ledger = await newLedger();
    done(ledger, { dueMs: DUE, startedMs: DUE });
    done(ledger, { subject: 'home', startedMs: DUE + 10 }, { status: 'failed' });
    done(ledger, { kind: 'verify', subject: 'offsite', startedMs: DUE + 20 });
    // The clock was set back: later, but of an earlier time.
    done(ledger, { startedMs: DUE - 50 }, { status: 'incomplete' });
    const ids = (query: Parameters<Ledger['runs']>[0]) => ledger.runs(query).map(({ id }) => id);
    assert.deepEqual(ids({}), [4, 3, 2, 1]);
    assert.deepEqual(ids({ limit: 2 }), [4, 3]);
    assert.deepEqual(ids({ limit: 0 }), []);
    assert.deepEqual(ids({ kind: 'backup' }), [4, 2, 1]);
    assert.deepEqual(ids({ kind: 'backup', subject: 'etc', limit: 1 }), [4]);
    assert.deepEqual(ids({ subject: "etc' OR 1" }), []);
    assert.deepEqual(ids({ statuses: ['success', 'failed'] }), [3, 2, 1]);
    assert.deepEqual(ids({ statuses: [] }), []);
    assert.deepEqual(ids({ dueMs: DUE }), [1]);
    assert.deepEqual(ids({ sinceMs: DUE + 10 }), [3, 2]);
  });

  test('by any text that names a subject', async () => {
    using ledger = await newLedger();
    const subjects = fc.uniqueArray(fc.string({ minLength: 1, unit: 'grapheme' }), { maxLength: 8 });
    fc.assert(
      fc.property(subjects, (names) => {
        const ids = names.map((subject) => [subject, done(ledger, { subject }).id] as const);
        for (const [subject, id] of ids) assert.equal(ledger.runs({ subject, limit: 1 })[0]!.id, id);
      }),
      { numRuns: 50 },
    );
  });
});

test('runs of processes that are gone are lost, with the rest left alone', async () => {
  using ledger = await newLedger();
  done(ledger, { process: 'gone' });
  ledger.beginRun(newRun({ process: 'gone', subject: 'home' }));
  ledger.beginRun(newRun({ process: 'alive' }));
  assert.deepEqual(
    ledger.sweepLost(() => true, DUE),
    [],
  );
  const asked: string[] = [];
  const lost = ledger.sweepLost((process) => {
    asked.push(process);
    return process !== 'gone';
  }, DUE + 7);
  assert.deepEqual(asked.sort(), ['alive', 'gone']);
  assert.deepEqual(
    lost.map(({ id, status, endedMs }) => [id, status, endedMs]),
    [[2, 'lost', DUE + 7]],
  );
  assert.deepEqual(
    ledger.runs({}).map(({ status }) => status),
    ['running', 'lost', 'success'],
  );
  assert.throws(() => ledger.endRun(2, { status: 'success', endedMs: DUE }), /run 2 is not running any more: lost/);
});

test('a run that ends while its process is asked after is not lost', async () => {
  using ledger = await newLedger();
  const { id } = ledger.beginRun(newRun());
  const lost = ledger.sweepLost(() => {
    ledger.endRun(id, { status: 'success', endedMs: DUE });
    return false;
  }, DUE);
  assert.deepEqual([lost, ledger.run(id)!.status], [[], 'success']);
});

test('what is settled stays so', async () => {
  using ledger = await newLedger();
  assert.equal(ledger.settledUntil('backup', 'etc'), undefined);
  for (const time of [5, 9, 3]) ledger.settle('backup', 'etc', time);
  ledger.settle('verify', 'etc', 1);
  assert.equal(ledger.settledUntil('backup', 'etc'), 9);
  assert.equal(ledger.settledUntil('verify', 'etc'), 1);
  assert.equal(ledger.settledUntil('backup', 'home'), undefined);
});
