import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import {
  DAY_MS,
  NOTHING,
  night,
  nightly,
  nightsOf,
  planAfter,
  points,
  SEVEN_FIVE,
  START_MS,
  told,
} from '../../test/points.ts';
import { FORECAST_RUNS_MAX } from '../base/limits.ts';
import { parseDuration } from './duration.ts';
import type { PointPolicy } from './point-policy.ts';
import { planPoints } from './points.ts';

describe('when a point goes', () => {
  const goesAfter = (count: number, rules: PointPolicy['rules']) =>
    planAfter(count, { ...NOTHING, rules }).keep.map(({ point, goesMs }) => [
      point.sequence,
      goesMs === undefined ? undefined : (goesMs - START_MS) / DAY_MS + 1 - count,
    ]);

  it('is told for rules about spans and periods', () => {
    assert.deepEqual(goesAfter(5, { within: parseDuration('3d') }), [
      [5, 3],
      [4, 2],
      [3, 1],
    ]);
    assert.deepEqual(goesAfter(12, { weekly: 2 }), [
      // 1 January 2026 was a Thursday, so number 11 was a Sunday and number 12 is displaced by the next.
      [12, 1],
      [11, 7],
    ]);
    assert.deepEqual(goesAfter(5, { withinDaily: parseDuration('2d') }), [
      [5, 2],
      [4, 1],
    ]);
  });

  it('is the first time a span in months leaves it out, though a later one would reach further back', () => {
    const days = (text: string) => (Date.parse(text) - START_MS) / DAY_MS;
    const plan = planAfter(days('2026-03-30T02:00Z') + 1, { ...NOTHING, rules: { within: parseDuration('1m') } });
    // A month before 31 March is 3 March, as February has no 31st, but a month before 1 April is 1 March.
    assert.equal(told(plan).at(-1), `62: within 1m until ${days('2026-03-31T02:00Z') + 1}`);
  });

  it('is the next run for the newest of a period that the run is in as well', () => {
    const nowMs = START_MS + 4 * DAY_MS;
    const rules = { withinDaily: parseDuration('9d') };
    const upcomingMs = [nowMs + DAY_MS / 2];
    const plan = planPoints(points(nightsOf(5)), { ...NOTHING, rules }, { nowMs: nowMs + 1, upcomingMs });
    assert.deepEqual(
      plan.keep.map(({ goesMs }) => goesMs),
      [upcomingMs[0], undefined, undefined, undefined, undefined],
    );
  });

  it('is never for what is unlimited, tagged, pinned or held', () => {
    assert.deepEqual(goesAfter(2, { last: -1 }), [
      [2, undefined],
      [1, undefined],
    ]);
    assert.deepEqual(goesAfter(2, { yearly: -1 }).at(-1), [1, undefined]);
    const tagged = planAfter(4, { ...NOTHING, rules: { tags: [['x']] } }, (point) => ({ ...point, tags: ['x'] }));
    assert.ok(tagged.keep.every(({ goesMs }) => goesMs === undefined));
  });

  it('is not told beyond the runs that are known, and asks for no more of them than needed', () => {
    const nowMs = START_MS + 49 * DAY_MS + 1;
    const short = planPoints(points(nightsOf(50)), SEVEN_FIVE, { nowMs, upcomingMs: [1, 2, 3].map((n) => nowMs + n) });
    assert.deepEqual(
      short.keep.map(({ goesMs }) => goesMs && goesMs - nowMs),
      [undefined, undefined, undefined, undefined, 3, 2, 1, undefined, undefined, undefined, undefined],
    );
    let asked = 0;
    const counted = function* (): Generator<number> {
      for (const timeMs of nightly(nowMs)) {
        asked++;
        yield timeMs;
      }
    };
    planPoints(points(nightsOf(50)), SEVEN_FIVE, { nowMs, upcomingMs: counted() });
    assert.equal(asked, 34);
    asked = 0;
    const plan = planPoints(
      points(nightsOf(50)),
      { ...NOTHING, rules: { yearly: 100 } },
      { nowMs, upcomingMs: counted() },
    );
    assert.equal(asked, FORECAST_RUNS_MAX);
    assert.equal(plan.keep.at(-1)!.goesMs, undefined);
    assert.ok(planPoints(points(nightsOf(9)), SEVEN_FIVE, { nowMs }).keep.every(({ goesMs }) => goesMs === undefined));
  });

  it('is not told by rules of dates when a point has a time that is still to come', () => {
    const ahead = points([...nightsOf(5), night(90)]);
    const nowMs = START_MS + 5 * DAY_MS;
    const plan = planPoints(ahead, { ...NOTHING, rules: { daily: 3 } }, { nowMs, upcomingMs: nightly(nowMs) });
    assert.ok(plan.keep.length === 3 && plan.keep.every(({ goesMs }) => goesMs === undefined));
  });
});

describe('a plan of many points', () => {
  const policies: Record<string, PointPolicy> = {
    'a ladder': { ...SEVEN_FIVE, ladder: [{ keep: 5000 }, { keep: 1000, every: 4 }, { keep: 50, every: 12 }] },
    'every rule': {
      ...NOTHING,
      rules: {
        last: 5000,
        hourly: 9000,
        daily: 4000,
        weekly: 900,
        monthly: 200,
        yearly: 20,
        within: parseDuration('20y'),
        withinDaily: parseDuration('25y'),
      },
    },
  };
  for (const [name, policy] of Object.entries(policies))
    it(`takes well under a second: 10,000 with ${name}`, () => {
      const startedMs = performance.now();
      const plan = planAfter(10_000, policy);
      const tookMs = performance.now() - startedMs;
      assert.equal(plan.keep.length + plan.remove.length, 10_000);
      assert.ok(plan.keep.some(({ goesMs }) => goesMs !== undefined));
      assert.ok(tookMs < 3_000, `${tookMs} ms`);
    });
});
