import assert from 'node:assert/strict';
import { test } from 'node:test';
import { AppError } from '../base/errors.ts';
import { simulated } from '../host.ts';
import { type RetryEvent, retried } from './transfer-retry.ts';

const away = () => new AppError('host-unreachable', { detail: 'far: Temporary failure in name resolution' });

function world(retries: number) {
  const clock = simulated.fixedClock();
  const abort = new AbortController();
  const events: RetryEvent[] = [];
  const onRetry = (event: RetryEvent) => events.push(event);
  return { clock, abort, events, options: { retries, clock, signal: abort.signal, onRetry } };
}

test('pauses grow to five minutes, and the last error is told', async () => {
  const { clock, events, options } = world(9);
  let attempts = 0;
  const trying = retried(async () => {
    attempts++;
    throw away();
  }, options);
  const rejected = assert.rejects(trying, { code: 'host-unreachable', message: /name resolution/ });
  await clock.advance(60 * 60_000);
  await rejected;
  assert.equal(attempts, 10);
  assert.deepEqual(
    events.map(({ pauseMs }) => pauseMs / 1000),
    [5, 10, 20, 40, 80, 160, 300, 300, 300],
  );
});

test('what got further does not count', async () => {
  const { clock, events, options } = world(1);
  let attempts = 0;
  const trying = retried(async (progressed) => {
    if (++attempts <= 5) progressed();
    if (attempts < 6) throw away();
    return 'there';
  }, options);
  await clock.advance(60_000);
  assert.equal(await trying, 'there');
  assert.deepEqual(
    events.map(({ attempts: count, pauseMs }) => [count, pauseMs]),
    Array(5).fill([1, 5000]),
  );
});

test('what will not go away by itself is not tried again', async () => {
  const { events, options } = world(5);
  for (const code of ['host-refused', 'storage-full', 'archive-damaged', 'storage-denied'] as const)
    await assert.rejects(
      retried(() => Promise.reject(new AppError(code)), options),
      { code },
    );
  await assert.rejects(
    retried(() => Promise.reject(new TypeError('a bug')), options),
    TypeError,
  );
  assert.equal(events.length, 0);
});

test('an abort ends it, also in a pause, with its reason', async () => {
  const { clock, abort, options } = world(5);
  const trying = retried(() => Promise.reject(away()), options);
  const rejected = assert.rejects(trying, /enough/);
  await clock.advance(1000);
  abort.abort(new Error('enough'));
  await rejected;
  await assert.rejects(
    retried(() => Promise.resolve(1), options),
    /enough/,
  );
});
