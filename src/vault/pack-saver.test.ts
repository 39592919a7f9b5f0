import assert from 'node:assert/strict';
import { createHash, randomBytes } from 'node:crypto';
import { test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import type { BlobId, PackId } from '../base/ids.ts';
import { PACKS_IN_FLIGHT_MAX } from '../base/limits.ts';
import { simulated } from '../host.ts';
import { faultStorage, memoryStorage, type Storage } from '../storage.ts';
import type { FilledPack } from './blob-writer.ts';
import { Documents } from './documents.ts';
import { IndexWriter } from './index.ts';
import { encodePackHeader } from './pack-header.ts';
import { PackSaver } from './pack-saver.ts';
import { PackSlots } from './pack-slots.ts';
import { Sealer } from './seal.ts';

const SLOTS = 8;

function setUp(storage: Storage, signal?: AbortSignal) {
  const sealer = new Sealer({ encrypt: randomBytes(32), macK: randomBytes(16), macR: randomBytes(16) });
  const slots = PackSlots.create(SLOTS, 1000);
  const index = new IndexWriter(new Documents(storage, sealer, 2), simulated.fixedClock());
  return { slots, index, saver: new PackSaver({ storage, slots, index, signal }) };
}

/** A pack of one blob, in a buffer or, when it is large, in memory of its own. */
function fill(slots: PackSlots, isLarge = false): FilledPack {
  const length = isLarge ? 5000 : 900;
  const oversize = isLarge ? new SharedArrayBuffer(length + 10) : undefined;
  const slot = isLarge ? -1 : slots.take();
  const bytes = (oversize === undefined ? slots.bytes(slot) : new Uint8Array(oversize)).subarray(0, length);
  bytes.set(randomBytes(length));
  const id = createHash('sha256').update(bytes).digest('hex') as PackId;
  const blob = { id: id as string as BlobId, kind: 'data', offset: 0, length: 100, uncompressedLength: 0 } as const;
  return { id, kind: 'data', slot, oversize, length, header: encodePackHeader([blob]), blobs: 1, plainBytes: 68 };
}

async function count(storage: Storage, kind: 'pack' | 'index'): Promise<number> {
  return (await Array.fromAsync(storage.list(kind))).length;
}

test('packs are stored and counted, their buffers given back, and then they are indexed', async () => {
  const storage = memoryStorage();
  const { slots, saver, index } = setUp(storage);
  const packs = Array.from({ length: SLOTS }, (_, at) => fill(slots, at === 3));
  for (const pack of packs) saver.accept(pack);
  await saver.finish();
  assert.deepEqual([await count(storage, 'pack'), await count(storage, 'index')], [SLOTS, 1]);
  assert.equal(index.written.length, 1);
  assert.deepEqual(saver.totals, {
    packs: 8,
    packBytes: 7 * 900 + 5000,
    dataBlobs: 8,
    treeBlobs: 0,
    plainBytes: 8 * 68,
  });
  assert.equal(new Set(Array.from({ length: SLOTS }, () => slots.take())).size, SLOTS);
});

test('only so many are stored at a time', async () => {
  const storage = memoryStorage();
  let running = 0;
  let most = 0;
  const save = storage.save.bind(storage);
  storage.save = async (ref, bytes) => {
    if (ref.kind === 'pack') most = Math.max(most, ++running);
    await pause(2);
    await save(ref, bytes);
    if (ref.kind === 'pack') running--;
  };
  const { slots, saver } = setUp(storage);
  for (let i = 0; i < SLOTS; i++) saver.accept(fill(slots));
  await saver.finish();
  assert.equal(most, PACKS_IN_FLIGHT_MAX);
});

test('the first failure is what finish throws; workers stop, and what is durable is indexed', async () => {
  const inner = memoryStorage();
  const storage = faultStorage(inner, {
    script: [{ call: 'save', kind: 'pack', nth: 3, effect: 'fail', code: 'storage-full' }],
  });
  const { slots, saver } = setUp(storage);
  for (let i = 0; i < SLOTS; i++) saver.accept(fill(slots));
  await assert.rejects(saver.finish(), { code: 'storage-full' });
  assert.equal(saver.signal.aborted, true);
  assert.throws(() => slots.take(), { code: 'interrupted' });
  const cause = await saver.salvage();
  assert.equal((cause as { code?: string }).code, 'storage-full');
  assert.ok((await count(inner, 'pack')) >= 2);
  assert.equal(await count(inner, 'index'), 1);
});

test('an index that cannot be stored is a failure too', async () => {
  const inner = memoryStorage();
  const storage = faultStorage(inner, {
    script: [{ call: 'save', kind: 'index', effect: 'fail', code: 'storage-denied' }],
  });
  const { slots, saver } = setUp(storage);
  saver.accept(fill(slots));
  await assert.rejects(saver.finish(), { code: 'storage-denied' });
  assert.equal(((await saver.salvage()) as { code?: string }).code, 'storage-denied');
});

test('a run that is told to stop stores nothing more, and gives the reason', async () => {
  const stop = new AbortController();
  const storage = memoryStorage();
  const { slots, saver } = setUp(storage, stop.signal);
  saver.accept(fill(slots));
  await pause(5);
  const late = fill(slots);
  const reason = new Error('stop now');
  stop.abort(reason);
  saver.accept(late);
  await assert.rejects(saver.finish(), reason);
  await saver.salvage();
  assert.deepEqual([await count(storage, 'pack'), await count(storage, 'index')], [1, 1]);
  const { slots: closed } = setUp(storage, AbortSignal.abort());
  assert.throws(() => closed.take(), { code: 'interrupted' });
});

test('a pack of a dry run is only counted', async () => {
  const storage = memoryStorage();
  const { slots, saver } = setUp(storage);
  for (let i = 0; i < SLOTS * 2; i++) saver.discard(fill(slots));
  await saver.finish();
  assert.deepEqual([saver.totals.packs, await count(storage, 'pack'), await count(storage, 'index')], [16, 0, 0]);
});
