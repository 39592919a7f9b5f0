import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { JOBS_PER_THREAD_MAX } from '../base/limits.ts';
import { Schedule } from './schedule.ts';

const THREADS = 2;
const PLACES = THREADS * JOBS_PER_THREAD_MAX;

describe('the schedule', () => {
  it('gives the threads no more than they have room for, and the newest first when there is room again', async () => {
    const { schedule, begun, finish } = newSchedule();
    for (let job = 0; job < PLACES + 3; job++) void schedule.run(() => `${job}`);
    await tick();
    assert.deepEqual(begun(), range(0, PLACES));
    assert.equal(schedule.isEmpty, false);
    await finish('1');
    assert.deepEqual(begun().slice(PLACES), [`${PLACES + 2}`]);
    await finish('0');
    await finish('2');
    assert.deepEqual(begun().slice(PLACES), [`${PLACES + 2}`, `${PLACES + 1}`, `${PLACES}`]);
    assert.equal(schedule.isEmpty, true);
  });

  it('lets a large job have a thread to itself, and nobody pass it while it waits for one', async () => {
    const { schedule, begun, finish } = newSchedule();
    for (let job = 0; job < JOBS_PER_THREAD_MAX + 1; job++) void schedule.run(() => `${job}`);
    void schedule.run(() => 'small');
    void schedule.run(() => 'large', 'large');
    await tick();
    assert.ok(!begun().includes('large'), 'one thread is full and the other has a job');
    await finish('0');
    assert.ok(!begun().includes('large'));
    await finish('1');
    assert.ok(begun().includes('large'));
    void schedule.run(() => 'next', 'large');
    void schedule.run(() => 'late');
    await finish('large');
    assert.deepEqual(begun().slice(-2), ['large', 'late'], 'the newest has taken a place, and two are not enough');
    await finish('2');
    assert.deepEqual(begun().slice(-1), ['next']);
  });

  it('makes a job when its turn has come, not before', async () => {
    const { schedule, finish } = newSchedule();
    for (let job = 0; job < PLACES; job++) void schedule.run(() => `${job}`);
    let isMade = false;
    void schedule.run(() => {
      isMade = true;
      return 'last';
    });
    assert.equal(isMade, false);
    await finish('0');
    assert.equal(isMade, true);
  });

  it('hands results and failures to who asked, and a failure makes room as well', async () => {
    const { schedule, finish, fail } = newSchedule();
    const good = schedule.run(() => 'good');
    const bad = schedule.run(() => 'bad');
    const worse = schedule.run(() => {
      throw new Error('cannot be made');
    });
    worse.catch(() => undefined);
    await finish('good');
    await Promise.all([
      assert.rejects(bad, /broken/),
      assert.rejects(worse, /cannot be made/),
      fail('bad', new Error('broken')),
    ]);
    assert.equal(await good, 'done good');
    for (let job = 0; job < PLACES; job++) void schedule.run(() => `${job}`);
    assert.equal(schedule.isEmpty, true, 'all places are free again');
  });

  it('once stopped, fails what waits and what comes, with the reason', async () => {
    const { schedule, stop, begun, finish } = newSchedule();
    const all = Array.from({ length: PLACES + 2 }, (_, job) => schedule.run(() => `${job}`));
    stop(new Error('enough'));
    for (const waiting of all.slice(PLACES)) await assert.rejects(waiting, /enough/);
    const late = schedule.run(() => 'late');
    late.catch(() => undefined);
    await finish('0');
    await assert.rejects(late, /enough/);
    assert.deepEqual(begun(), range(0, PLACES));
  });
});

function newSchedule(): {
  schedule: Schedule<string, string>;
  begun: () => string[];
  finish: (job: string) => Promise<void>;
  fail: (job: string, error: Error) => Promise<void>;
  stop: (reason: Error) => void;
} {
  const jobs = new Map<string, PromiseWithResolvers<string>>();
  const stopping = new AbortController();
  const call = async (job: string): Promise<string> => {
    const answer = Promise.withResolvers<string>();
    jobs.set(job, answer);
    return await answer.promise;
  };
  const settle = async (job: string, work: (answer: PromiseWithResolvers<string>) => void): Promise<void> => {
    await tick();
    work(jobs.get(job)!);
    await tick();
  };
  const schedule = new Schedule<string, string>({ call, threads: THREADS, signal: stopping.signal });
  return {
    schedule,
    begun: () => [...jobs.keys()],
    finish: (job) => settle(job, ({ resolve }) => resolve(`done ${job}`)),
    fail: (job, error) => settle(job, ({ reject }) => reject(error)),
    stop: (reason) => stopping.abort(reason),
  };
}

function range(from: number, to: number): string[] {
  return Array.from({ length: to - from }, (_, i) => `${from + i}`);
}

async function tick(): Promise<void> {
  await new Promise((resolve) => setImmediate(resolve));
}
