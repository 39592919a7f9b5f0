import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { closeFd, openDirectory } from './directory.ts';
import { CWD } from './libc.ts';
import { listNames } from './names.ts';

const directory = mkdtempSync(join(tmpdir(), 'holdfast-'));
after(() => rmSync(directory, { recursive: true }));

test('thousands of names, each once, and again from the start', () => {
  const fd = openDirectory(CWD, directory);
  assert.deepEqual(listNames(fd), []);
  for (let i = 0; i < 3000; i++) writeFileSync(join(directory, `name-${i}-${'x'.repeat(i % 60)}`), '');
  const wanted = readdirSync(directory, 'latin1').sort();
  assert.equal(wanted.length, 3000);
  for (let round = 0; round < 2; round++) assert.deepEqual(listNames(fd).sort(), wanted);
  closeFd(fd);
});

test('a descriptor that is no directory is an error', () => {
  assert.throws(() => listNames(-1), { name: 'SystemError', code: 'EBADF' });
});
