import assert from 'node:assert/strict';
import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { createFolder } from './new-folder.ts';

let root = '';
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'holdfast-new-folder-'));
});
afterEach(() => {
  chmodSync(root, 0o700);
  rmSync(root, { recursive: true, force: true });
});

const FILES = [
  { name: 'authkey', content: Buffer.from([1, 2, 3]), mode: 0o400 },
  { name: 'cib.xml', content: '<cib/>', mode: 0o600 },
];

describe('a new folder', () => {
  it('has all files with their modes, and lets nobody else in', async () => {
    const path = join(root, 'deep', 'new');
    await createFolder(path, FILES);
    assert.deepEqual(readdirSync(path), ['authkey', 'cib.xml']);
    assert.equal(readFileSync(join(path, 'cib.xml'), 'utf8'), '<cib/>');
    assert.deepEqual(
      ['authkey', 'cib.xml', '.'].map((name) => (statSync(join(path, name)).mode & 0o777).toString(8)),
      ['400', '600', '700'],
    );
    assert.deepEqual(readdirSync(join(root, 'deep')), ['new']);
  });

  it('takes the place of nothing', async () => {
    mkdirSync(join(root, 'folder'));
    writeFileSync(join(root, 'file'), 'x');
    symlinkSync('/nowhere', join(root, 'link'));
    for (const name of ['folder', 'file', 'link'])
      await assert.rejects(createFolder(join(root, name), FILES), { code: 'refused', message: /is there already/ });
    assert.deepEqual(readdirSync(root).toSorted(), ['file', 'folder', 'link']);
  });

  it('leaves nothing behind when a file cannot be written', async () => {
    const twice = [...FILES, { name: 'no/such/cib.xml', content: '', mode: 0o600 }];
    await assert.rejects(createFolder(join(root, 'new'), twice), { code: 'failed', message: /ENOENT/ });
    assert.deepEqual(readdirSync(root), []);
  });
});
