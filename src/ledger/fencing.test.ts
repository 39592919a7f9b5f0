import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { PathProof } from './model.ts';
import { newLedger } from './sample-runs.ts';

function proof(node: string, from: string, given: Partial<PathProof> = {}): PathProof {
  return { cluster: 'oss', node, by: `fence-${node} from ${from}`, isProven: true, atMs: 10, text: 'on', ...given };
}

test('of each path the newest success and the newest failure stay', async () => {
  using ledger = await newLedger();
  ledger.savePathProofs('oss', [proof('n1', 'n2'), proof('n2', 'n1', { text: '--' })]);
  ledger.savePathProofs('oss', [proof('n2', 'n1', { atMs: 20, isProven: false, text: 'no answer' })]);
  ledger.savePathProofs('oss', [proof('n2', 'n1', { atMs: 30, isProven: false, text: 'refused' })]);
  assert.deepEqual(ledger.pathProofs('oss'), [
    proof('n1', 'n2'),
    proof('n2', 'n1', { atMs: 30, isProven: false, text: 'refused' }),
    proof('n2', 'n1', { text: '--' }),
  ]);
  assert.deepEqual(ledger.pathProofs('mds'), []);
});

test('what is known of paths that are gone goes with a look at all, and with no other', async () => {
  using ledger = await newLedger();
  const other = proof('n1', 'n2', { cluster: 'mds' });
  ledger.savePathProofs('mds', [other]);
  ledger.savePathProofs('oss', [proof('n1', 'n2'), proof('n2', 'n1'), proof('n2', 'n3')]);
  ledger.savePathProofs('oss', []);
  assert.equal(ledger.pathProofs('oss').length, 3);
  // The one from n3 was not asked this time: it is still there, and older.
  const paths = [proof('n2', 'n1'), proof('n2', 'n3')];
  ledger.savePathProofs('oss', [proof('n2', 'n1', { atMs: 20 })], paths);
  assert.deepEqual(ledger.pathProofs('oss'), [proof('n2', 'n1', { atMs: 20 }), proof('n2', 'n3')]);
  ledger.savePathProofs('oss', [], []);
  assert.deepEqual(ledger.pathProofs('oss'), []);
  assert.deepEqual(ledger.pathProofs('mds'), [other]);
});
