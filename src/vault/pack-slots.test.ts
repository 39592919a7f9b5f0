import assert from 'node:assert/strict';
import { once } from 'node:events';
import { test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { Worker } from 'node:worker_threads';
import { PackSlots } from './pack-slots.ts';

test('buffers are aligned, apart from each other, and large enough', () => {
  const slots = PackSlots.create(3, 5000);
  assert.equal(slots.memory.slotBytes, 8192);
  const taken = [slots.take(), slots.take(), slots.take()];
  assert.deepEqual(taken.toSorted(), [0, 1, 2]);
  for (const slot of taken) slots.bytes(slot).fill(slot + 1);
  for (const slot of taken) assert.ok(slots.bytes(slot).every((byte) => byte === slot + 1));
  for (const slot of taken) assert.equal((slots.bytes(slot).byteOffset - slots.memory.start) % 4096, 0);
  slots.release(1);
  assert.equal(slots.take(), 1);
});

/** Takes buffers one after the other and tells which, until it cannot. */
const TAKER = `
import { parentPort, workerData } from 'node:worker_threads';
const { PackSlots } = await import(workerData.module);
const slots = new PackSlots(workerData.memory);
try {
  for (;;) parentPort.postMessage(slots.take());
} catch (error) {
  parentPort.postMessage(error.code);
}
`;

test('who finds all in use waits for one to be given back, and stops when they are closed', async () => {
  const slots = PackSlots.create(2, 100);
  const module = new URL('./pack-slots.ts', import.meta.url).href;
  const url = new URL(`data:text/javascript,${encodeURIComponent(TAKER)}`);
  const worker = new Worker(url, { workerData: { memory: slots.memory, module } });
  const said: unknown[] = [];
  worker.on('message', (message) => said.push(message));
  while (said.length < 2) await pause(5);
  await pause(50);
  assert.deepEqual(said, [0, 1]);
  slots.release(1);
  while (said.length < 3) await pause(5);
  await pause(50);
  assert.deepEqual(said, [0, 1, 1]);
  const ended = once(worker, 'exit');
  slots.close();
  await ended;
  assert.deepEqual(said, [0, 1, 1, 'interrupted']);
  assert.throws(() => slots.take(), { code: 'interrupted' });
});
