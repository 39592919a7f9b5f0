import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fixedClock, systemClock } from './clock.ts';

test('the system clock sleeps, measures and can be interrupted', async () => {
  const start = systemClock.monotonicMs();
  await systemClock.sleep(20);
  assert.ok(systemClock.monotonicMs() - start >= 19);
  assert.ok(Math.abs(systemClock.nowMs() - Date.now()) < 1000);
  await systemClock.sleep(-5);
  const reason = new Error('enough');
  await assert.rejects(systemClock.sleep(10_000, AbortSignal.abort(reason)), reason);
  const controller = new AbortController();
  setTimeout(() => controller.abort(reason), 10);
  await assert.rejects(systemClock.sleep(2 ** 40, controller.signal), reason);
});

test('a fixed clock wakes sleepers in order, and what they sleep for next', async () => {
  const clock = fixedClock(1000);
  const woken: [string, number][] = [];
  const sleeper = async (name: string, ...spans: number[]) => {
    for (const ms of spans) {
      await clock.sleep(ms);
      woken.push([name, clock.nowMs()]);
    }
  };
  const all = [sleeper('slow', 50, 50), sleeper('fast', 10, 10, 200), sleeper('far', 1000)];
  await clock.advance(100);
  assert.deepEqual(woken, [
    ['fast', 1010],
    ['fast', 1020],
    ['slow', 1050],
    ['slow', 1100],
  ]);
  assert.equal(clock.nowMs(), 1100);
  assert.equal(clock.monotonicMs(), 100);
  assert.equal(clock.sleeping, 2);
  await clock.advance(2000);
  await Promise.all(all);
});

test('a sleeper on a fixed clock can be interrupted', async () => {
  const clock = fixedClock(0);
  const controller = new AbortController();
  const sleep = clock.sleep(5, controller.signal);
  controller.abort(new Error('stop'));
  await assert.rejects(sleep, /stop/);
  assert.equal(clock.sleeping, 0);
  await assert.rejects(clock.sleep(5, controller.signal), /stop/);
});
