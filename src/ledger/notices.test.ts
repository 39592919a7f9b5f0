import assert from 'node:assert/strict';
import { test } from 'node:test';
import { openLedger } from './open.ts';

test('what was sent, by target, key and time', async () => {
  using ledger = await openLedger({ file: ':memory:' });
  const notice = (target: string, key: string, sentMs: number) => ({ target, key, sentMs, isDelivered: sentMs !== 2 });
  const all = [notice('mail', 'failure etc', 1), notice('mail', 'overdue etc', 2), notice('ping', 'failure etc', 3)];
  for (const each of all) ledger.noteSent(each);
  assert.deepEqual(ledger.sent({ sinceMs: 0 }), all);
  assert.deepEqual(ledger.sent({ sinceMs: 2 }), all.slice(1));
  assert.deepEqual(ledger.sent({ target: 'mail', sinceMs: 0 }), all.slice(0, 2));
  assert.deepEqual(ledger.sent({ target: 'mail', key: 'failure etc', sinceMs: 0 }), all.slice(0, 1));
  assert.deepEqual(ledger.sent({ key: 'failure etc', sinceMs: 2 }), all.slice(2));
});

test('a trouble is open since it was first seen, until it is closed once', async () => {
  using ledger = await openLedger({ file: ':memory:' });
  assert.equal(ledger.closeTrouble('failure etc'), undefined);
  ledger.openTrouble('overdue home', 7);
  ledger.openTrouble('failure etc', 5);
  ledger.openTrouble('failure etc', 9);
  assert.deepEqual(
    [...ledger.troubles()],
    [
      ['failure etc', 5],
      ['overdue home', 7],
    ],
  );
  assert.equal(ledger.closeTrouble('failure etc'), 5);
  assert.equal(ledger.closeTrouble('failure etc'), undefined);
  assert.deepEqual([...ledger.troubles().keys()], ['overdue home']);
});

test('what is owed is claimed by one process at a time, until it is settled', async () => {
  using ledger = await openLedger({ file: ':memory:' });
  const owed = { target: 'admin', notice: '{"kind":"failure"}', owedMs: 5, triedMs: 5, attempts: 1 };
  const ids = [ledger.owe(owed), ledger.owe({ ...owed, target: 'chat' })];
  assert.deepEqual(ledger.owed()[0], { ...owed, id: ids[0] });
  assert.equal(ledger.claimOwed({ id: ids[0]!, triedMs: 5 }, 9), true);
  assert.equal(ledger.claimOwed({ id: ids[0]!, triedMs: 5 }, 9), false);
  assert.deepEqual(ledger.owed()[0], { ...owed, id: ids[0], triedMs: 9, attempts: 2 });
  ledger.settleOwed([...ids, 77]);
  assert.deepEqual(ledger.owed(), []);
  assert.ok(ledger.owe(owed) > ids[1]!, 'a number is never used again');
});

test('a trial write leaves nothing behind', async () => {
  using ledger = await openLedger({ file: ':memory:' });
  ledger.openTrouble('failure etc', 5);
  ledger.expectWritable();
  assert.deepEqual([...ledger.troubles()], [['failure etc', 5]]);
});
