import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { fileId } from '../base/ids.ts';
import { parseDuration } from './duration.ts';
import { type DatedSnapshot, isEmptyPolicy, planRetention } from './policy.ts';
import type { RetentionPolicy } from './rules.ts';

const NOW = Date.UTC(2026, 7, 2);
const COUNTS = ['last', 'hourly', 'daily', 'weekly', 'monthly', 'yearly'] as const;
const SPANS = ['within', 'withinHourly', 'withinDaily', 'withinWeekly', 'withinMonthly', 'withinYearly'] as const;

/** Up to 60 snapshots over three years, some at the same instant, some in the future. */
const snapshotLists = fc
  .array(
    fc.record({
      hoursAgo: fc.oneof(fc.integer({ min: -48, max: 200 }), fc.integer({ min: 0, max: 26_000 })),
      zone: fc.constantFrom('Z', '+02:00', '-05:00', '+05:30'),
      tags: fc.subarray(['a', 'b', 'c']),
    }),
    { maxLength: 60 },
  )
  .map((list) => list.map(toSnapshot));

function toSnapshot(given: { hoursAgo: number; zone: string; tags: string[] }, index: number): DatedSnapshot {
  const clock = new Date(NOW - given.hoursAgo * 3_600_000).toISOString().slice(0, -5);
  const id = fileId(index.toString(16).padStart(64, '0'));
  return { id, time: clock + given.zone, hostname: 'web', paths: ['/etc'], tags: given.tags };
}

const policies: fc.Arbitrary<RetentionPolicy> = fc
  .tuple(
    fc.dictionary(fc.constantFrom(...COUNTS), fc.integer({ min: -1, max: 8 })),
    fc.dictionary(fc.constantFrom(...SPANS), fc.constantFrom('3d', '2m', '1y', '36h').map(parseDuration)),
    fc.array(fc.subarray(['a', 'b', 'c', ''], { minLength: 1 }), { maxLength: 2 }),
  )
  .map(([counts, spans, tags]) => ({ ...counts, ...spans, tags, unsafeAllowRemoveAll: true }));

function keptIds(snapshots: DatedSnapshot[], policy: RetentionPolicy): Set<string> {
  return new Set(planRetention(snapshots, policy, NOW).keep.map(({ snapshot }) => snapshot.id));
}

test('every snapshot is either kept with a reason or removed, newest first, whatever their order was', () => {
  fc.assert(
    fc.property(snapshotLists, policies, (snapshots, policy) => {
      const plan = planRetention(snapshots, policy, NOW);
      const kept = plan.keep.map(({ snapshot }) => snapshot);
      assert.deepEqual(new Set([...kept, ...plan.remove]), new Set(snapshots));
      assert.equal(kept.length + plan.remove.length, snapshots.length);
      assert.ok(plan.keep.every(({ reasons }) => reasons.length > 0));
      for (const list of [kept, plan.remove]) {
        const times = list.map(({ time }) => Date.parse(time));
        assert.deepEqual(
          times,
          times.toSorted((a, b) => b - a),
        );
      }
      assert.deepEqual(planRetention(snapshots.toReversed(), policy, NOW), plan);
    }),
  );
});

test('a count never keeps more than it says', () => {
  fc.assert(
    fc.property(snapshotLists, fc.constantFrom(...COUNTS), fc.integer({ min: 1, max: 8 }), (snapshots, rule, count) => {
      const kept = keptIds(snapshots, { [rule]: count });
      assert.ok(kept.size <= count);
      if (snapshots.length > 0) assert.ok(kept.size >= 1);
    }),
  );
});

test('more rules never keep less: a policy keeps what each of its parts keeps', () => {
  fc.assert(
    fc.property(snapshotLists, policies, policies, (snapshots, one, other) => {
      const both = keptIds(snapshots, { ...other, ...one, tags: [...one.tags!, ...other.tags!] });
      if (isEmptyPolicy(one)) return;
      for (const id of keptIds(snapshots, one)) assert.ok(both.has(id));
    }),
  );
});

test('a larger count never keeps less, and -1 keeps most', () => {
  fc.assert(
    fc.property(snapshotLists, fc.constantFrom(...COUNTS), fc.integer({ min: 1, max: 8 }), (snapshots, rule, count) => {
      const next = keptIds(snapshots, { [rule]: count + 1 });
      const all = keptIds(snapshots, { [rule]: -1 });
      // The oldest is kept for want of others, and gives way to one that is new of its period.
      const oldest = planRetention(snapshots, { last: -1 }, NOW).keep.at(-1)?.snapshot.id;
      for (const id of keptIds(snapshots, { [rule]: count })) assert.ok(next.has(id) || id === oldest);
      for (const id of next) assert.ok(all.has(id));
    }),
  );
});

test('counts must be whole and at least -1', () => {
  for (const count of [-2, 1.5, Number.NaN])
    assert.throws(() => planRetention([], { daily: count }, NOW), { code: 'usage' }, String(count));
});

test('an empty policy keeps everything and says so', () => {
  const snapshots = [toSnapshot({ hoursAgo: 1, zone: 'Z', tags: [] }, 1)];
  assert.equal(isEmptyPolicy({ last: 0, tags: [], within: parseDuration('') }), true);
  assert.equal(isEmptyPolicy({ tags: [['']] }), false);
  assert.deepEqual(planRetention(snapshots, {}, NOW), {
    keep: [{ snapshot: snapshots[0], reasons: ['policy is empty'] }],
    remove: [],
  });
});

test('keeping none of a group needs leave', () => {
  const snapshots = [toSnapshot({ hoursAgo: 1, zone: 'Z', tags: [] }, 1)];
  const policy = { tags: [['gold']] };
  assert.throws(() => planRetention(snapshots, policy, NOW), { code: 'refused' });
  assert.deepEqual(planRetention(snapshots, { ...policy, unsafeAllowRemoveAll: true }, NOW).remove, snapshots);
  assert.deepEqual(planRetention([], policy, NOW), { keep: [], remove: [] });
});
