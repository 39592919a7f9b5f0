import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { test } from 'node:test';
import { Worker } from 'node:worker_threads';
import { ID_BYTES } from '../base/ids.ts';
import { CLAIMS_FIRST_TABLE } from '../base/limits.ts';
import { Claims } from './claims.ts';

function idOf(number: number): Uint8Array {
  return createHash('sha256').update(`claim ${number}`).digest();
}

test('the first claim wins, in two namespaces', () => {
  const claims = new Claims();
  const padded = new Uint8Array(5 + ID_BYTES);
  padded.set(idOf(1), 5);
  assert.equal(claims.claim(false, idOf(1)), true);
  assert.equal(claims.claim(false, padded, 5), false);
  assert.equal(claims.claim(true, idOf(1)), true);
  assert.equal(new Claims(claims.memory).claim(true, idOf(1)), false);
  const alike = Uint8Array.from(idOf(1));
  alike[31]! ^= 1;
  assert.equal(claims.claim(false, alike), true);
});

test('claims are kept while tables are added', () => {
  const claims = new Claims();
  const other = new Claims(claims.memory);
  const count = CLAIMS_FIRST_TABLE * 2;
  for (let at = 0; at < count; at++) assert.equal(claims.claim(false, idOf(at)), true);
  for (let at = 0; at < count; at += 7) assert.equal(other.claim(false, idOf(at)), false);
  assert.equal(other.claim(false, idOf(count)), true);
  assert.equal(claims.claim(false, idOf(count)), false);
});

/** Claims all ids in an order of its own once every thread is ready. @returns (by message) the numbers it won */
const RACER = `
import { parentPort, workerData } from 'node:worker_threads';
const { Claims } = await import(workerData.module);
const { ids, memory, start, threads, turn } = workerData;
const claims = new Claims(memory);
const bytes = new Uint8Array(ids);
const count = bytes.length / 32;
const ready = new Int32Array(start);
Atomics.add(ready, 0, 1);
while (Atomics.load(ready, 0) < threads) {}
const won = [];
for (let i = 0; i < count; i++) {
  const at = (i + turn * 3) % count;
  if (claims.claim(at % 2 === 0, bytes, at * 32)) won.push(at);
}
parentPort.postMessage(won);
`;

async function race(count: number): Promise<number[]> {
  const ids = new SharedArrayBuffer(count * ID_BYTES);
  for (let at = 0; at < count; at++) new Uint8Array(ids).set(idOf(at), at * ID_BYTES);
  const { memory } = new Claims();
  const start = new SharedArrayBuffer(4);
  const module = new URL('./claims.ts', import.meta.url).href;
  const workers = [0, 1, 2].map(
    (turn) =>
      new Worker(new URL(`data:text/javascript,${encodeURIComponent(RACER)}`), {
        workerData: { ids, memory, start, module, threads: 3, turn },
      }),
  );
  const won = await Promise.all(workers.map(async (worker) => (await once(worker, 'message'))[0] as number[]));
  await Promise.all(workers.map((worker) => worker.terminate()));
  const winners = new Array<number>(count).fill(0);
  for (const at of won.flat()) winners[at]!++;
  return winners;
}

test('of threads that claim the same at once exactly one wins', async () => {
  const winners = await race(CLAIMS_FIRST_TABLE / 2 - 10);
  assert.ok(winners.every((count) => count === 1));
});

test('across the growth of tables nobody loses all, and hardly ever two win', async () => {
  const winners = await race(CLAIMS_FIRST_TABLE * 3);
  assert.ok(winners.every((count) => count >= 1));
  const twice = winners.filter((count) => count > 1).length;
  assert.ok(twice < 100, `${twice} blobs would be stored twice`);
});
