/** This machine's clock against what was taken down before. */
import { CLOCK_AHEAD_MS_MAX, CLOCK_SKEW_MS_MAX } from '../../base/limits.ts';
import type { RunWorld } from '../model.ts';
import { doubtful, type Finding, fine, wrong } from './finding.ts';

/** A run that ends before the last success of its plan counts as failed, see `clock-behind`. */
export function examineClock({ config, ledger, clock }: Pick<RunWorld, 'config' | 'ledger' | 'clock'>): Finding[] {
  const findings = Object.keys(config.plans).flatMap((plan) => {
    const [last] = ledger.runs({ kind: 'backup', subject: plan, statuses: ['success'], limit: 1 });
    const aheadMs = (last?.endedMs ?? 0) - clock.nowMs();
    if (aheadMs <= CLOCK_SKEW_MS_MAX) return [];
    const words = {
      text: `its last success is ${Math.round(aheadMs / 1000)} s ahead of this machine's clock`,
      remedy: 'See whether the clock is right now: date, timedatectl. If it is, it was wrong then, and time mends it.',
    };
    // What lies so far ahead that a wrong clock must have noted it counts for nothing.
    return [aheadMs > CLOCK_AHEAD_MS_MAX ? doubtful('clock', plan, words) : wrong('clock', plan, words)];
  });
  return findings.length > 0 ? findings : [fine('clock', 'this machine', 'is behind no success that was noted')];
}
