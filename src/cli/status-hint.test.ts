import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { PlanStatus, Status, VaultStatus } from '../daemon.ts';
import { hintFor } from './status-hint.ts';

function plan(state: PlanStatus['state'], own: object = {}): PlanStatus {
  return {
    plan: 'etc',
    vault: 'main',
    state,
    holds: [],
    last: undefined,
    isGone: false,
    ...own,
  } as unknown as PlanStatus;
}

function vault(own: object = {}): VaultStatus {
  const none = { verify: { isOverdue: false }, prune: { isOverdue: false } };
  return { vault: 'main', overdue: none, ...own } as unknown as VaultStatus;
}

describe('what to do when not all is ok', () => {
  it('is for each kind of trouble what shows or mends it', () => {
    const cases: [PlanStatus, string][] = [
      [plan('failed'), 'See what failed: holdfast history --bad'],
      [plan('incomplete'), 'See what failed: holdfast history --bad'],
      [plan('overdue'), 'See what keeps runs from beginning: holdfast doctor'],
      [plan('overdue', { last: { status: 'failed' } }), 'See what failed: holdfast history --bad'],
      [plan('never ran'), 'Make its first point: holdfast run etc'],
      [
        plan('held', { holds: [{ runId: 7 }] }),
        'Look at what run 7 stored, then: holdfast history --release 7, or --reject 7',
      ],
      [plan('unproven'), 'Read it back: holdfast run --verify main'],
      [plan('unproven', { isGone: true }), 'Make a new point: holdfast run etc'],
    ];
    for (const [given, hint] of cases) assert.equal(hintFor([given], [], []), hint);
  });

  it('is said once for all that need the same', () => {
    const late = vault({ overdue: { verify: { isOverdue: true }, prune: { isOverdue: false } } });
    const damaged = vault({ lastVerify: { status: 'failed' }, lastPrune: { status: 'success' } });
    assert.equal(
      hintFor([plan('failed'), plan('incomplete'), plan('unproven')], [damaged, late, vault()], []),
      'See what failed: holdfast history --bad; read it back: holdfast run --verify main; ' +
        'see what keeps runs from beginning: holdfast doctor',
    );
    assert.equal(hintFor([], [], []), 'Put a plan into the configuration: holdfast config init');
  });

  it('of a cluster leads to its test', () => {
    const cluster = (state: string, last?: string): Status['clusters'][number] =>
      ({
        cluster: 'oss',
        state,
        last: last === undefined ? undefined : { status: last },
      }) as Status['clusters'][number];
    assert.equal(hintFor([], [], [cluster('never ran')]), 'Try its fencing: holdfast run --fencing oss');
    assert.equal(hintFor([], [], [cluster('failed', 'failed')]), 'See what failed: holdfast history --bad');
    assert.match(hintFor([], [], [cluster('overdue', 'success')]), /holdfast doctor/);
  });
});
