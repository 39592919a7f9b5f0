import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Point } from './ladder.ts';
import { planPoints } from './points.ts';

const DAY_MS = 86_400_000;

const point = (sequence: number, more: Partial<Point> = {}): Point => ({
  id: sequence.toString(16).padStart(64, '0'),
  timeMs: sequence * DAY_MS,
  time: new Date(sequence * DAY_MS).toISOString(),
  sequence,
  tags: [],
  provenMs: sequence * DAY_MS,
  isHeld: false,
  isLesser: false,
  ...more,
});

const policy = { ladder: [{ keep: 3 }, { keep: 2, every: 3 }], rules: {}, pins: [], keepAtLeast: 1 };

function kept(points: readonly Point[], given: Partial<typeof policy> = {}): number[] {
  const { keep, remove } = planPoints(points, { ...policy, ...given }, { nowMs: 100 * DAY_MS });
  assert.equal(keep.length + remove.length, points.length);
  return keep.map((each) => each.point.sequence!).sort((a, b) => a - b);
}

test('a week of nights that failed in part pushes no good point out', () => {
  const good = [1, 2, 3].map((number) => point(number));
  const bad = [4, 5, 6, 7, 8, 9, 10].map((number) => point(number, { isLesser: true }));
  assert.deepEqual(kept([...good, ...bad]), [1, 2, 3, 8, 9, 10]);
});

test('what is always incomplete stays bounded', () => {
  const bad = Array.from({ length: 50 }, (_, at) => point(at + 1, { isLesser: true }));
  assert.deepEqual(kept(bad), [48, 49, 50]);
  assert.equal(kept(bad, { ladder: undefined as never, rules: { daily: 5 } }).length, 7);
});

test('the last good point of a complete group is promoted, though lesser ones complete it', () => {
  const points = [point(1), point(2), point(3, { isLesser: true }), ...[4, 5, 6, 7].map((number) => point(number))];
  const { keep } = planPoints(points, policy, { nowMs: 100 * DAY_MS });
  assert.equal(keep.find((each) => each.point.sequence === 2)?.level, 2);
});

test('the last good point before an unusual one stays, also where lesser ones lie between', () => {
  const points = [
    point(1),
    point(2, { isLesser: true }),
    point(3, { isHeld: true, isLesser: true }),
    ...[4, 5, 6, 7, 8, 9, 10, 11, 12, 13].map((number) => point(number, { isLesser: true })),
  ];
  const { keep } = planPoints(points, policy, { nowMs: 100 * DAY_MS });
  const texts = keep.find((each) => each.point.sequence === 1)?.reasons.map(({ kind }) => kind);
  assert.ok(texts?.includes('held'));
  assert.ok(keep.some((each) => each.point.sequence === 3));
});

test('why a lesser point goes is said', () => {
  const bad = [1, 2, 3, 4].map((number) => point(number, { isLesser: true }));
  const { remove } = planPoints(bad, policy, { nowMs: 100 * DAY_MS });
  assert.deepEqual(
    remove.map(({ point: { sequence }, text }) => [sequence, text]),
    [[1, 'newer ones that are no better stay']],
  );
});
