import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ErrorCode } from '../base/errors.ts';
import { hasCode } from '../base/errors.ts';
import { RETRY_ATTEMPTS_MAX, RETRY_PAUSE_MS_MAX, RETRY_TOTAL_MS_MAX } from '../base/limits.ts';
import { listed, sampleFile, storageContract } from './contract.ts';
import { faultStorage } from './fault.ts';
import type { ScriptedFault, SeededFault } from './fault-plan.ts';
import { memoryStorage } from './memory.ts';
import { type RetryOptions, retryStorage } from './retry.ts';

storageContract('retry', () => retryStorage(memoryStorage(), simulatedTime().options));
storageContract('retry over a storage that fails now and then', () => {
  // Not removals: after a failed attempt "not found" counts as removed, which the contract's missing files would meet.
  const faults = (['list', 'stat', 'load', 'save', 'replace'] as const).flatMap((call): SeededFault[] => [
    { effect: 'fail', code: 'storage-failed', call, probability: 0.1 },
    { effect: 'torn', call, probability: 0.1 },
    { effect: 'lost-answer', call, probability: 0.1 },
  ]);
  return retryStorage(faultStorage(memoryStorage(), { seeded: { seed: 7, faults } }), simulatedTime().options);
});

const { ref, bytes } = sampleFile('pack', 100);

test('passing failures are tried again with doubling pauses', async () => {
  const time = simulatedTime();
  const script = [1, 2, 3, 4].map(
    (nth): ScriptedFault => ({ effect: 'fail', code: 'storage-failed', call: 'save', nth }),
  );
  await retryStorage(faultStorage(memoryStorage(), { script }), time.options).save(ref, bytes);
  assert.deepEqual(time.pauses, [187.5, 375, 750, 1500]);
  assert.deepEqual(time.events, [1, 2, 3, 4]);
});

test('it ends after the greatest number of attempts, with the last error', async () => {
  const time = simulatedTime();
  const faulty = faultStorage(memoryStorage(), { script: [{ effect: 'fail', code: 'storage-failed' }] });
  await assert.rejects(retryStorage(faulty, time.options).stat(ref), (error) => hasCode(error, 'storage-failed'));
  assert.equal(faulty.struck, RETRY_ATTEMPTS_MAX);
  assert.ok(Math.max(...time.pauses) <= RETRY_PAUSE_MS_MAX);
});

test('it ends when the time is used up', async () => {
  const time = simulatedTime();
  const pause = async (): Promise<void> => time.advance(RETRY_TOTAL_MS_MAX / 2);
  const faulty = faultStorage(memoryStorage(), {
    script: [
      { effect: 'slow', ms: 1 },
      { effect: 'fail', code: 'storage-failed' },
    ],
    pause,
  });
  await assert.rejects(retryStorage(faulty, time.options).stat(ref), (error) => hasCode(error, 'storage-failed'));
  assert.equal(time.pauses.length, 1);
});

test('what cannot help is not tried again', async () => {
  const codes: ErrorCode[] = ['not-found', 'storage-full', 'storage-denied', 'file-damaged'];
  for (const code of codes) {
    const time = simulatedTime();
    const faulty = faultStorage(memoryStorage(), { script: [{ effect: 'fail', code }] });
    await assert.rejects(retryStorage(faulty, time.options).load(ref), (error) => hasCode(error, code));
    assert.deepEqual(time.pauses, []);
  }
});

test('an abort ends the trying', async () => {
  const time = simulatedTime();
  const abort = new AbortController();
  const faulty = faultStorage(memoryStorage(), { script: [{ effect: 'fail', code: 'storage-failed' }] });
  const options: RetryOptions = { ...time.options, onRetry: () => abort.abort(new Error('no more')) };
  await assert.rejects(retryStorage(faulty, options).load(ref, { signal: abort.signal }), /no more/);
  assert.equal(faulty.struck, 1);
});

test('a removal whose answer was lost counts as done', async () => {
  const inner = memoryStorage();
  await inner.save(ref, bytes);
  const script: ScriptedFault[] = [{ effect: 'lost-answer', call: 'remove', nth: 1 }];
  const storage = retryStorage(faultStorage(inner, { script }), simulatedTime().options);
  await storage.remove(ref);
  assert.deepEqual(await listed(inner, 'pack'), []);
  await assert.rejects(storage.remove(ref), (error) => hasCode(error, 'not-found'));
});

test('a listing that breaks goes on without repeating entries', async () => {
  const inner = memoryStorage();
  const files = [1, 2, 3, 4].map((seed) => sampleFile('index', 10, seed));
  for (const file of files) await inner.save(file.ref, file.bytes);
  const faulty = faultStorage(inner, { script: [{ effect: 'short', call: 'list', nth: 1 }] });
  const names = (await listed(retryStorage(faulty, simulatedTime().options), 'index')).map(({ name }) => name);
  assert.equal(faulty.struck, 1);
  assert.deepEqual(names, files.map((file) => file.ref.name).sort());
});

interface SimulatedTime {
  options: RetryOptions;
  pauses: number[];
  events: number[];
  advance(ms: number): void;
}

function simulatedTime(): SimulatedTime {
  let nowMs = 0;
  const advance = (ms: number): void => {
    nowMs += ms;
  };
  const pauses: number[] = [];
  const events: number[] = [];
  const pause = async (ms: number, signal?: AbortSignal): Promise<void> => {
    signal?.throwIfAborted();
    pauses.push(ms);
    advance(ms);
  };
  const onRetry = ({ attempts }: { attempts: number }): void => void events.push(attempts);
  return { options: { nowMs: () => nowMs, pause, random: () => 0.5, onRetry }, pauses, events, advance };
}
