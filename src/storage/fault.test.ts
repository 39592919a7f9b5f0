import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { hasCode } from '../base/errors.ts';
import { listed, sampleFile, storageContract } from './contract.ts';
import { temporaryPath } from './durable.ts';
import { faultStorage } from './fault.ts';
import { pathOf } from './layout.ts';
import { localDirectory } from './local.ts';
import { memoryStorage } from './memory.ts';

storageContract('fault without faults', () => faultStorage(memoryStorage()));

const { ref, bytes } = sampleFile('pack', 1000);

test('scripted failures strike the calls they name', async () => {
  const storage = faultStorage(memoryStorage(), {
    script: [
      { effect: 'fail', code: 'storage-full', call: 'save', kind: 'pack', nth: 2 },
      { effect: 'fail', code: 'storage-denied', call: 'list' },
    ],
  });
  await storage.save(ref, bytes);
  await assert.rejects(storage.save(ref, bytes), (error) => hasCode(error, 'storage-full'));
  await storage.save(ref, bytes);
  await assert.rejects(listed(storage, 'key'), (error) => hasCode(error, 'storage-denied'));
  assert.equal(storage.struck, 2);
});

test('loads come short or with one wrong bit', async () => {
  const inner = memoryStorage();
  await inner.save(ref, bytes);
  const storage = faultStorage(inner, {
    script: [
      { effect: 'short', call: 'load', nth: 1 },
      { effect: 'flip', call: 'load', nth: 2 },
    ],
  });
  await assert.rejects(storage.load(ref), (error) => hasCode(error, 'file-damaged'));
  const flipped = await storage.load(ref);
  const wrong = flipped.map((byte, at) => byte ^ bytes[at]!).filter((bits) => bits !== 0);
  assert.equal(wrong.length, 1);
  assert.equal(Math.log2(wrong[0]!) % 1, 0, 'a single bit');
  assert.deepEqual(await storage.load(ref), bytes, 'the stored file is unharmed');
});

test('a torn write leaves a temporary file that no listing shows', async (t) => {
  const root = mkdtempSync(join(tmpdir(), 'holdfast-'));
  t.after(() => rmSync(root, { recursive: true }));
  const storage = faultStorage(localDirectory(root), {
    script: [{ effect: 'torn', call: 'save', nth: 1 }],
    tear: async (torn, part) => writeFileSync(temporaryPath(join(root, pathOf(torn))), part),
  });
  await storage.create();
  await assert.rejects(storage.save(ref, bytes), (error) => hasCode(error, 'storage-failed'));
  assert.equal(readdirSync(join(root, 'data', ref.name.slice(0, 2))).length, 1);
  assert.deepEqual(await listed(storage, 'pack'), []);
  await storage.save(ref, bytes);
  assert.deepEqual(await storage.load(ref), bytes);
});

test('a truncating storage claims success', async () => {
  const storage = faultStorage(memoryStorage(), { script: [{ effect: 'truncate', call: 'save' }] });
  await storage.save(ref, bytes);
  assert.deepEqual(await storage.load(ref), bytes.slice(0, 500));
});

test('a hanging call ends with its signal, or when the storage is closed', async () => {
  const storage = faultStorage(memoryStorage(), { script: [{ effect: 'hang' }] });
  const abort = new AbortController();
  const saving = assert.rejects(storage.save(ref, bytes, abort.signal), /no more/);
  const removing = assert.rejects(storage.remove(ref), (error) => hasCode(error, 'storage-failed'));
  await new Promise(setImmediate);
  abort.abort(new Error('no more'));
  await saving;
  await storage.close();
  await removing;
});

test('slowness is asked of the clock that was given', async () => {
  const pauses: number[] = [];
  const pause = async (ms: number): Promise<void> => void pauses.push(ms);
  const storage = faultStorage(memoryStorage(), { script: [{ effect: 'slow', ms: 5000, call: 'save' }], pause });
  await storage.save(ref, bytes);
  assert.deepEqual(pauses, [5000]);
  assert.deepEqual(await storage.load(ref), bytes);
});

test('from the crash on nothing is done and everything throws', async () => {
  for (const after of [false, true]) {
    const inner = memoryStorage();
    const storage = faultStorage(inner, { crash: { mutation: 3, after } });
    const files = [1, 2, 3, 4].map((seed) => sampleFile('index', 10, seed));
    const results = await Promise.allSettled(files.map((file) => storage.save(file.ref, file.bytes)));
    assert.ok(results.slice(2).every(({ status }) => status === 'rejected'));
    const dead = (error: unknown): boolean => hasCode(error, 'failed') && !error.canRetry;
    await assert.rejects(storage.load(files[0]!.ref), dead);
    await assert.rejects(listed(storage, 'index'), dead);
    await assert.rejects(storage.remove(files[0]!.ref), dead);
    const kept = (await listed(inner, 'index')).map(({ name }) => name);
    const expected = files.slice(0, after ? 3 : 2).map((file) => file.ref.name);
    assert.ok(
      kept.every((name) => expected.includes(name)),
      'nothing later than the crash',
    );
    assert.equal(kept.includes(files[2]!.ref.name), after);
  }
});

test('the same seed strikes in the same way, another seed in another', async () => {
  const run = async (seed: number): Promise<string> => {
    const faults = [{ effect: 'fail', code: 'storage-failed', probability: 0.3 } as const];
    const storage = faultStorage(memoryStorage(), { seeded: { seed, faults } });
    let text = '';
    for (let call = 0; call < 200; call++) {
      const [result] = await Promise.allSettled([storage.save(ref, bytes)]);
      text += result.status === 'fulfilled' ? '.' : 'x';
    }
    assert.equal(storage.struck, [...text].filter((letter) => letter === 'x').length);
    assert.ok(storage.struck > 30 && storage.struck < 90, `${storage.struck} of 200 at 0.3`);
    return text;
  };
  assert.equal(await run(5), await run(5));
  assert.notEqual(await run(5), await run(6));
});
