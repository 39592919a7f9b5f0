/** What every storage must do, as tests to run over each adapter and decorator. */
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { describe, type TestContext, test } from 'node:test';
import fc from 'fast-check';
import { alignedBuffer } from '../base/aligned.ts';
import { MIB } from '../base/bytes.ts';
import { hasCode } from '../base/errors.ts';
import type { FileKind, FileRef, Storage } from '../storage.ts';

const KINDS: readonly FileKind[] = ['config', 'key', 'snapshot', 'index', 'lock', 'pack'];
const SIZES = [0, 1, 4095, 4096, 4097, MIB - 1, MIB, MIB + 1, MIB + 4096, 2 * MIB + 4095];

/** @param make gives an empty storage, not yet created, and registers its removal with the test */
export function storageContract(name: string, make: (t: TestContext) => Storage): void {
  const check = (title: string, body: (storage: Storage) => Promise<void>): void => {
    test(title, async (t) => {
      const storage = make(t);
      await storage.create();
      await body(storage);
      await storage.close();
    });
  };
  describe(`${name} keeps the storage contract`, () => {
    check('is empty at first, and create may come again', isEmptyAtFirst);
    check('gives back what was saved, of every kind', keepsEveryKind);
    check('gives back what was saved, of every size and alignment', keepsEverySize);
    check('loads ranges, also into a buffer', loadsRanges);
    check('says file-damaged when a file is too short', reportsShortFiles);
    check('says not-found, naming the file', reportsMissingFiles);
    check('shares no memory with its callers', sharesNoMemory);
    check('lets a file be saved again', savesAgain);
    check('replaces the config', replacesConfig);
    check('lists many files once each', listsEachOnce);
    check('shows only whole files while many are saved', showsOnlyWholeFiles);
    check('bears removals during a listing', bearsRemovals);
    check('stops when aborted, and keeps nothing of it', stopsWhenAborted);
    check('sweeps nothing that is finished', sweepsNothingFinished);
    check('behaves as a map from names to bytes', behavesAsMap);
  });
}

async function sweepsNothingFinished(storage: Storage): Promise<void> {
  const files = KINDS.map((kind) => sampleFile(kind, 100));
  for (const { ref, bytes } of files) await storage.save(ref, bytes);
  assert.equal(await storage.sweep(), 0);
  for (const { ref, bytes } of files) assert.deepEqual(Buffer.from(await storage.load(ref)), Buffer.from(bytes));
}

/** A file whose name is the hash of its bytes, as in a vault. */
export function sampleFile(kind: FileKind, size: number, seed = 0): { ref: FileRef; bytes: Uint8Array } {
  const bytes = new Uint8Array(size);
  for (let at = 0; at < size; at++) bytes[at] = (at * 31 + (at >> 8) * 7 + seed) & 0xff;
  const name = createHash('sha256').update(bytes).update(`${kind} ${seed}`).digest('hex');
  return { ref: { kind, name: kind === 'config' ? 'config' : name }, bytes };
}

/** All entries of a listing, by name. */
export async function listed(storage: Storage, kind: FileKind): Promise<{ name: string; size: number }[]> {
  const files = await Array.fromAsync(storage.list(kind));
  return files.sort((a, b) => (a.name < b.name ? -1 : 1));
}

async function isEmptyAtFirst(storage: Storage): Promise<void> {
  await storage.create();
  for (const kind of KINDS) assert.deepEqual(await listed(storage, kind), []);
  assert.ok(storage.connections >= 1);
  assert.ok(storage.url.length > 0);
}

async function keepsEveryKind(storage: Storage): Promise<void> {
  const files = KINDS.map((kind, seed) => sampleFile(kind, 100 + seed, seed));
  for (const { ref, bytes } of files) await storage.save(ref, bytes);
  for (const { ref, bytes } of files) {
    assert.deepEqual(await listed(storage, ref.kind), [{ name: ref.name, size: bytes.length }]);
    assert.deepEqual(await storage.stat(ref), { name: ref.name, size: bytes.length });
    assert.deepEqual(await storage.load(ref), bytes);
  }
}

async function keepsEverySize(storage: Storage): Promise<void> {
  for (const size of SIZES) {
    const { ref, bytes } = sampleFile('pack', size);
    const memory = alignedBuffer(size + 1);
    for (const shift of [0, 1]) {
      const placed = memory.subarray(shift, shift + size);
      placed.set(bytes);
      await storage.save(ref, placed);
      assert.deepEqual(await storage.stat(ref), { name: ref.name, size });
      assert.ok(Buffer.from(bytes).equals(await storage.load(ref)), `${size} bytes, shifted by ${shift}`);
      await storage.remove(ref);
    }
  }
}

async function loadsRanges(storage: Storage): Promise<void> {
  const { ref, bytes } = sampleFile('pack', 10_000);
  await storage.save(ref, bytes);
  assert.deepEqual(await storage.load(ref, { offset: 4000 }), bytes.slice(4000));
  assert.deepEqual(await storage.load(ref, { offset: 4000, length: 1000 }), bytes.slice(4000, 5000));
  assert.deepEqual(await storage.load(ref, { offset: 10_000 }), new Uint8Array(0));
  assert.deepEqual(await storage.load(ref, { length: 0 }), new Uint8Array(0));
  const into = new Uint8Array(1200).fill(0xee);
  const loaded = await storage.load(ref, { offset: 9000, length: 1000, into });
  assert.equal(loaded.buffer, into.buffer);
  assert.deepEqual(loaded, bytes.slice(9000));
  assert.ok(
    into.subarray(1000).every((byte) => byte === 0xee),
    'the rest of the buffer is left alone',
  );
}

async function reportsShortFiles(storage: Storage): Promise<void> {
  const { ref, bytes } = sampleFile('index', 1000);
  await storage.save(ref, bytes);
  const damaged = (error: unknown): boolean => hasCode(error, 'file-damaged') && error.message.includes(ref.name);
  await assert.rejects(storage.load(ref, { offset: 900, length: 101 }), damaged);
  await assert.rejects(storage.load(ref, { offset: 1001 }), damaged);
  await assert.rejects(storage.load(ref, { length: 2 ** 40 }), damaged, 'and does not take the memory first');
  await assert.rejects(storage.load(ref, { offset: 900, length: 101, into: new Uint8Array(101) }), damaged);
}

async function reportsMissingFiles(storage: Storage): Promise<void> {
  const missing = KINDS.map((kind) => sampleFile(kind, 10).ref);
  for (const ref of missing) {
    const notFound = (error: unknown): boolean => hasCode(error, 'not-found') && error.message.includes(ref.name);
    await assert.rejects(storage.load(ref), notFound);
    await assert.rejects(storage.stat(ref), notFound);
    await assert.rejects(storage.remove(ref), notFound);
  }
}

async function sharesNoMemory(storage: Storage): Promise<void> {
  const { ref, bytes } = sampleFile('key', 500);
  const given = bytes.slice();
  await storage.save(ref, given);
  given.fill(0);
  (await storage.load(ref)).fill(1);
  assert.deepEqual(await storage.load(ref), bytes);
}

async function savesAgain(storage: Storage): Promise<void> {
  const { ref, bytes } = sampleFile('pack', 2 * MIB);
  await storage.save(ref, bytes.subarray(0, MIB));
  await storage.save(ref, bytes);
  await storage.save(ref, bytes);
  assert.ok(Buffer.from(bytes).equals(await storage.load(ref)), 'a file cut short under the same name is mended');
  assert.equal((await listed(storage, 'pack')).length, 1);
}

async function replacesConfig(storage: Storage): Promise<void> {
  const first = sampleFile('config', 155, 1);
  const second = sampleFile('config', 120, 2);
  await storage.save(first.ref, first.bytes);
  await storage.replace(second.ref, second.bytes);
  assert.deepEqual(await storage.load(first.ref), second.bytes);
}

async function listsEachOnce(storage: Storage): Promise<void> {
  const files = Array.from({ length: 150 }, (_, seed) => sampleFile(seed % 3 === 0 ? 'snapshot' : 'pack', seed, seed));
  await Promise.all(files.map(({ ref, bytes }) => storage.save(ref, bytes)));
  for (const kind of ['snapshot', 'pack'] as const) {
    const wanted = files.filter(({ ref }) => ref.kind === kind);
    const found = await listed(storage, kind);
    assert.deepEqual(
      found.map(({ name }) => name),
      wanted.map(({ ref }) => ref.name).sort(),
    );
    assert.equal(sumOf(found.map(({ size }) => size)), sumOf(wanted.map(({ bytes }) => bytes.length)));
  }
}

async function showsOnlyWholeFiles(storage: Storage): Promise<void> {
  const files = Array.from({ length: 12 }, (_, seed) => sampleFile('pack', MIB + seed, seed));
  const sizes = new Map(files.map(({ ref, bytes }) => [ref.name, bytes.length]));
  let areSaved = false;
  const saving = Promise.all(files.map(({ ref, bytes }) => storage.save(ref, bytes))).then(() => {
    areSaved = true;
  });
  do {
    for await (const { name, size } of storage.list('pack')) assert.equal(size, sizes.get(name));
  } while (!areSaved);
  await saving;
  assert.equal((await listed(storage, 'pack')).length, files.length);
}

async function bearsRemovals(storage: Storage): Promise<void> {
  const files = Array.from({ length: 90 }, (_, seed) => sampleFile('index', 10, seed));
  await Promise.all(files.map(({ ref, bytes }) => storage.save(ref, bytes)));
  let seen = 0;
  for await (const { name } of storage.list('index')) {
    seen++;
    assert.ok(files.some(({ ref }) => ref.name === name));
    if (seen === 1) await Promise.all(files.map(({ ref }) => storage.remove(ref)));
  }
  assert.ok(seen >= 1);
  assert.deepEqual(await listed(storage, 'index'), []);
}

async function stopsWhenAborted(storage: Storage): Promise<void> {
  const { ref, bytes } = sampleFile('pack', 2 * MIB);
  const reason = new Error('enough');
  const signal = AbortSignal.abort(reason);
  await assert.rejects(storage.save(ref, bytes, signal), reason);
  assert.deepEqual(await listed(storage, 'pack'), []);
  await storage.save(ref, bytes);
  await assert.rejects(storage.load(ref, { signal }), reason);
  await assert.rejects(Array.fromAsync(storage.list('pack', signal)), reason);
}

async function behavesAsMap(storage: Storage): Promise<void> {
  const step = fc.record({ remove: fc.boolean(), seed: fc.nat(5), bytes: fc.uint8Array({ maxLength: 300 }) });
  const model = new Map<string, Uint8Array>();
  const run = async (steps: { remove: boolean; seed: number; bytes: Uint8Array }[]): Promise<void> => {
    for (const { remove, seed, bytes } of steps) {
      const { ref } = sampleFile('snapshot', 8, seed);
      const isThere = model.has(ref.name);
      if (!remove) await storage.save(ref, bytes);
      else if (isThere) await storage.remove(ref);
      else await assert.rejects(storage.remove(ref), (error) => hasCode(error, 'not-found'));
      if (remove) model.delete(ref.name);
      else model.set(ref.name, bytes);
    }
    const found = await listed(storage, 'snapshot');
    assert.deepEqual(
      found.map(({ name }) => name),
      [...model.keys()].sort(),
    );
    for (const [name, bytes] of model) assert.deepEqual(await storage.load({ kind: 'snapshot', name }), bytes);
  };
  await fc.assert(fc.asyncProperty(fc.array(step, { maxLength: 12 }), run), { numRuns: 20 });
}

function sumOf(values: number[]): number {
  return values.reduce((sum, value) => sum + value, 0);
}
