import assert from 'node:assert/strict';
import { test } from 'node:test';
import { configOf } from '../../../test/daemon/world.ts';
import { simulated } from '../../host.ts';
import { openLedger } from '../../ledger.ts';
import { examineClock } from './clock.ts';

const NOW = Date.UTC(2026, 10, 21);
const MINUTE_MS = 60_000;

async function levelWith(aheadMs: number | undefined): Promise<string[]> {
  using ledger = await openLedger({ file: ':memory:' });
  if (aheadMs !== undefined) {
    const begun = { kind: 'backup', subject: 'etc', trigger: 'manual', dueMs: undefined, logFile: undefined } as const;
    const run = ledger.beginRun({ ...begun, startedMs: NOW + aheadMs, process: 'p' });
    ledger.endRun(run.id, { status: 'success', endedMs: NOW + aheadMs, snapshotId: 'a'.repeat(64) });
  }
  const config = await configOf({ plans: { etc: {} } });
  const findings = examineClock({ config, ledger, clock: simulated.fixedClock(NOW) });
  return findings.map(({ level, subject }) => `${level} ${subject}`);
}

test('a success that lies ahead would make the next run a failure', async () => {
  assert.deepEqual(await levelWith(undefined), ['ok this machine']);
  assert.deepEqual(await levelWith(-MINUTE_MS), ['ok this machine']);
  assert.deepEqual(await levelWith(30_000), ['ok this machine']);
  assert.deepEqual(await levelWith(10 * MINUTE_MS), ['error etc']);
  assert.deepEqual(await levelWith(30 * 24 * 60 * MINUTE_MS), ['warning etc'], 'noted by a wrong clock');
});
