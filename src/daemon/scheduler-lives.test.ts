import assert from 'node:assert/strict';
import { it } from 'node:test';
import fc from 'fast-check';
import { assertNothingTwice, Lives } from '../../test/daemon/lives.ts';
import { settableClock, subjectWith, turnsEvery } from '../../test/daemon/world.ts';
import { CLOCK_AHEAD_MS_MAX } from '../base/limits.ts';
import { openLedger } from '../ledger.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const START = Date.parse('2026-11-20T12:00:00Z');

const SUBJECTS = [
  subjectWith({ kind: 'backup', subject: 'etc', turns: turnsEvery(DAY, 22 * HOUR), randomDelayMs: HOUR }),
  subjectWith({ kind: 'backup', subject: 'home', turns: turnsEvery(6 * HOUR, HOUR) }),
  subjectWith({ kind: 'backup', subject: 'scratch', turns: turnsEvery(12 * HOUR), catchUp: false }),
  subjectWith({ kind: 'verify', subject: 'main', turns: turnsEvery(DAY, 4 * HOUR) }),
  subjectWith({ kind: 'prune', subject: 'main', turns: turnsEvery(2 * DAY, 5 * HOUR), windowMs: 3 * HOUR }),
];

type Step =
  | { kind: 'pass'; ms: number }
  | { kind: 'kill'; downMs: number }
  | { kind: 'stop'; downMs: number }
  | { kind: 'jump'; ms: number };

const span = fc.oneof(
  fc.integer({ min: 1, max: 20 }).map((n) => n * MINUTE),
  fc.integer({ min: 1, max: 40 }).map((n) => n * HOUR),
);
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 4, arbitrary: span.map((ms): Step => ({ kind: 'pass', ms })) },
  { weight: 2, arbitrary: span.map((downMs): Step => ({ kind: 'kill', downMs })) },
  { weight: 1, arbitrary: span.map((downMs): Step => ({ kind: 'stop', downMs })) },
  { weight: 1, arbitrary: span.map((ms): Step => ({ kind: 'jump', ms })) },
  { weight: 1, arbitrary: span.map((ms): Step => ({ kind: 'jump', ms: -Math.min(ms, CLOCK_AHEAD_MS_MAX) })) },
);

it('does no turn twice and loses none, through kills, stops and clocks that are set', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(step, { minLength: 3, maxLength: 12 }),
      fc.array(fc.record({ minutes: fc.integer({ min: 0, max: 200 }), isGood: fc.boolean() }), {
        minLength: 1,
        maxLength: 20,
      }),
      async (steps, runs) => {
        using ledger = await openLedger({ file: ':memory:' });
        const clock = settableClock(START);
        let at = 0;
        const nextRun = () => {
          const { minutes, isGood } = runs[at++ % runs.length]!;
          return { durationMs: minutes * MINUTE, status: isGood ? ('success' as const) : ('failed' as const) };
        };
        const lives = new Lives({ ledger, clock, subjects: SUBJECTS, runsAtOnce: 2, nextRun });
        lives.start();
        await clock.advance(MINUTE);
        for (const each of steps) await take(each, { lives, clock });
        // Long enough for every run, and for the clock to come back to where it had been.
        await clock.advance(4 * DAY);
        await lives.stop();
        assertNothingTwice(ledger);
        assert.ok(lives.mostAtOnce <= 2);
        for (const { kind, subject: name, turns, catchUp, windowMs } of SUBJECTS) {
          if (!catchUp || windowMs !== undefined) continue;
          const newest = Math.max(...ledger.runs({ kind, subject: name }).map(({ dueMs }) => dueMs!));
          // Two runs at a time keep up with all turns, but not always with the newest two.
          const behind = turns.previous(turns.previous(turns.previous(clock.nowMs())!)!)!;
          assert.ok(newest >= behind, `${kind} ${name}: the last run is of ${new Date(newest).toISOString()}`);
        }
        for (const run of ledger.runs({ kind: 'prune' }))
          assert.ok(run.startedMs <= run.dueMs! + 3 * HOUR, 'a prune out of its window');
      },
    ),
    { numRuns: 12 },
  );
});

async function take(
  each: Step,
  { lives, clock }: { lives: Lives; clock: ReturnType<typeof settableClock> },
): Promise<void> {
  if (each.kind === 'pass') await clock.advance(each.ms);
  else if (each.kind === 'jump') clock.jump(each.ms);
  else {
    if (each.kind === 'kill') lives.kill();
    else await lives.stop();
    await clock.advance(each.downMs);
    lives.start();
  }
}
