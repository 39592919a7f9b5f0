import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { constants, mkdtempSync, openSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { alignedBuffer } from '../base/aligned.ts';
import { MIB } from '../base/bytes.ts';
import { errnoOf, hasCode } from '../base/errors.ts';
import { listed, sampleFile } from './contract.ts';
import { DirectorySync } from './directory-sync.ts';
import { writeDurably } from './durable.ts';
import { localDirectory } from './local.ts';

const mounts = process.geteuid?.() === 0 ? {} : { skip: 'needs root, to mount a small filesystem' };

test('a full disk: storage-full, nothing left, earlier files whole', mounts, async (t) => {
  const root = mounted(t, 'tmpfs', 'size=8m');
  const storage = localDirectory(root);
  await storage.create();
  const first = packIn(alignedBuffer(4 * MIB), 1);
  await storage.save(first.ref, first.bytes);
  for (const memory of [alignedBuffer(6 * MIB), new Uint8Array(6 * MIB + 1).subarray(1)]) {
    const { ref, bytes } = packIn(memory, 2);
    const full = (error: unknown): boolean =>
      hasCode(error, 'storage-full') && error.message.includes(ref.name) && !error.canRetry;
    await assert.rejects(storage.save(ref, bytes), full);
    assert.deepEqual(filesBelow(root), [first.ref.name]);
  }
  assert.ok(Buffer.from(first.bytes).equals(await storage.load(first.ref)));
  const small = packIn(alignedBuffer(MIB), 3);
  await storage.save(small.ref, small.bytes);
});

test('a read-only filesystem: storage-denied', mounts, async (t) => {
  const root = mounted(t, 'tmpfs', 'size=8m');
  const storage = localDirectory(root);
  await storage.create();
  const { ref, bytes } = sampleFile('index', 100);
  await storage.save(ref, bytes);
  execFileSync('mount', ['-o', 'remount,ro', root]);
  const requests = [() => storage.save(ref, bytes), () => storage.remove(ref), () => storage.replace(ref, bytes)];
  for (const request of requests)
    await assert.rejects(request, (error) => hasCode(error, 'storage-denied') && /EROFS/.test(error.message));
  assert.deepEqual(await storage.load(ref), bytes);
});

test('where direct writes are refused, files are written as usual', mounts, async (t) => {
  const root = mounted(t, 'ramfs', 'mode=700');
  assert.throws(
    () => openSync(join(root, 'probe'), constants.O_WRONLY | constants.O_CREAT | constants.O_DIRECT),
    (error) => errnoOf(error) === 'EINVAL',
    'this filesystem was chosen because it refuses',
  );
  const bytes = alignedBuffer(2 * MIB + 5).fill(7);
  rmSync(join(root, 'probe'), { force: true });
  await writeDurably(join(root, 'file'), bytes, { mode: 0o400, directories: new DirectorySync() });
  assert.ok(readFileSync(join(root, 'file')).equals(bytes));
  assert.deepEqual(readdirSync(root), ['file']);
});

test('an abort in mid-write leaves nothing', async (t) => {
  const root = temporaryRoot(t);
  const storage = localDirectory(root);
  await storage.create();
  const { ref, bytes } = packIn(alignedBuffer(32 * MIB), 1);
  const abort = new AbortController();
  const saving = storage.save(ref, bytes, abort.signal);
  while (filesBelow(root).length === 0) await new Promise(setImmediate);
  abort.abort(new Error('no more'));
  await assert.rejects(saving, /no more/);
  assert.deepEqual(filesBelow(root), []);
});

test('kill -9 in mid-save leaves at most temporary files, which no listing shows', { timeout: 60_000 }, async (t) => {
  const root = temporaryRoot(t);
  await localDirectory(root).create();
  const script = join(root, 'save.ts');
  writeFileSync(script, savingForEver(root));
  let leftovers = 0;
  for (let round = 0; round < 8 && leftovers === 0; round++) {
    const child = spawn(process.execPath, [script], { stdio: ['ignore', 'ignore', 'inherit'] });
    const ended = new Promise((resolve) => child.once('exit', resolve));
    while (!filesBelow(join(root, 'data')).some((name) => name.includes('-tmp-')) && child.exitCode === null)
      await new Promise(setImmediate);
    child.kill('SIGKILL');
    await ended;
    assert.equal(child.signalCode, 'SIGKILL');
    leftovers = filesBelow(join(root, 'data')).filter((name) => name.includes('-tmp-')).length;
  }
  assert.ok(leftovers > 0, 'no round was killed in mid-save');
  const storage = localDirectory(root);
  for (const { name } of await listed(storage, 'pack')) {
    const bytes = await storage.load({ kind: 'pack', name });
    assert.equal(createHash('sha256').update(bytes).digest('hex'), name);
  }
});

test('callers of one directory share syncs, but only those begun after them', async (t) => {
  const root = temporaryRoot(t);
  const directories = new DirectorySync();
  const first = directories.sync(root);
  const second = directories.sync(root);
  const third = directories.sync(root);
  assert.notEqual(first, second, 'the first may have begun too early for the second');
  assert.equal(second, third);
  const order: string[] = [];
  await Promise.all([first.then(() => order.push('first')), second.then(() => order.push('second'))]);
  assert.deepEqual(order, ['first', 'second']);
  await directories.sync(root);
  const missing = [1, 2, 3].map(() => directories.sync(join(root, 'missing')));
  for (const result of await Promise.allSettled(missing)) assert.equal(result.status, 'rejected');
});

/** A program that saves packs of 32 MiB until it is killed. */
function savingForEver(root: string): string {
  const local = new URL('./local.ts', import.meta.url);
  const aligned = new URL('../base/aligned.ts', import.meta.url);
  return `
    import { createHash } from 'node:crypto';
    import { localDirectory } from ${JSON.stringify(local)};
    import { alignedBuffer } from ${JSON.stringify(aligned)};
    const storage = localDirectory(${JSON.stringify(root)});
    const bytes = alignedBuffer(32 * 1024 * 1024);
    for (let round = 0; ; round++) {
      bytes.fill(round);
      const name = createHash('sha256').update(bytes).digest('hex');
      await storage.save({ kind: 'pack', name }, bytes);
      if (round > 2) await storage.remove({ kind: 'pack', name });
    }
  `;
}

/** Fills `memory` with a pattern and names it by its hash. */
function packIn(memory: Uint8Array, seed: number): ReturnType<typeof sampleFile> {
  memory.fill(seed);
  const name = createHash('sha256').update(memory).digest('hex');
  return { ref: { kind: 'pack', name }, bytes: memory };
}

function filesBelow(root: string): string[] {
  const entries = readdirSync(root, { recursive: true, withFileTypes: true });
  return entries.filter((entry) => entry.isFile()).map(({ name }) => name);
}

function mounted(t: TestContext, kind: string, options: string): string {
  const root = mkdtempSync(join(tmpdir(), 'holdfast-'));
  execFileSync('mount', ['-t', kind, '-o', options, 'holdfast', root]);
  t.after(() => {
    execFileSync('umount', [root]);
    rmSync(root, { recursive: true });
  });
  return root;
}

function temporaryRoot(t: TestContext): string {
  const root = mkdtempSync(join(tmpdir(), 'holdfast-'));
  t.after(() => rmSync(root, { recursive: true, force: true }));
  return root;
}
