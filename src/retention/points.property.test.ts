import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { DAY_MS, histories, keptNumbers, ladders, NOTHING, play, points, policies } from '../../test/points.ts';
import { planPoints } from './points.ts';

const OPTIONS = { numRuns: 150 };

test('planning after every run with what is left gives what planning with all there ever were gives', () => {
  fc.assert(
    fc.property(histories, policies, (nights, policy) => {
      for (const [index, plan] of play(nights, policy).entries()) {
        const nowMs = nights[index]!.timeMs + 1;
        const full = planPoints(points(nights, index + 1), policy, { nowMs });
        assert.deepEqual(keptNumbers(plan!), keptNumbers(full), `after run ${index + 1}`);
        assert.deepEqual(
          plan!.keep.map(({ level, reasons }) => ({ level, reasons })),
          full.keep.map(({ level, reasons }) => ({ level, reasons })),
        );
      }
    }),
    OPTIONS,
  );
});

test('runs after which nothing was planned make no difference to the next plan', () => {
  fc.assert(
    fc.property(histories, policies, fc.integer({ min: 2, max: 9 }), (nights, policy, every) => {
      const always = play(nights, policy);
      const sometimes = play(nights, policy, (sequence) => sequence % every === 0);
      for (const [index, plan] of sometimes.entries())
        if (plan !== undefined) assert.deepEqual(keptNumbers(plan), keptNumbers(always[index]!));
    }),
    OPTIONS,
  );
});

test('a plan has every point once, and is the same whatever the order they come in', () => {
  fc.assert(
    fc.property(histories, policies, fc.infiniteStream(fc.nat()), (nights, policy, chance) => {
      const all = points(nights);
      const nowMs = nights.at(-1)!.timeMs + 1;
      const plan = planPoints(all, policy, { nowMs, upcomingMs: [nowMs + DAY_MS] });
      const seen = [...plan.keep, ...plan.remove].map(({ point }) => point);
      assert.equal(seen.length, all.length);
      assert.deepEqual(new Set(seen), new Set(all));
      assert.ok(plan.keep.every(({ reasons }) => reasons.length > 0));
      assert.ok(plan.remove.every(({ text }) => text.length > 0));
      for (const list of [plan.keep, plan.remove]) {
        const numbers = list.map(({ point }) => point.sequence!);
        assert.deepEqual(
          numbers,
          numbers.toSorted((a, b) => b - a),
        );
      }
      const shuffled = all
        .map((point) => ({ point, key: chance.next().value }))
        .sort((a, b) => a.key - b.key)
        .map(({ point }) => point);
      assert.deepEqual(planPoints(shuffled, policy, { nowMs, upcomingMs: [nowMs + DAY_MS] }), plan);
    }),
    OPTIONS,
  );
});

test('the ladder never holds more than its levels do, nor a level more than it keeps', () => {
  fc.assert(
    fc.property(histories, ladders, (nights, ladder) => {
      const total = ladder.reduce((sum, { keep }) => sum + keep, 0);
      for (const plan of play(nights, { ...NOTHING, ladder })) {
        const onLadder = plan!.keep.filter(({ reasons }) => reasons.some(({ kind }) => kind === 'ladder'));
        assert.ok(onLadder.length <= total);
        for (const [index, { keep }] of ladder.entries()) {
          const claims = plan!.keep.flatMap(({ reasons }) => reasons.map(({ text }) => text));
          assert.ok(claims.filter((text) => text.startsWith(`level ${index + 1} (`)).length <= keep);
        }
        const others = plan!.keep.filter(({ reasons }) => reasons.every(({ kind }) => kind !== 'ladder'));
        assert.ok(
          others.every(({ reasons }) => reasons.every(({ kind }) => ['held', 'proven', 'floor'].includes(kind))),
        );
      }
    }),
    OPTIONS,
  );
});

test('what is held stays, with the last good point before it, and is never on a level', () => {
  fc.assert(
    fc.property(histories, policies, (nights, policy) => {
      const all = points(nights);
      const { keep } = planPoints(all, policy, { nowMs: nights.at(-1)!.timeMs + 1 });
      const kept = new Map(keep.map((each) => [each.point.sequence!, each]));
      for (const point of all.filter(({ isHeld }) => isHeld)) {
        assert.equal(kept.get(point.sequence!)?.level, undefined);
        assert.ok(kept.has(point.sequence!));
        const before = all.findLast(({ sequence, isHeld }) => !isHeld && sequence! < point.sequence!);
        if (before !== undefined) assert.ok(kept.get(before.sequence!)?.reasons.some(({ kind }) => kind === 'held'));
      }
    }),
    OPTIONS,
  );
});

test('the newest proven point is never removed, nor the newest of all, nor what is pinned', () => {
  fc.assert(
    fc.property(histories, policies, (nights, policy) => {
      for (const [index, plan] of play(nights, policy).entries()) {
        const removed = plan!.remove.map(({ point }) => point);
        const all = points(nights, index + 1);
        const proven = all.findLast(({ provenMs, isHeld }) => provenMs !== undefined && !isHeld);
        assert.ok(removed.every(({ sequence }) => sequence !== proven?.sequence && sequence !== all.length));
        assert.ok(removed.every(({ id }) => policy.pins.every((pin) => !id.startsWith(pin))));
        const good = all.filter(({ isHeld }) => !isHeld).slice(-policy.keepAtLeast);
        assert.ok(good.every((point) => removed.every(({ sequence }) => sequence !== point.sequence)));
      }
    }),
    OPTIONS,
  );
});

test('missed nights cost nothing: the dates make no difference to the ladder', () => {
  fc.assert(
    fc.property(histories, ladders, fc.array(fc.integer({ min: -50, max: 50 })), (nights, ladder, shifts) => {
      const policy = { ...NOTHING, ladder };
      const others = nights.map((night, index) => ({ ...night, timeMs: night.timeMs + (shifts[index] ?? 0) * DAY_MS }));
      const [plan, other] = [nights, others].map((each) => planPoints(points(each), policy, { nowMs: 0 }));
      assert.deepEqual(keptNumbers(plan!), keptNumbers(other!));
      assert.deepEqual(
        plan!.remove.map(({ text }) => text),
        other!.remove.map(({ text }) => text),
      );
    }),
    OPTIONS,
  );
});

test('when a point is said to go it goes, if every run succeeds, and not before', () => {
  fc.assert(
    fc.property(histories, policies, (nights, policy) => {
      const last = nights.at(-1)!.timeMs;
      const all = points(nights);
      const upcomingMs = Array.from({ length: 40 }, (_, n) => last + (n + 1) * DAY_MS * 0.75);
      const { keep } = planPoints(all, policy, { nowMs: last + 1, upcomingMs });
      let left = keep.map(({ point }) => point);
      for (const [n, timeMs] of upcomingMs.entries()) {
        const sequence = all.length + n + 1;
        const further = points([{ timeMs, isProven: true, isHeld: false, releasedAt: undefined }])[0]!;
        left.push({ ...further, sequence, id: sequence.toString(16).padStart(64, 'e') });
        const plan = planPoints(left, policy, { nowMs: timeMs + 1 });
        const going = keep.filter(({ goesMs }) => goesMs === timeMs).map(({ point }) => point.sequence!);
        const gone = plan.remove.map(({ point }) => point.sequence!).filter((number) => number <= all.length);
        assert.deepEqual(gone, going, `after ${n + 1} more`);
        left = plan.keep.map(({ point }) => point);
      }
    }),
    OPTIONS,
  );
});
