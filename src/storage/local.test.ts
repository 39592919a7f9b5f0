import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  chownSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { MIB } from '../base/bytes.ts';
import { hasCode } from '../base/errors.ts';
import { listed, sampleFile, storageContract } from './contract.ts';
import { temporaryPath } from './durable.ts';
import { pathOf } from './layout.ts';
import { localDirectory } from './local.ts';

const isRoot = process.geteuid?.() === 0;

storageContract('local', (t) => localDirectory(join(temporaryRoot(t), 'vault')));

test('create makes the layout with private modes', async (t) => {
  const root = join(temporaryRoot(t), 'vault');
  await localDirectory(root).create();
  assert.deepEqual(readdirSync(root).sort(), ['data', 'index', 'keys', 'locks', 'snapshots']);
  assert.equal(readdirSync(join(root, 'data')).length, 256);
  for (const name of ['', 'data', 'data/00', 'data/ff', 'keys']) assert.equal(modeOf(join(root, name)), 0o700, name);
});

test("sweep removes what killed saves left, ours and other programs', and no stranger", async (t) => {
  const root = temporaryRoot(t);
  const storage = localDirectory(root);
  await storage.create();
  const pack = sampleFile('pack', 100);
  await storage.save(pack.ref, pack.bytes);
  const lock = sampleFile('lock', 100);
  const left = [
    temporaryPath(join(root, pathOf(pack.ref))),
    join(root, `${pathOf(lock.ref)}-tmp-123456`),
    temporaryPath(join(root, 'config')),
  ];
  const strangers = ['notes-tmp-1', join('keys', 'notes'), join('data', 'ab', 'x-tmp-')].map((name) =>
    join(root, name),
  );
  for (const path of [...left, ...strangers]) writeFileSync(path, 'abc');
  assert.equal(await storage.sweep(), 9);
  assert.deepEqual(
    [...left, ...strangers].filter((path) => existsSync(path)),
    strangers,
  );
  assert.equal((await storage.stat(pack.ref)).size, 100);
  assert.equal(await storage.sweep(), 0);
});

test('finished files are read-only, and the group may read where it may read the config', async (t) => {
  const root = temporaryRoot(t);
  const pack = sampleFile('pack', 2 * MIB);
  const config = sampleFile('config', 155);
  const storage = localDirectory(root);
  await storage.create();
  await storage.save(pack.ref, pack.bytes);
  await storage.save(config.ref, config.bytes);
  assert.equal(modeOf(join(root, pathOf(pack.ref))), 0o400);
  assert.equal(modeOf(join(root, 'config')), 0o400);

  chmodSync(join(root, 'config'), 0o440);
  rmSync(join(root, 'data', pack.ref.name.slice(0, 2)), { recursive: true });
  await localDirectory(root).save(pack.ref, pack.bytes);
  assert.equal(modeOf(join(root, pathOf(pack.ref))), 0o440);
  assert.equal(modeOf(dirname(join(root, pathOf(pack.ref)))), 0o770);
});

test('a missing directory is made, but never the root', async (t) => {
  const root = join(temporaryRoot(t), 'vault');
  const lock = sampleFile('lock', 100);
  const pack = sampleFile('pack', 2 * MIB);
  const config = sampleFile('config', 100);
  for (const { ref, bytes } of [lock, pack, config])
    await assert.rejects(localDirectory(root).save(ref, bytes), (error) => hasCode(error, 'not-found'));
  mkdirSync(root);
  await localDirectory(root).save(lock.ref, lock.bytes);
  assert.deepEqual(await listed(localDirectory(root), 'lock'), [{ name: lock.ref.name, size: 100 }]);
  await assert.rejects(localDirectory(root).save(pack.ref, pack.bytes), (error) => hasCode(error, 'not-found'));
});

test('lists leave out strangers, temporary files, links and misplaced packs', async (t) => {
  const root = temporaryRoot(t);
  const storage = localDirectory(root);
  await storage.create();
  const good = sampleFile('pack', 10);
  await storage.save(good.ref, good.bytes);
  const directory = dirname(join(root, pathOf(good.ref)));
  const other = good.ref.name.replace(/.$/, (digit) => (digit === '0' ? '1' : '0'));
  writeFileSync(temporaryPath(join(root, pathOf(good.ref))), 'half');
  writeFileSync(join(directory, 'README'), 'stranger');
  writeFileSync(join(directory, other.toUpperCase().padEnd(65, 'A')), 'odd');
  symlinkSync(good.ref.name, join(directory, other));
  writeFileSync(join(root, 'data', good.ref.name.startsWith('00') ? '01' : '00', good.ref.name), 'misplaced');
  mkdirSync(join(root, 'index', other));
  assert.deepEqual(await listed(storage, 'pack'), [{ name: good.ref.name, size: 10 }]);
  assert.deepEqual(await listed(storage, 'index'), []);
});

test('a fifo under the name of a file does not hang a load', { timeout: 10_000 }, async (t) => {
  const root = temporaryRoot(t);
  const storage = localDirectory(root);
  await storage.create();
  const { ref } = sampleFile('key', 10);
  execFileSync('mkfifo', [join(root, pathOf(ref))]);
  await assert.rejects(storage.load(ref, { length: 10, into: new Uint8Array(10) }));
  await assert.rejects(storage.stat(ref), (error) => hasCode(error, 'not-found'));
});

test('without permission: storage-denied, naming the file, and nothing left', async (t) => {
  const root = temporaryRoot(t);
  const storage = localDirectory(root);
  await storage.create();
  const kept = sampleFile('snapshot', 100, 1);
  const { ref, bytes } = sampleFile('snapshot', 100, 2);
  await storage.save(kept.ref, kept.bytes);
  chmodSync(join(root, 'snapshots'), 0o500);
  await asOrdinaryUser(root, async () => {
    const denied = (error: unknown): boolean =>
      hasCode(error, 'storage-denied') && /EACCES.*snapshots/.test(error.message);
    await assert.rejects(storage.save(ref, bytes), denied);
    await assert.rejects(storage.remove(kept.ref), denied);
    assert.deepEqual(await listed(storage, 'snapshot'), [{ name: kept.ref.name, size: 100 }]);
    chmodSync(join(root, 'snapshots'), 0o000);
    await assert.rejects(listed(storage, 'snapshot'), denied);
    await assert.rejects(storage.load(kept.ref), denied);
  });
  chmodSync(join(root, 'snapshots'), 0o700);
  assert.deepEqual(readdirSync(join(root, 'snapshots')), [kept.ref.name]);
});

/** Runs `work` without root's power over permissions, as the owner of everything below `root`. */
async function asOrdinaryUser(root: string, work: () => Promise<void>): Promise<void> {
  if (!isRoot) return await work();
  const nobody = 65534;
  for (const name of ['.', ...readdirSync(root, { recursive: true, encoding: 'utf8' })])
    chownSync(join(root, name), nobody, nobody);
  process.seteuid!(nobody);
  try {
    await work();
  } finally {
    process.seteuid!(0);
  }
}

function modeOf(path: string): number {
  return statSync(path).mode & 0o7777;
}

function temporaryRoot(t: TestContext): string {
  const root = mkdtempSync(join(tmpdir(), 'holdfast-'));
  t.after(() => rmSync(root, { recursive: true, force: true }));
  return root;
}
