import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { ordered } from './ordered.ts';

test('results come in the order of the items, whichever is ready first', async () => {
  const work = async (n: number): Promise<number> => {
    await pause(n % 2 === 0 ? 8 : 1);
    return n * 10;
  };
  const results = await Array.fromAsync(ordered([0, 1, 2, 3, 4, 5, 6], { width: 3 }, work));
  assert.deepEqual(results, [0, 10, 20, 30, 40, 50, 60]);
});

test('no more than width items are taken ahead of the reader', async () => {
  let taken = 0;
  function* items(): Generator<number> {
    for (; taken < 100; taken++) yield taken;
  }
  const results = ordered(items(), { width: 4 }, async (n) => n);
  await results.next();
  await pause(2);
  assert.ok(taken <= 4, `${taken} taken`);
  await results.return();
  assert.ok(taken <= 5, `${taken} taken after the end`);
});

test('the failure that comes first in order is thrown, and the rest is told to stop', async () => {
  const stopped: number[] = [];
  const work = async (n: number, signal: AbortSignal): Promise<number> => {
    signal.addEventListener('abort', () => stopped.push(n));
    await pause(n === 1 ? 5 : 1);
    if (n >= 1) throw new Error(`item ${n}`);
    return n;
  };
  await assert.rejects(Array.fromAsync(ordered([0, 1, 2], { width: 3 }, work)), /item 1/);
  assert.deepEqual(stopped, [0, 1, 2]);
});

test('an aborted signal ends it', async () => {
  const controller = new AbortController();
  const results = ordered([1, 2, 3], { width: 1, signal: controller.signal }, async (n) => n);
  assert.equal((await results.next()).value, 1);
  controller.abort(new Error('enough'));
  await assert.rejects(results.next(), /enough/);
});
