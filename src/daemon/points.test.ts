import assert from 'node:assert/strict';
import { test } from 'node:test';
import { proofOf } from '../../test/daemon/world.ts';
import type { SnapshotId } from '../base/ids.ts';
import { openLedger } from '../ledger.ts';
import type { Snapshot } from '../vault.ts';
import { nextSequence, pointsOf, policyOf, sequenceOf, tagsOf } from './points.ts';

const HOUR_MS = 3_600_000;
const ETC = { plan: 'etc', hostname: 'node7' };

function begin(ledger: Awaited<ReturnType<typeof openLedger>>, startedMs: number): number {
  const run = { kind: 'backup', subject: 'etc', trigger: 'manual', dueMs: undefined, startedMs } as const;
  return ledger.beginRun({ ...run, logFile: undefined, process: 'p' }).id;
}

const snapshot = (number: number, tags: readonly string[]): Snapshot => ({
  id: number.toString(16).padStart(64, '0') as SnapshotId,
  time: new Date(number * HOUR_MS).toISOString(),
  timeMs: number * HOUR_MS,
  tree: '0'.repeat(64) as Snapshot['tree'],
  paths: ['/etc'],
  hostname: 'node7',
  username: 'root',
  uid: 0,
  gid: 0,
  tags: [...tags],
  parent: undefined,
  excludes: [],
  original: undefined,
  programVersion: '',
  summary: undefined,
});

test('a snapshot says of which plan and which point it is', () => {
  const made = snapshot(1, ['nightly', ...tagsOf('etc', 17)]);
  assert.deepEqual(made.tags, ['nightly', 'plan:etc', 'point:17']);
  assert.equal(sequenceOf(made), 17);
  for (const odd of ['point:', 'point:0', 'point:-1', 'point:1e3', 'point:1.5', 'point:01', 'points:4'])
    assert.equal(sequenceOf(snapshot(1, [odd])), undefined, odd);
});

test('the next point is above all that vault and ledger have seen, so a lost ledger doubles none', async () => {
  using ledger = await openLedger({ file: ':memory:' });
  const others = [snapshot(1, tagsOf('etc', 4)), snapshot(2, tagsOf('other', 90)), snapshot(3, ['plan:etc'])];
  assert.equal(nextSequence([], ledger, ETC), 1);
  assert.equal(nextSequence(others, ledger, ETC), 5);
  for (const startedMs of [1, 2, 3, 4, 5, 6, 7]) {
    const run = begin(ledger, startedMs);
    ledger.endRun(run, { status: 'success', endedMs: startedMs, snapshotId: snapshot(startedMs, []).id });
  }
  assert.equal(nextSequence(others, ledger, ETC), 8);
});

test('points are those of the plan, with what the ledger knows of them', async () => {
  using ledger = await openLedger({ file: ':memory:' });
  const all = [1, 2, 3].map((number) => snapshot(number, tagsOf('etc', number)));
  ledger.saveProof(proofOf(all[0]!.id, 77));
  const run = begin(ledger, 1);
  ledger.hold({ runId: run, plan: 'etc', snapshotId: all[1]!.id, reasons: ['odd'], heldMs: 2 });
  const found = pointsOf([...all, snapshot(9, tagsOf('etcetera', 9))], { ...ETC, vault: 'main', ledger });
  assert.deepEqual(
    found.map(({ sequence, provenMs, isHeld }) => [sequence, provenMs, isHeld]),
    [
      [1, 77, false],
      [2, undefined, true],
      [3, undefined, false],
    ],
  );
  ledger.release(run, 'alice', 3);
  assert.ok(pointsOf(all, { ...ETC, vault: 'main', ledger }).every(({ isHeld }) => !isHeld));
});

test('points of other machines with a plan of the same name are none of ours', async () => {
  using ledger = await openLedger({ file: ':memory:' });
  const theirs = { ...snapshot(1, tagsOf('etc', 7)), hostname: 'node8' };
  assert.deepEqual(pointsOf([theirs], { ...ETC, vault: 'main', ledger }), []);
  assert.equal(nextSequence([theirs], ledger, ETC), 1);
});

test('points of runs that failed, were killed, or follow on an unusual one are lesser', async () => {
  using ledger = await openLedger({ file: ':memory:' });
  const all = [1, 2, 3, 4, 5, 6].map((number) => snapshot(number, tagsOf('etc', number)));
  const end = (at: number, status: 'success' | 'failed' | 'incomplete'): void => {
    const run = begin(ledger, at);
    ledger.endRun(run, { status, endedMs: at, snapshotId: all[at]!.id });
  };
  // The first is from before the ledger; the run of the fourth was killed, and nobody knows of its snapshot.
  end(1, 'success');
  end(2, 'incomplete');
  end(4, 'failed');
  const lesser = (current?: string): number[] =>
    pointsOf(all, { ...ETC, vault: 'main', ledger, current }).flatMap(({ isLesser, sequence }) =>
      isLesser ? sequence! : [],
    );
  assert.deepEqual(lesser(), [3, 4, 5, 6]);
  assert.deepEqual(lesser(all[5]!.id), [3, 4, 5]);
  const held = begin(ledger, 9);
  ledger.hold({ runId: held, plan: 'etc', snapshotId: all[0]!.id, reasons: ['odd'], heldMs: 1 });
  assert.deepEqual(lesser(all[5]!.id), [2, 3, 4, 5, 6], 'all after the held one are in doubt');
});

test('a plan without retention has a policy that wants nothing removed', () => {
  const { ladder, rules, keepAtLeast } = policyOf(undefined);
  assert.deepEqual([ladder, rules, keepAtLeast], [undefined, {}, 1]);
});
