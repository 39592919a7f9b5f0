import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { when } from '../config.ts';
import { judgeOverdue, type OverdueRule } from './overdue.ts';

const HOUR = 60 * 60_000;
const DAY = 24 * HOUR;
const FRIDAY = Date.parse('2026-11-20T22:00:00Z');

function rule(at: string | undefined, overdueAfterMs?: number, zone = 'UTC'): OverdueRule {
  return { turns: at === undefined ? undefined : when.parseWhen(at, zone), randomDelayMs: 0, overdueAfterMs };
}

function judged(given: OverdueRule, successMs: number | undefined, nowMs: number, firstSeenMs = 0) {
  return judgeOverdue(given, { successesMs: successMs === undefined ? [] : [successMs], firstSeenMs, nowMs });
}

describe('a plan is overdue', () => {
  it('after two turns of its schedule, and as much later as the last run ended', () => {
    const success = FRIDAY + HOUR;
    assert.deepEqual(judged(rule('22:00'), success, FRIDAY + 2 * DAY + HOUR), {
      isOverdue: false,
      deadlineMs: FRIDAY + 2 * DAY + HOUR,
    });
    assert.equal(judged(rule('22:00'), success, FRIDAY + 2 * DAY + HOUR + 1).isOverdue, true);
  });

  it('by the turns there are: not on Sunday when it runs from Monday to Friday', () => {
    const success = FRIDAY + HOUR;
    const weekly = rule('Mon..Fri 22:00');
    assert.equal(judged(weekly, success, FRIDAY + 2 * DAY + 20 * HOUR).isOverdue, false);
    assert.equal(judged(weekly, success, FRIDAY + 4 * DAY + HOUR).isOverdue, false);
    assert.equal(judged(weekly, success, FRIDAY + 4 * DAY + HOUR + 1).isOverdue, true);
  });

  it('no later than a turn after that, when somebody ran it by hand in between', () => {
    const sunday = FRIDAY + 2 * DAY;
    assert.equal(judged(rule('Mon..Fri 22:00'), sunday, sunday).deadlineMs, FRIDAY + 4 * DAY + DAY);
  });

  it('after its own limit, with a schedule or without', () => {
    for (const given of [rule('22:00', 3 * HOUR), rule(undefined, 3 * HOUR)]) {
      assert.equal(judged(given, FRIDAY, FRIDAY + 3 * HOUR).isOverdue, false);
      assert.equal(judged(given, FRIDAY, FRIDAY + 3 * HOUR + 1).isOverdue, true);
    }
  });

  it('when it never succeeded, counted from when it was first seen', () => {
    const seen = FRIDAY - HOUR;
    assert.equal(judged(rule('22:00'), undefined, FRIDAY + DAY, seen).isOverdue, false);
    assert.equal(judged(rule('22:00'), undefined, FRIDAY + DAY + 24 * HOUR, seen).isOverdue, true);
  });

  it('never without schedule and limit, and has no time then', () => {
    assert.deepEqual(judged(rule(undefined), undefined, FRIDAY), { isOverdue: false, deadlineMs: undefined });
  });

  it('when its successes lie years ahead, as they are of a wrong clock', () => {
    const facts = { successesMs: [FRIDAY + 1000 * DAY, FRIDAY - 5 * DAY], firstSeenMs: 0, nowMs: FRIDAY };
    assert.equal(judgeOverdue(rule('22:00'), facts).isOverdue, true);
    assert.equal(judgeOverdue(rule('22:00'), { ...facts, successesMs: [FRIDAY + HOUR] }).isOverdue, false);
  });

  it('not by the hour that clocks are changed', () => {
    const success = Date.parse('2026-10-24T22:10:00+02:00');
    const { deadlineMs } = judged(rule('22:00', undefined, 'Europe/Berlin'), success, success);
    assert.equal(deadlineMs, Date.parse('2026-10-26T22:10:00+01:00'));
  });

  it('later, the later its last success', () => {
    const turns = rule('Mon..Fri 22:00');
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 14 * DAY }), fc.integer({ min: 0, max: DAY }), (atMs, moreMs) => {
        const [first, second] = [atMs, atMs + moreMs].map((ms) => judged(turns, FRIDAY + ms, FRIDAY + ms).deadlineMs!);
        assert.ok(first! <= second! && first! > FRIDAY + atMs + DAY);
      }),
      { numRuns: 100 },
    );
  });
});
