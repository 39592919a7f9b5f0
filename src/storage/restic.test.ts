import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import type { FileKind, Storage } from '../storage.ts';
import { listed } from './contract.ts';
import { localDirectory } from './local.ts';

const hasRestic = spawnSync('restic', ['version']).status === 0;
const options = hasRestic ? { timeout: 120_000 } : { skip: 'restic is not installed' };
const KINDS: readonly FileKind[] = ['key', 'snapshot', 'index', 'pack', 'lock'];

test('a vault made by restic lists and loads, and its copy made here works for restic', options, async (t) => {
  const root = mkdtempSync(join(tmpdir(), 'holdfast-'));
  t.after(() => rmSync(root, { recursive: true, force: true }));
  const [theirs, ours, files] = ['theirs', 'ours', 'files'].map((name) => join(root, name)) as [string, string, string];
  mkdirSync(files);
  for (const number of [1, 2, 3]) writeFileSync(join(files, `${number}`), `content ${number} `.repeat(10_000));
  restic(theirs, root, 'init');
  restic(theirs, root, 'backup', files);
  writeFileSync(join(theirs, 'index', 'stranger'), '');

  const from = localDirectory(theirs);
  const to = localDirectory(ours);
  await to.create();
  assert.deepEqual(await listed(from, 'config'), [{ name: 'config', size: statSync(join(theirs, 'config')).size }]);
  const counts = new Map<FileKind, number>();
  for (const kind of KINDS) counts.set(kind, await copyAll(kind, from, to));
  assert.equal(counts.get('key'), 1);
  assert.equal(counts.get('snapshot'), 1);
  assert.equal(counts.get('index'), 1);
  assert.equal(counts.get('lock'), 0);
  const packs = readdirSync(join(theirs, 'data'), { recursive: true, encoding: 'utf8' }).filter(
    (name) => name.length > 64,
  );
  assert.equal(counts.get('pack'), packs.length);
  assert.ok(packs.length >= 2);
  const config = { kind: 'config', name: 'config' } as const;
  await to.save(config, await from.load(config));

  assert.match(restic(ours, root, 'check', '--read-data'), /no errors were found/);
  writeFileSync(join(files, '4'), 'more');
  restic(ours, root, 'backup', files);
  restic(ours, root, 'forget', '--keep-last', '1', '--prune');
  assert.match(restic(ours, root, 'check'), /no errors were found/);
  assert.equal((await listed(to, 'snapshot')).length, 1);
});

async function copyAll(kind: FileKind, from: Storage, to: Storage): Promise<number> {
  const files = await listed(from, kind);
  for (const { name, size } of files) {
    const bytes = await from.load({ kind, name });
    assert.equal(bytes.length, size);
    assert.equal(createHash('sha256').update(bytes).digest('hex'), name);
    await to.save({ kind, name }, bytes);
  }
  return files.length;
}

function restic(vault: string, home: string, ...args: string[]): string {
  const env = { PATH: process.env['PATH'], HOME: home, RESTIC_REPOSITORY: vault, RESTIC_PASSWORD: 'test' };
  return execFileSync('restic', ['--no-cache', ...args], { env, encoding: 'utf8' });
}
