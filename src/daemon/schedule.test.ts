import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { configOf, subjectWith } from '../../test/daemon/world.ts';
import { when } from '../config.ts';
import type { RunStatus } from '../ledger.ts';
import { judge, type Subject, subjectsOf, type TurnFacts, upcoming, type Verdict } from './schedule.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const NIGHT = Date.parse('2026-11-20T22:00:00Z');

function subjectAt(at: string, given: Partial<Subject> = {}): Subject {
  return subjectWith({ turns: when.parseWhen(at, 'UTC'), ...given });
}

interface Given extends Partial<Omit<TurnFacts, 'statusesOf'>> {
  statuses?: readonly RunStatus[];
}

function judged(subject: Subject, nowMs: number, { statuses = [], ...given }: Given = {}): Verdict {
  const facts = { nowMs, settledUntilMs: NIGHT - DAY, waiting: undefined, hostname: 'head1', ...given };
  return judge(subject, { ...facts, statusesOf: () => statuses });
}

const nightly = subjectAt('22:00');

describe('what is due', () => {
  it('is nothing before its time, and then its turn', () => {
    const before = judged(nightly, NIGHT - 1);
    assert.deepEqual(before, { due: undefined, settle: undefined, nextMs: NIGHT });
    const then = judged(nightly, NIGHT);
    assert.deepEqual(then.due, {
      request: { kind: 'backup', subject: 'etc', trigger: 'schedule', dueMs: NIGHT },
      beginMs: NIGHT,
    });
    assert.equal(then.nextMs, NIGHT + DAY);
  });

  it('is one run for any number of missed turns, the last', () => {
    const { due } = judged(nightly, NIGHT + 5 * DAY + HOUR);
    assert.deepEqual(due?.request, { kind: 'backup', subject: 'etc', trigger: 'catch-up', dueMs: NIGHT + 5 * DAY });
  });

  it('is by the schedule when the last of the missed turns is now', () => {
    assert.equal(judged(nightly, NIGHT + 5 * DAY).due?.request.trigger, 'schedule');
  });

  it('is nothing of what was missed without catchUp, and the turns are settled', () => {
    const subject = { ...nightly, catchUp: false };
    const missed = judged(subject, NIGHT + HOUR);
    assert.deepEqual(missed, { due: undefined, settle: { untilMs: NIGHT, why: 'missed' }, nextMs: NIGHT + DAY });
    assert.equal(judged(subject, NIGHT + MINUTE).due?.request.trigger, 'schedule');
  });

  it('stays due by the schedule while it waits for a place, however long', () => {
    const waiting = { kind: 'backup', subject: 'etc', trigger: 'schedule', dueMs: NIGHT } as const;
    assert.equal(judged({ ...nightly, catchUp: false }, NIGHT + 3 * HOUR, { waiting }).due?.request, waiting);
    const next = judged({ ...nightly, catchUp: false }, NIGHT + DAY + HOUR, { waiting }).due?.request;
    assert.equal(next?.dueMs, NIGHT + DAY);
  });

  it('is nothing of a subject that was never seen', () => {
    const verdict = judged(nightly, NIGHT + HOUR, { settledUntilMs: undefined });
    assert.deepEqual(verdict.settle, { untilMs: NIGHT + HOUR, why: 'first-seen' });
    assert.equal(verdict.due, undefined);
    assert.equal(verdict.nextMs, NIGHT + DAY);
  });

  it('is nothing that is settled, when the clock was set back', () => {
    const verdict = judged(nightly, NIGHT + MINUTE, { settledUntilMs: NIGHT + 2 * MINUTE });
    assert.deepEqual([verdict.due, verdict.settle], [undefined, undefined]);
    const dayBack = judged(nightly, NIGHT - DAY + MINUTE, { settledUntilMs: NIGHT });
    assert.deepEqual([dayBack.due, dayBack.nextMs], [undefined, NIGHT + DAY]);
  });

  it('goes on from now when the ledger had settled years ahead', () => {
    const verdict = judged(nightly, NIGHT + MINUTE, { settledUntilMs: NIGHT + 1000 * DAY });
    assert.deepEqual(verdict.settle, { untilMs: NIGHT + MINUTE, why: 'clock-ahead' });
    assert.equal(verdict.nextMs, NIGHT + DAY);
  });

  it('is a retry after a kill, once', () => {
    const lost = judged(nightly, NIGHT + HOUR, { statuses: ['lost'] });
    assert.deepEqual(lost.due?.request.trigger, 'retry');
    const twice = judged(nightly, NIGHT + HOUR, { statuses: ['lost', 'lost'] });
    assert.deepEqual([twice.due, twice.settle], [undefined, { untilMs: NIGHT, why: 'attempts-over' }]);
  });

  it('is a retry after a stop of the daemon, each time', () => {
    const stopped = judged(nightly, NIGHT + HOUR, { statuses: ['interrupted', 'interrupted', 'interrupted'] });
    assert.deepEqual(stopped.due?.request.trigger, 'retry');
    const tooLate = judged({ ...nightly, catchUp: false }, NIGHT + HOUR, { statuses: ['interrupted'] });
    assert.equal(tooLate.settle?.why, 'missed');
  });

  it('is settled by a run that ended, and waits for one that runs', () => {
    for (const status of ['success', 'incomplete', 'failed'] as const) {
      const verdict = judged(nightly, NIGHT + MINUTE, { statuses: ['lost', status] });
      assert.deepEqual([verdict.due, verdict.settle], [undefined, { untilMs: NIGHT, why: 'ended' }]);
    }
    const running = judged(nightly, NIGHT + MINUTE, { statuses: ['running'] });
    assert.deepEqual([running.due, running.settle], [undefined, undefined]);
  });

  it('is over with its window', () => {
    const prune = subjectAt('Sun 04:00', { kind: 'prune', windowMs: 4 * HOUR });
    const sunday = Date.parse('2026-11-22T04:00:00Z');
    const settledUntilMs = sunday - 7 * DAY;
    assert.equal(judged(prune, sunday + 4 * HOUR, { settledUntilMs }).due?.request.trigger, 'catch-up');
    const late = judged(prune, sunday + 4 * HOUR + 1, { settledUntilMs });
    assert.deepEqual([late.due, late.settle], [undefined, { untilMs: sunday, why: 'window-over' }]);
    const retried = judged(prune, sunday + 5 * HOUR, { settledUntilMs, statuses: ['lost'] });
    assert.equal(retried.settle?.why, 'window-over');
  });
});

describe('random delay', () => {
  const spread = subjectAt('22:00', { randomDelayMs: HOUR });
  const facts = (hostname: string, nowMs = NIGHT - HOUR): TurnFacts => {
    return { nowMs, settledUntilMs: NIGHT - DAY, statusesOf: () => [], waiting: undefined, hostname };
  };

  it('is the same each time, below its bound, and different between hosts and days', () => {
    const begins = Array.from({ length: 200 }, (_, at) => upcoming(spread, facts(`node${at}`))! - NIGHT);
    assert.ok(begins.every((ms) => ms >= 0 && ms < HOUR));
    assert.deepEqual(
      begins.slice(0, 5),
      Array.from({ length: 5 }, (_, at) => upcoming(spread, facts(`node${at}`))! - NIGHT),
    );
    const quarters = [0, 1, 2, 3].map(
      (quarter) => begins.filter((ms) => Math.floor((ms * 4) / HOUR) === quarter).length,
    );
    assert.ok(
      quarters.every((count) => count > 25),
      `unevenly spread: ${quarters}`,
    );
    const days = [0, 1, 2].map(
      (day) => upcoming(spread, facts('node1', NIGHT + day * DAY - HOUR))! - NIGHT - day * DAY,
    );
    assert.equal(new Set(days).size, 3);
  });

  it('holds the turn back until it is over, and never into the next turn', () => {
    const beginMs = upcoming(spread, facts('node1'))!;
    assert.equal(judge(spread, facts('node1', beginMs - 1)).due, undefined);
    assert.equal(judge(spread, facts('node1', beginMs)).due?.request.trigger, 'schedule');
    const often = subjectAt('*:0/5', { randomDelayMs: DAY });
    for (let at = 0; at < 100; at++) {
      const now = NIGHT + at * 5 * MINUTE;
      const begin = judge(often, { ...facts('node1', now), settledUntilMs: now - 1 });
      const ms = (begin.due?.beginMs ?? begin.nextMs)! - now;
      assert.ok(ms >= 0 && ms < 5 * MINUTE, `${ms}`);
    }
  });
});

describe('clocks that change', () => {
  const berlin = (at: string): Subject => ({ ...nightly, turns: when.parseWhen(at, 'Europe/Berlin') });

  it('miss no day and double none, for any time of day', () => {
    const days = 14;
    // From midnight to midnight there, so that no time of day is in the span once more or once less.
    for (const [from, to] of [
      ['2026-03-20T00:00+01:00', '2026-04-03T00:00+02:00'],
      ['2026-10-18T00:00+02:00', '2026-11-01T00:00+01:00'],
    ] as const)
      fc.assert(
        fc.property(fc.integer({ min: 0, max: 24 * 60 - 1 }), (minute) => {
          const parts = [Math.floor(minute / 60), minute % 60].map((part) => String(part).padStart(2, '0'));
          const dues = dueTimes(berlin(parts.join(':')), { fromMs: Date.parse(from), toMs: Date.parse(to) });
          const dates = dues.map((ms) => new Date(ms).toLocaleDateString('sv', { timeZone: 'Europe/Berlin' }));
          assert.deepEqual([dates.length, new Set(dates).size], [days, days]);
        }),
        { numRuns: 8, examples: [[0], [120], [150], [180], [751], [810]] },
      );
  });
});

/** Looks every half hour, and once at the end, and settles what was due. */
function dueTimes(subject: Subject, { fromMs, toMs }: { fromMs: number; toMs: number }): number[] {
  const dues: number[] = [];
  let settledUntilMs = fromMs - 1;
  for (let nowMs = fromMs; settledUntilMs < toMs; nowMs += 30 * MINUTE) {
    const lookMs = Math.min(nowMs, toMs - 1);
    const { due } = judged(subject, lookMs, { settledUntilMs });
    if (due !== undefined) dues.push(due.request.dueMs!);
    settledUntilMs = due?.request.dueMs ?? settledUntilMs;
    if (lookMs === toMs - 1 && due === undefined) break;
  }
  return dues;
}

describe('subjects of a configuration', () => {
  it('are plans with a schedule, and the verification and pruning of each vault', async () => {
    const config = await configOf({
      timezone: 'Europe/Berlin',
      vaults: { main: { prune: { schedule: { at: 'Sun 04:00', timezone: 'UTC' } } } },
      plans: {
        etc: { vault: 'main', schedule: { at: '22:30', randomDelay: '10m', catchUp: false } },
        byHand: { vault: 'main' },
      },
    });
    const found = subjectsOf(config).map(({ turns, ...each }) => ({ ...each, zone: turns.timezone }));
    assert.deepEqual(found, [
      {
        kind: 'backup',
        subject: 'etc',
        vault: 'main',
        randomDelayMs: 10 * MINUTE,
        catchUp: false,
        windowMs: undefined,
        zone: 'Europe/Berlin',
      },
      {
        kind: 'verify',
        subject: 'main',
        vault: 'main',
        randomDelayMs: 0,
        catchUp: true,
        windowMs: undefined,
        zone: 'Europe/Berlin',
      },
      {
        kind: 'prune',
        subject: 'main',
        vault: 'main',
        randomDelayMs: 0,
        catchUp: true,
        windowMs: 4 * HOUR,
        zone: 'UTC',
      },
    ]);
  });
});
