import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { EchoInit, EchoJob } from './echo.ts';
import { startThreads, type Threads } from './pool.ts';

type Pool = Threads<EchoJob, unknown, unknown>;

function start(count: number, more: { failToBegin?: boolean; jobsInFlightMax?: number } = {}): Pool {
  const { failToBegin = false, ...options } = more;
  const init: EchoInit = { shared: new SharedArrayBuffer(4), failToBegin };
  return startThreads({ entry: new URL('./echo.ts', import.meta.url), count, init, ...options });
}

test('jobs are answered, each call with its own result', async () => {
  await using pool = start(2);
  const values = Array.from({ length: 50 }, (_, value) => value);
  assert.deepEqual(await Promise.all(values.map((value) => pool.call({ kind: 'echo', value }))), values);
  assert.equal(pool.count, 2);
});

test('every thread gets a broadcast, memory in init is shared, one thread can be named', async () => {
  await using pool = start(2);
  assert.deepEqual((await pool.broadcast({ kind: 'count' })).toSorted(), [0, 1]);
  assert.equal(await pool.callOn(1, { kind: 'count' }), 2);
  assert.throws(() => pool.callOn(2, { kind: 'count' }), { name: 'BugError' });
});

test('a thread never has more jobs than allowed, and work is spread', async () => {
  await using pool = start(2, { jobsInFlightMax: 3 });
  const jobs = Array.from({ length: 30 }, () => pool.call({ kind: 'wait', ms: 5 }) as Promise<number>);
  const running = await Promise.all(jobs);
  assert.equal(Math.max(...running), 3);
});

test('the least busy thread is chosen', async () => {
  await using pool = start(2);
  await pool.broadcast({ kind: 'echo', value: 0 });
  const long = pool.callOn(0, { kind: 'wait', ms: 200 });
  const start0 = performance.now();
  for (let i = 0; i < 5; i++) assert.equal(await pool.call({ kind: 'wait', ms: 1 }), 1);
  assert.ok(performance.now() - start0 < 150);
  await long;
});

test('buffers move there and back without a copy', async () => {
  await using pool = start(1);
  const bytes = new Uint8Array(1024 * 1024).fill(7);
  const answer = pool.call({ kind: 'transfer', bytes }, [bytes.buffer]);
  await Promise.resolve();
  const back = (await answer) as Uint8Array;
  assert.equal(bytes.length, 0);
  assert.equal(back.length, 1024 * 1024);
  assert.equal(back[0], 8);
});

test('errors of a job reject that call alone, with code and hint', async () => {
  await using pool = start(1);
  const expected = { code: 'refused', message: 'refused by a safety rule: not today', hint: 'Ask tomorrow.' };
  await assert.rejects(pool.call({ kind: 'refuse' }), expected);
  await assert.rejects(pool.call({ kind: 'bug' }), { code: 'worker-failed', message: /TypeError: a mistake/ });
  await assert.rejects(pool.call({ kind: 'uncloneable' }), { code: 'worker-failed', message: /could not be cloned/ });
  await assert.rejects(pool.call({ kind: 'echo', value: () => {} }), { name: 'DataCloneError' });
  assert.equal(await pool.call({ kind: 'echo', value: 'still here' }), 'still here');
});

test('events arrive before the result of the job that emitted them', async () => {
  await using pool = start(2);
  const heard: unknown[] = [];
  pool.onEvent((event, thread) => heard.push([event, thread]));
  await pool.callOn(1, { kind: 'emit', value: 'first' });
  assert.deepEqual(heard, [['first', 1]]);
});

for (const kind of ['uncaught', 'exit'] as const)
  test(`a thread that dies by ${kind} fails its calls and all later ones, not those of others`, async () => {
    await using pool = start(2);
    const other = pool.callOn(1, { kind: 'wait', ms: 100 });
    const [own, behind] = [pool.callOn(0, { kind: 'wait', ms: 10_000 }), pool.callOn(0, { kind })];
    const message = kind === 'exit' ? /code 0/ : /nobody caught this/;
    await assert.rejects(behind, { code: 'worker-failed', message });
    await assert.rejects(own, { code: 'worker-failed', message });
    await assert.rejects(pool.call({ kind: 'count' }), { code: 'worker-failed', message });
    await assert.rejects(pool.broadcast({ kind: 'count' }), { code: 'worker-failed', message });
    assert.equal(await other, 1);
  });

test('calls that wait for a place fail too when a thread dies', async () => {
  await using pool = start(1);
  const calls = Array.from({ length: 10 }, () => pool.call({ kind: 'uncaught' }));
  const ends = await Promise.allSettled(calls);
  assert.deepEqual(new Set(ends.map((end) => end.status)), new Set(['rejected']));
});

test('a thread that cannot begin says why', async () => {
  await using pool = start(1, { failToBegin: true });
  await assert.rejects(pool.call({ kind: 'count' }), { code: 'vault-version', message: /too new/ });
  await using none = startThreads({ entry: new URL('file:///none.ts'), count: 1, init: {} });
  await assert.rejects(none.call({}), { code: 'worker-failed', message: /none\.ts/ });
});

test('stopping ends open calls, and the process can end', async () => {
  const pool = start(2);
  const open = pool.call({ kind: 'wait', ms: 60_000 });
  const rejected = assert.rejects(open, { code: 'interrupted' });
  await pool[Symbol.asyncDispose]();
  await rejected;
  await assert.rejects(pool.call({ kind: 'count' }), { code: 'interrupted' });
});

test('threads that are stopped while they start do no harm', async () => {
  for (let delayMs = 0; delayMs < 200; delayMs += 10) {
    const pool = start(2);
    await new Promise((resolve) => setTimeout(resolve, delayMs));
    await pool[Symbol.asyncDispose]();
    await assert.rejects(pool.call({ kind: 'echo', value: 1 }), { code: 'interrupted' });
  }
});

test('what a thread was given but has not begun is left when it is stopped', async () => {
  const pool = start(1, { jobsInFlightMax: 50 });
  await pool.call({ kind: 'echo', value: 0 });
  const ended: unknown[] = [];
  for (let job = 0; job < 50; job++)
    pool.call({ kind: 'count' }).then(
      (value) => ended.push(value),
      () => undefined,
    );
  await pool[Symbol.asyncDispose]();
  assert.ok(ended.length < 50);
});
