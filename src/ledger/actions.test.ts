import assert from 'node:assert/strict';
import { test } from 'node:test';
import { openLedger } from './open.ts';

const TAKEOVER = {
  command: 'ha takeover',
  target: 'oss02',
  who: 'root on oss01',
  startedMs: 5,
  verdict: ['fencing path: proven 2 h ago', 'ost0: not examined'],
  override: 'the disk shelf is unplugged',
};

test('what was done stands there with what was known before and what came of it', async () => {
  using ledger = await openLedger({ file: ':memory:' });
  const first = ledger.beginAction(TAKEOVER);
  const second = ledger.beginAction({ ...TAKEOVER, command: 'ha failback', override: undefined, startedMs: 9 });
  ledger.endAction(first, { outcome: 'failed', endedMs: 8, text: 'ost0 did not start' });
  const [newest, oldest] = ledger.actions();
  assert.deepEqual(oldest, {
    id: first,
    ...TAKEOVER,
    endedMs: 8,
    outcome: 'failed',
    text: 'ost0 did not start',
  });
  assert.deepEqual([newest!.id, newest!.outcome, newest!.override], [second, undefined, undefined]);
  assert.deepEqual(
    ledger.actions({ sinceMs: 6 }).map(({ id }) => id),
    [second],
  );
  assert.equal(ledger.actions({ limit: 1 }).length, 1);
});

test('an action ends once, and is never forgotten', async () => {
  using ledger = await openLedger({ file: ':memory:' });
  const id = ledger.beginAction(TAKEOVER);
  ledger.endAction(id, { outcome: 'done', endedMs: 8, verdict: ['seen since'] });
  assert.throws(() => ledger.endAction(id, { outcome: 'failed', endedMs: 9 }), { code: 'run-missing' });
  assert.throws(() => ledger.endAction(77, { outcome: 'done', endedMs: 9 }), { code: 'run-missing' });
  ledger.forgetRuns(1_000_000);
  const [action] = ledger.actions();
  assert.deepEqual([action!.outcome, action!.verdict], ['done', ['seen since']]);
});
