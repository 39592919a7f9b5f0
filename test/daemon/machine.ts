/** A machine whose scheduler has begun, at noon, with turns by arithmetic and runs of ten minutes. */
import type { Subject } from '../../src/daemon/schedule.ts';
import type { RunRequest } from '../../src/daemon.ts';
import { type Ledger, openLedger, type RunOutcome } from '../../src/ledger.ts';
import { Lives } from './lives.ts';
import { settableClock, subjectWith, turnsEvery } from './world.ts';

export const MINUTE = 60_000;
export const HOUR = 60 * MINUTE;
export const DAY = 24 * HOUR;
export const NOON = Date.parse('2026-11-20T12:00:00Z');

/** Each day at this time (UTC), or each hour. */
export function subjectAt(at: string, given: Partial<Subject> = {}): Subject {
  const [hours, minutes] = at.split(':').map(Number) as [number, number];
  const turns = at === 'hourly' ? turnsEvery(HOUR) : turnsEvery(DAY, hours * HOUR + minutes * MINUTE);
  return subjectWith({ turns, ...given });
}

interface Given {
  subjects?: Subject[];
  runsAtOnce?: number;
  ledger?: Ledger;
  nextRun?: (request: RunRequest) => { durationMs: number; status: RunOutcome['status'] };
}

export async function machine({ subjects = [subjectAt('22:00')], runsAtOnce = 2, nextRun, ledger }: Given = {}) {
  const clock = settableClock(NOON);
  const plot = {
    ledger: ledger ?? (await openLedger({ file: ':memory:' })),
    clock,
    subjects,
    runsAtOnce,
    nextRun: nextRun ?? (() => ({ durationMs: 10 * MINUTE, status: 'success' as const })),
  };
  const lives = new Lives(plot);
  lives.start();
  return { ...plot, lives, dues: () => lives.begun.map(({ dueMs, trigger }) => `${trigger} ${iso(dueMs!)}`) };
}

function iso(ms: number): string {
  return new Date(ms).toISOString().slice(0, 16);
}
