import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { test } from 'node:test';
import fc from 'fast-check';
import { hasCode } from '../base/errors.ts';
import type { Ledger } from './model.ts';
import { openLedger } from './open.ts';

const newLedger = (): Promise<Ledger> => openLedger({ file: ':memory:' });

const packId = (number: number): string => createHash('sha256').update(String(number)).digest('hex');

test('packs are verified at their last reading, for each vault', async () => {
  using ledger = await newLedger();
  const [first, second, third] = [packId(1), packId(2), packId(3)];
  assert.deepEqual(ledger.verifiedPacks('local'), new Map());
  ledger.markVerified('local', [first, second], 10);
  ledger.markVerified('offsite', [first], 11);
  ledger.markVerified('local', [second, third, second], 20);
  ledger.markVerified('local', [], 30);
  assert.deepEqual(
    ledger.verifiedPacks('local'),
    new Map([
      [first, 10],
      [second, 20],
      [third, 20],
    ]),
  );
  assert.deepEqual(ledger.verifiedPacks('offsite'), new Map([[first, 11]]));
  ledger.unmarkVerified('local', [first, third, packId(9)]);
  ledger.unmarkVerified('unknown', [first]);
  assert.deepEqual(ledger.verifiedPacks('local'), new Map([[second, 20]]));
  assert.deepEqual(ledger.verifiedPacks('offsite'), new Map([[first, 11]]));
});

test('what is no pack id is a bug, and nothing of its batch is taken down', async () => {
  using ledger = await newLedger();
  for (const wrong of ['', 'ab', packId(1).toUpperCase(), `${packId(1)}00`])
    assert.throws(() => ledger.markVerified('local', [packId(1), wrong], 1), /bug: not a pack id/);
  assert.throws(() => ledger.unmarkVerified('local', ['x']), /bug: not a pack id/);
  assert.deepEqual(ledger.verifiedPacks('local'), new Map());
});

test('verified packs are what a map would hold after the same changes', async () => {
  using ledger = await newLedger();
  const change = fc.record({
    isMark: fc.boolean(),
    packs: fc.array(fc.integer({ min: 0, max: 20 }).map(packId), { maxLength: 10 }),
    atMs: fc.nat(),
  });
  let vault = 0;
  fc.assert(
    fc.property(fc.array(change, { maxLength: 10 }), (changes) => {
      const name = `vault ${vault++}`;
      const expected = new Map<string, number>();
      for (const { isMark, packs, atMs } of changes) {
        if (isMark) ledger.markVerified(name, packs, atMs);
        else ledger.unmarkVerified(name, packs);
        for (const pack of packs) isMark ? expected.set(pack, atMs) : expected.delete(pack);
      }
      assert.deepEqual(ledger.verifiedPacks(name), expected);
    }),
    { numRuns: 60 },
  );
});

test('proofs of snapshots, the freshest first', async () => {
  using ledger = await newLedger();
  const proof = (snapshotId: string, provenMs: number) => {
    return { vault: 'local', vaultId: 'v1', snapshotId, originId: snapshotId, provenMs };
  };
  for (const each of [proof('a', 10), proof('b', 30), proof('c', 20), proof('a', 40)]) ledger.saveProof(each);
  ledger.saveProof({ ...proof('a', 5), vault: 'offsite', vaultId: 'v2' });
  assert.deepEqual(ledger.proofs('local'), [proof('a', 40), proof('b', 30), proof('c', 20)]);
  ledger.removeProof('local', 'a');
  ledger.removeProof('local', 'never');
  assert.deepEqual(ledger.proofs('local'), [proof('b', 30), proof('c', 20)]);
  assert.equal(ledger.proofs('offsite').length, 1);
  // Packs that went missing make a snapshot less proven than it was: an earlier time is taken over as well.
  ledger.saveProof(proof('b', 1));
  assert.deepEqual(ledger.proofs('local').at(-1), proof('b', 1));
});

test('proofs are withdrawn by the id of the vault, and follow a snapshot to its new id', async () => {
  using ledger = await newLedger();
  const proof = (vault: string, vaultId: string, snapshotId: string) => {
    return { vault, vaultId, snapshotId, originId: snapshotId, provenMs: 1 };
  };
  for (const snapshotId of ['a', 'b', 'c']) ledger.saveProof(proof('local', 'v1', snapshotId));
  ledger.saveProof(proof('offsite', 'v2', 'a'));
  ledger.moveProof('v1', 'a', 'a2');
  assert.deepEqual(
    ledger.proofs('local').map(({ snapshotId, originId }) => [snapshotId, originId]),
    [
      ['a2', 'a'],
      ['b', 'b'],
      ['c', 'c'],
    ],
  );
  assert.equal(ledger.withdrawProofs('v1', ['b', 'never']), 1);
  assert.equal(ledger.withdrawProofs('v3', 'all'), 0);
  assert.equal(ledger.withdrawProofs('v1', 'all'), 2);
  assert.deepEqual(ledger.proofs('offsite'), [proof('offsite', 'v2', 'a')]);
});

test('an unusual run is held until somebody releases it', async () => {
  using ledger = await newLedger();
  const ids = ['a', 'b'].map((snapshotId) => {
    const common = { trigger: 'manual', dueMs: undefined, logFile: undefined, process: 'p' } as const;
    const { id } = ledger.beginRun({ kind: 'backup', subject: 'etc', startedMs: 1, ...common });
    return ledger.endRun(id, { status: 'success', endedMs: 2, snapshotId }).id;
  });
  const hold = (index: number) => ({
    runId: ids[index]!,
    plan: 'etc',
    snapshotId: 'ab'[index]!,
    reasons: ['files: 12 instead of about 4,000', 'size'],
    heldMs: 3,
  });
  const open = { releasedMs: undefined, releasedBy: undefined, isWrong: false };
  ledger.hold(hold(0));
  ledger.hold(hold(1));
  assert.deepEqual(ledger.holds('etc'), [
    { ...hold(1), ...open },
    { ...hold(0), ...open },
  ]);
  assert.deepEqual(ledger.holds('home'), []);

  ledger.release(ids[0]!, 'alice', 9);
  const released = { ...hold(0), releasedMs: 9, releasedBy: 'alice', isWrong: false };
  ledger.hold({ ...hold(0), reasons: ['again'] });
  assert.deepEqual(ledger.holds('etc'), [{ ...hold(1), ...open }, released]);

  const missing = (error: unknown) => hasCode(error, 'run-missing');
  assert.throws(() => ledger.release(ids[0]!, 'bob', 10), missing);
  assert.throws(() => ledger.release(77, 'bob', 10), missing);
  ledger.reject(ids[1]!, 'bob', 10);
  assert.deepEqual(ledger.holds('etc')[0], { ...hold(1), releasedMs: 10, releasedBy: 'bob', isWrong: true });
  assert.throws(() => ledger.reject(ids[1]!, 'bob', 11), missing);
  assert.throws(() => ledger.hold({ ...hold(0), runId: 77 }), missing);
});
