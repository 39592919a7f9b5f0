import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import {
  DAY_MS,
  idOf,
  keptNumbers,
  NOTHING,
  night,
  nightly,
  nightsOf,
  planAfter,
  play,
  points,
  SEVEN_FIVE,
  START_MS,
  told,
} from '../../test/points.ts';
import { hasCode } from '../base/errors.ts';
import type { Point } from './ladder.ts';
import { planPoints } from './points.ts';

function elsewhere(id: string, day: number): Point {
  const timeMs = START_MS + day * DAY_MS + 3_600_000;
  const time = new Date(timeMs).toISOString();
  return { id: id.padEnd(64, '0'), timeMs, time, sequence: undefined, tags: [], provenMs: undefined, isHeld: false };
}

describe('the ladder', () => {
  it('names every reason, the highest level, and the run after which a point goes', () => {
    const plan = planAfter(50, SEVEN_FIVE);
    assert.deepEqual(told(plan), [
      '50: level 1 (1 of 7), next for level 2 & newest good point & newest proven point until 57',
      '49: level 1 (2 of 7) & level 2 (1 of 5) until 84',
      '48: level 1 (3 of 7) until 55',
      '47: level 1 (4 of 7) until 54',
      '46: level 1 (5 of 7) until 53',
      '45: level 1 (6 of 7) until 52',
      '44: level 1 (7 of 7) until 51',
      '42: level 2 (2 of 5) until 77',
      '35: level 2 (3 of 5) until 70',
      '28: level 2 (4 of 5) until 63',
      '21: level 2 (5 of 5) until 56',
    ]);
    assert.deepEqual(
      plan.keep.map(({ level }) => level),
      [1, 2, 1, 1, 1, 1, 1, 2, 2, 2, 2],
    );
  });

  it('says which level has taken others in place of what goes', () => {
    const texts = new Map(planAfter(50, SEVEN_FIVE).remove.map(({ point, text }) => [point.sequence, text]));
    assert.equal(texts.get(43), 'level 1 holds 7 newer ones, level 2 took number 49 of 43 to 49');
    assert.equal(texts.get(14), 'level 2 holds 5 newer ones');
    const short = { ...NOTHING, ladder: [{ keep: 1 }, { keep: 1, every: 4 }] };
    assert.deepEqual(
      planAfter(6, short).remove.map(({ text }) => text),
      [
        'level 1 holds 1 newer one',
        'level 1 holds 1 newer one, level 2 took number 4 of 1 to 4',
        'level 1 holds 1 newer one, level 2 took number 4 of 1 to 4',
        'level 1 holds 1 newer one, level 2 took number 4 of 1 to 4',
      ],
    );
  });

  it('promotes the last good point of a group whose last one is held, and that one when it is released', () => {
    const held = [...nightsOf(13), night(13, { isHeld: true, releasedAt: 20 }), ...nightsOf(20).slice(14)];
    const plans = play(held, SEVEN_FIVE);
    const onLevel2 = (plan: (typeof plans)[number]) =>
      plan!.keep.filter(({ level }) => level === 2).map(({ point }) => point.sequence);
    assert.deepEqual(onLevel2(plans[13]), [13, 7]);
    assert.deepEqual(onLevel2(plans[18]), [13, 7]);
    assert.deepEqual(onLevel2(plans[19]), [14, 7]);
    assert.ok(!keptNumbers(plans[19]!).includes(13));
  });

  it('does not let held points push good ones out', () => {
    const attacked = Array.from({ length: 30 }, (_, index) => night(index, { isHeld: index >= 10 }));
    const plan = play(attacked, SEVEN_FIVE).at(-1)!;
    assert.deepEqual(
      keptNumbers(plan).filter((sequence) => sequence! <= 10),
      [10, 9, 8, 7, 6, 5, 4],
    );
    assert.equal(plan.keep.filter(({ point }) => point.isHeld).length, 20);
  });

  it('counts groups from number 1, so that points gone by hand shift nothing', () => {
    const left = points(nightsOf(16)).filter(({ sequence }) => ![14, 13, 3].includes(sequence!));
    const plan = planPoints(left, SEVEN_FIVE, { nowMs: START_MS });
    assert.deepEqual(
      plan.keep.filter(({ level }) => level === 2).map(({ point }) => point.sequence),
      [12, 7],
    );
  });

  it('takes only levels that make sense', () => {
    for (const ladder of [
      [{ keep: 0 }],
      [{ keep: 1.5 }],
      [{ keep: 3 }, { keep: 2 }],
      [{ keep: 3 }, { keep: 2, every: 0 }],
    ])
      assert.throws(
        () => planAfter(3, { ...NOTHING, ladder }),
        (error) => hasCode(error, 'usage') && /^.*level \d of the ladder/.test(error.message),
      );
  });
});

describe('what else keeps a point', () => {
  it('keeps everything when there is neither ladder nor rule', () => {
    for (const ladder of [undefined, []]) {
      const plan = planAfter(3, { ...NOTHING, ladder });
      assert.deepEqual(told(plan), [
        '3: newest good point & newest proven point & no rule lets it go',
        '2: no rule lets it go',
        '1: no rule lets it go',
      ]);
      assert.deepEqual(plan.remove, []);
    }
  });

  it('takes rules together with the ladder', () => {
    const plan = planAfter(400, { ...SEVEN_FIVE, rules: { monthly: 3 } });
    const ofRules = plan.keep.filter(({ reasons }) => reasons.some(({ kind }) => kind === 'rule'));
    assert.deepEqual(
      ofRules.map(({ point, level }) => [point.time.slice(0, 10), level]),
      [
        ['2027-02-04', 1],
        ['2027-01-31', 1],
        ['2026-12-31', undefined],
      ],
    );
    const removed = plan.remove[0]!;
    assert.equal(
      removed.text,
      'level 1 holds 7 newer ones, level 2 took number 399 of 393 to 399; no keep rule wants it',
    );
  });

  it('says that no rule wants a point where there are only rules', () => {
    const plan = planAfter(3, { ...NOTHING, rules: { last: 1 } });
    assert.deepEqual(new Set(plan.remove.map(({ text }) => text)), new Set(['no keep rule wants it']));
  });

  it('needs valid times and counts only where there are rules', () => {
    const timeless = (point: Point) => ({ ...point, time: 'yesterday' });
    assert.equal(planAfter(9, SEVEN_FIVE, timeless).keep.length, 7);
    assert.throws(
      () => planAfter(9, { ...SEVEN_FIVE, rules: { daily: 1 } }, timeless),
      (error) => hasCode(error, 'file-damaged'),
    );
    assert.throws(
      () => planAfter(9, { ...SEVEN_FIVE, rules: { daily: -2 } }),
      (error) => hasCode(error, 'usage'),
    );
  });

  it('lets an unusual point take no day from a good one', () => {
    const twice = [night(0), night(1), night(1.5, { isHeld: true }), night(2, { isHeld: true })];
    const plan = planPoints(points(twice), { ...NOTHING, rules: { daily: 2 } }, { nowMs: START_MS + 3 * DAY_MS });
    assert.deepEqual(told(plan), [
      '4: unusual, until released',
      '3: unusual, until released',
      '2: daily snapshot & newest good point & newest proven point & last good point before an unusual one',
      '1: daily snapshot',
    ]);
  });

  it('keeps the last good point before every run of unusual ones', () => {
    const isHeld = (index: number) => [3, 4, 8].includes(index);
    const nights = Array.from({ length: 20 }, (_, index) => night(index, { isHeld: isHeld(index) }));
    const plan = planPoints(points(nights), { ...NOTHING, rules: { last: 1 } }, { nowMs: START_MS + 30 * DAY_MS });
    assert.deepEqual(keptNumbers(plan), [20, 9, 8, 5, 4, 3]);
  });

  it('keeps pins, by any first digits and in either case, and refuses what can be no id', () => {
    const policy = { ...SEVEN_FIVE, pins: ['3F00', idOf(2)] };
    assert.deepEqual(told(planAfter(12, policy)).slice(-2), ['3: pinned', '2: pinned']);
    for (const pin of ['', 'latest', `${idOf(2)}0`])
      assert.throws(
        () => planAfter(9, { ...SEVEN_FIVE, pins: [pin] }),
        (error) => hasCode(error, 'usage') && error.message.includes('pin'),
      );
  });

  it('keeps so many of the newest good points at least', () => {
    const policy = { ...NOTHING, ladder: [{ keep: 2 }], keepAtLeast: 4 };
    assert.deepEqual(told(planAfter(6, policy)), [
      '6: level 1 (1 of 2) & one of the newest 4 good points & newest proven point until 10',
      '5: level 1 (2 of 2) & one of the newest 4 good points until 9',
      '4: one of the newest 4 good points until 8',
      '3: one of the newest 4 good points until 7',
    ]);
    const half = points([...nightsOf(3), night(3, { isHeld: true }), night(4, { isHeld: true })]);
    assert.deepEqual(keptNumbers(planPoints(half, policy, { nowMs: START_MS })), [5, 4, 3, 2, 1]);
  });

  it('keeps the newest proven point however old it is, until another is proven', () => {
    const plan = planAfter(40, SEVEN_FIVE, (point) => ({
      ...point,
      provenMs: point.sequence === 2 ? START_MS : undefined,
    }));
    assert.equal(told(plan).at(-1), '2: newest proven point until 41');
  });
});

describe('a point without a number', () => {
  it('stays, where its time puts it, and is on no level', () => {
    const all = [elsewhere('a', 20), elsewhere('b', 8), elsewhere('c', 8), elsewhere('d', -3), ...points(nightsOf(10))];
    const plan = planPoints(all, { ...NOTHING, ladder: [{ keep: 3 }] }, { nowMs: START_MS, upcomingMs: [START_MS] });
    assert.deepEqual(
      plan.keep.map(({ point }) => point.sequence ?? point.id[0]),
      ['a', 10, 'b', 'c', 9, 8, 'd'],
    );
    const other = plan.keep.find(({ point }) => point.id.startsWith('b'))!;
    assert.deepEqual(other.reasons, [{ kind: 'no-policy', text: 'not of this plan' }]);
    assert.equal(other.level, undefined);
  });

  it('is also counted by rules, but never goes', () => {
    const all = [elsewhere('a', 2), ...points(nightsOf(3))];
    const plan = planPoints(
      all,
      { ...NOTHING, rules: { daily: 1 } },
      { nowMs: START_MS + 9 * DAY_MS, upcomingMs: nightly(START_MS + 5 * DAY_MS) },
    );
    assert.deepEqual(told(plan), ['undefined: daily snapshot', '3: newest good point & newest proven point until 7']);
  });
});
