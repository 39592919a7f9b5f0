/** Whether the daemon itself works: what it looks after is in the metrics. */
import { hasCode } from '../base/errors.ts';
import { SCHEDULE_SLEEP_MS_MAX } from '../base/limits.ts';
import { type Answer, plain } from './http.ts';
import type { RunWorld } from './model.ts';
import type { Scheduler } from './scheduler.ts';

/** So many looks missed, and the scheduler hangs. */
const LOOKS_MISSED_MAX = 3;

/** Whether it looks at what is due, and whether its ledger can be written: a full disk lets everything be read. */
export function healthPage(
  { clock, ledger }: Pick<RunWorld, 'clock' | 'ledger'>,
  { lastLookMs, ledgerError }: Pick<Scheduler, 'lastLookMs' | 'ledgerError'>,
): Answer {
  try {
    ledger.expectWritable();
  } catch (error) {
    if (!hasCode(error, 'ledger-failed', 'storage-full')) throw error;
    return plain(503, error.code === 'storage-full' ? 'the ledger cannot be written: no space' : 'the ledger fails');
  }
  if (ledgerError !== undefined) return plain(503, 'the ledger fails');
  const isLooking =
    lastLookMs !== undefined && clock.monotonicMs() - lastLookMs < LOOKS_MISSED_MAX * SCHEDULE_SLEEP_MS_MAX;
  return isLooking ? plain(200, 'ok') : plain(503, 'the scheduler does not look at what is due');
}
