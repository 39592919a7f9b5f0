import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Storage } from '../storage.ts';
import { sampleFile, storageContract } from './contract.ts';
import { limitStorage } from './limit.ts';
import { memoryStorage } from './memory.ts';

storageContract('limit', () => limitStorage(memoryStorage(), 2));

test('at most the width is under way, and lock files pass', async () => {
  const held = holding(memoryStorage());
  const storage = limitStorage(held.storage, 2);
  const saves = [1, 2, 3, 4, 5].map((seed) => {
    const { ref, bytes } = sampleFile('pack', 10, seed);
    return storage.save(ref, bytes);
  });
  const lock = sampleFile('lock', 10);
  const locked = storage.save(lock.ref, lock.bytes);
  await new Promise(setImmediate);
  assert.deepEqual(held.begun.toSorted(), ['lock', 'pack', 'pack']);
  held.release();
  await Promise.all([...saves, locked]);
  assert.equal(held.begun.length, 6);
});

test('files can be loaded while listing through a gate of one', async () => {
  const storage = limitStorage(memoryStorage(), 1);
  for (const seed of [1, 2, 3]) {
    const { ref, bytes } = sampleFile('snapshot', 10, seed);
    await storage.save(ref, bytes);
  }
  let loaded = 0;
  for await (const { name } of storage.list('snapshot')) {
    loaded += (await storage.load({ kind: 'snapshot', name })).length;
  }
  assert.equal(loaded, 30);
});

test('a request that was aborted while waiting is not made, and frees its place', async () => {
  const held = holding(memoryStorage());
  const storage = limitStorage(held.storage, 1);
  const [first, second, third] = [1, 2, 3].map((seed) => sampleFile('pack', 10, seed));
  const abort = new AbortController();
  const saves = [
    storage.save(first!.ref, first!.bytes),
    assert.rejects(storage.save(second!.ref, second!.bytes, abort.signal), /no more/),
    storage.save(third!.ref, third!.bytes),
  ];
  abort.abort(new Error('no more'));
  held.release();
  await Promise.all(saves);
  assert.equal(held.begun.length, 2);
});

/** A storage whose saves wait until they are released. */
function holding(inner: Storage): { storage: Storage; begun: string[]; release: () => void } {
  const { promise, resolve } = Promise.withResolvers<void>();
  const begun: string[] = [];
  const save: Storage['save'] = async (ref, bytes) => {
    begun.push(ref.kind);
    await promise;
    await inner.save(ref, bytes);
  };
  return { storage: { ...inner, url: inner.url, connections: 9, listsAtOnce: true, save }, begun, release: resolve };
}
