import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { configOf, proofOf, settableClock, worldOf } from '../../test/daemon/world.ts';
import type { NewRun, RunOutcome } from '../ledger.ts';
import type { RunWorld } from './model.ts';
import { collectStatus, failureKey, newKey } from './status.ts';

const HOUR = 60 * 60_000;
const DAY = 24 * HOUR;
const NOON = Date.parse('2026-11-20T12:00:00Z');

async function world() {
  const config = await configOf({
    timezone: 'UTC',
    vaults: { main: { verify: { schedule: '04:00', provenFor: '10d' }, prune: { schedule: 'Sun 04:00' } }, other: {} },
    plans: { etc: { schedule: '22:00' }, byHand: {} },
  });
  return worldOf({ config, clock: settableClock(NOON) });
}

function ran({ ledger }: RunWorld, outcome: Partial<RunOutcome> = {}, given: Partial<NewRun> & { atMs?: number } = {}) {
  const { atMs = NOON - 14 * HOUR, ...rest } = given;
  const run = ledger.beginRun({
    kind: 'backup',
    subject: 'etc',
    trigger: 'manual',
    dueMs: undefined,
    startedMs: atMs,
    logFile: undefined,
    process: 'daemon',
    ...rest,
  });
  return ledger.endRun(run.id, { status: 'success', endedMs: atMs + HOUR, ...outcome });
}

function etc(given: RunWorld) {
  return collectStatus(given).plans[0]!;
}

describe('status of a plan', () => {
  it('knows nothing of what never ran, and makes nothing up', async () => {
    const given = await world();
    assert.deepEqual(etc(given), {
      plan: 'etc',
      vault: 'main',
      state: 'never ran',
      proven: undefined,
      running: undefined,
      last: undefined,
      lastSuccess: undefined,
      nextMs: Date.parse('2026-11-20T22:00:00Z'),
      isOverdue: false,
      overdueMs: Date.parse('2026-11-22T12:00:00Z'),
      troubleSinceMs: undefined,
      holds: [],
      isProofMissing: false,
      isGone: false,
    });
    assert.equal(collectStatus(given).plans[1]!.nextMs, undefined);
  });

  it('is ok with a good run that is proven', async () => {
    const given = await world();
    const run = ran(given, { snapshotId: 'new' });
    assert.equal(etc(given).state, 'unproven');
    given.ledger.saveProof(proofOf('new', NOON));
    const { state, proven, last } = etc(given);
    assert.deepEqual(
      [state, proven, last?.id],
      ['ok', { snapshotId: 'new', pointMs: run.startedMs, provenMs: NOON }, run.id],
    );
  });

  it('takes as proven only good, released points that were read lately', async () => {
    const given = await world();
    ran(given, { snapshotId: 'old' }, { atMs: NOON - 3 * DAY });
    const unusual = ran(given, { snapshotId: 'unusual' }, { atMs: NOON - 2 * DAY });
    ran(given, { snapshotId: 'partial', status: 'incomplete' }, { atMs: NOON - DAY });
    ran(given, { snapshotId: 'stale' }, { atMs: NOON - 14 * HOUR });
    for (const snapshotId of ['old', 'unusual', 'partial']) given.ledger.saveProof(proofOf(snapshotId, NOON));
    given.ledger.saveProof(proofOf('stale', NOON - 10 * DAY - 1));
    given.ledger.hold({
      runId: unusual.id,
      plan: 'etc',
      snapshotId: 'unusual',
      reasons: ['half the files'],
      heldMs: NOON,
    });
    assert.equal(etc(given).proven?.snapshotId, 'old');
    assert.equal(etc(given).state, 'held');
    given.ledger.release(unusual.id, 'alice', NOON);
    assert.equal(etc(given).proven?.snapshotId, 'unusual');
    assert.equal(etc(given).state, 'ok');
  });

  it('says the worst: how the last run ended, and overdue above all', async () => {
    const given = await world();
    ran(given, { snapshotId: 'good' }, { atMs: NOON - 20 * HOUR });
    given.ledger.saveProof(proofOf('good', NOON));
    for (const [status, state] of [
      ['incomplete', 'incomplete'],
      ['failed', 'failed'],
      ['interrupted', 'failed'],
      ['lost', 'failed'],
    ] as const) {
      ran(given, { status });
      assert.equal(etc(given).state, state, status);
    }
    given.ledger.openTrouble(failureKey('etc'), NOON - HOUR);
    assert.equal(etc(given).troubleSinceMs, NOON - HOUR);
    await (given.clock as ReturnType<typeof settableClock>).advance(3 * DAY);
    assert.deepEqual([etc(given).state, etc(given).isOverdue], ['overdue', true]);
  });

  it('is overdue in time when it never succeeds', async () => {
    const given = await world();
    given.ledger.openTrouble(newKey('etc'), NOON - 3 * DAY);
    ran(given, { status: 'failed' });
    assert.equal(etc(given).state, 'overdue');
  });

  it('shows what runs, and what ended before', async () => {
    const given = await world();
    const before = ran(given);
    given.ledger.beginRun({
      kind: 'backup',
      subject: 'etc',
      trigger: 'manual',
      dueMs: undefined,
      startedMs: NOON,
      logFile: undefined,
      process: 'daemon',
    });
    assert.deepEqual([etc(given).running?.startedMs, etc(given).last?.id], [NOON, before.id]);
  });
});

describe('without reading back', () => {
  it('a proof is missing once verifications have gone through all of the vault, or a reading would count no more', async () => {
    const verify = { schedule: '04:00', share: '1/3', provenFor: '10d' };
    const config = await configOf({
      vaults: { main: { verify } },
      plans: { etc: { schedule: '22:00', readBack: false } },
    });
    const given = await worldOf({ config, clock: settableClock(NOON) });
    ran(given, { status: 'success' }, { kind: 'verify', subject: 'main', atMs: NOON - 2 * DAY });
    ran(given, { snapshotId: 'new' });
    const missing: boolean[] = [];
    for (const status of ['success', 'failed', 'interrupted', 'success'] as const) {
      missing.push(etc(given).isProofMissing);
      ran(given, { status }, { kind: 'verify', subject: 'main', atMs: NOON });
    }
    assert.deepEqual([...missing, etc(given).isProofMissing], [false, false, false, false, true]);
    const other = await worldOf({ config, clock: settableClock(NOON + 11 * DAY) });
    ran(other, { snapshotId: 'new' });
    assert.equal(etc(other).isProofMissing, true);
  });

  it('knows that its points are gone once a verification knew all of the vault and proved none', async () => {
    const given = await world();
    const verified = (status: 'success' | 'failed', bytes: number): boolean => {
      ran(given, { status, figures: { vaultBytes: 90, bytes } }, { kind: 'verify', subject: 'main', atMs: NOON });
      return etc(given).isGone;
    };
    assert.equal(verified('success', 90), false, 'there never was one');
    ran(given, { snapshotId: 'new' });
    assert.equal(etc(given).isGone, false, 'nobody looked since');
    assert.deepEqual([verified('failed', 90), verified('success', 89), verified('success', 90)], [false, false, true]);
    given.ledger.saveProof(proofOf('new', NOON - 11 * DAY));
    assert.deepEqual([etc(given).proven, etc(given).isGone], [undefined, false], 'it is there, and its proof is old');
    ran(given, { snapshotId: 'newer' });
    assert.equal(etc(given).isGone, false);
  });
});

describe('status of a vault', () => {
  it('has the size from the newest run that saw it, and the share read back from the last verification', async () => {
    const given = await world();
    ran(given, { figures: { vaultBytes: 100 } });
    ran(
      given,
      { figures: { vaultBytes: 90, bytes: 45, bytesVerified: 3 } },
      { kind: 'verify', subject: 'main', atMs: NOON - DAY },
    );
    ran(given, { status: 'failed' });
    const [main, other] = collectStatus(given).vaults;
    assert.equal(main!.bytes, 90);
    assert.deepEqual(main!.coverage, { provenBytes: 45, bytes: 90 });
    assert.equal(main!.nextVerifyMs, Date.parse('2026-11-21T04:00:00Z'));
    assert.equal(main!.nextPruneMs, Date.parse('2026-11-22T04:00:00Z'));
    assert.deepEqual(
      [other!.bytes, other!.coverage, other!.lastVerify, other!.nextPruneMs],
      [undefined, undefined, undefined, undefined],
    );
  });

  it('counts nothing as read back after the last verification is itself too old', async () => {
    const given = await world();
    ran(given, { figures: { vaultBytes: 90, bytes: 45 } }, { kind: 'verify', subject: 'main', atMs: NOON - 11 * DAY });
    assert.equal(collectStatus(given).vaults[0]!.coverage, undefined);
  });
});
