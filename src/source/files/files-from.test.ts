import assert from 'node:assert/strict';
import { test } from 'node:test';
import { expandGlob, type GlobFiles, parseFilesFrom, parseFilesFromRaw, parseFilesFromVerbatim } from './files-from.ts';

test('lists of patterns lose comments, blank lines and white space; verbatim lists only empty lines', () => {
  const content = Buffer.from('# c\n\n  a b \r\n*.c\n', 'latin1');
  assert.deepEqual(parseFilesFrom(content), ['a b', '*.c']);
  assert.deepEqual(parseFilesFromVerbatim(content), ['# c', '  a b ', '*.c']);
  assert.deepEqual(parseFilesFromVerbatim(Buffer.from('a\nb')), ['a', 'b']);
});

test('raw lists end each path with a zero byte', () => {
  assert.deepEqual(parseFilesFromRaw(Buffer.from('a\nb\0\xff\0', 'latin1')), ['a\nb', '\xff']);
  assert.deepEqual(parseFilesFromRaw(new Uint8Array()), []);
  assert.throws(() => parseFilesFromRaw(Buffer.from('a\0b')), { code: 'usage' });
  assert.throws(() => parseFilesFromRaw(Buffer.from('a\0\0')), { code: 'usage' });
});

const FOLDERS: Record<string, string[]> = {
  '.': ['src', 'a.c'],
  '/': ['srv', 'etc', 'star*'],
  '/etc': ['b.conf', 'a.conf', 'c.d'],
  '/srv': ['b.conf'],
  src: ['main.c'],
};

const files: GlobFiles = {
  exists: async (path) => path === '/etc/a.conf',
  names: async (directory) => [...(FOLDERS[directory] ?? [])],
};

test('globs stand for what exists, in order', async () => {
  const cases: [string, string[]][] = [
    ['/etc/a.conf', ['/etc/a.conf']],
    ['/etc/none', []],
    ['/etc/*.conf', ['/etc/a.conf', '/etc/b.conf']],
    ['/*/b.*', ['/etc/b.conf', '/srv/b.conf']],
    ['/star\\*', ['/star*']],
    ['*', ['a.c', 'src']],
    ['s*/*', ['src/main.c']],
    ['./s?c', ['src']],
    ['/etc/*/', []],
    ['none/*', []],
  ];
  for (const [pattern, expected] of cases) assert.deepEqual(await expandGlob(pattern, files), expected, pattern);
  await assert.rejects(expandGlob('/none/[', files), { code: 'usage' });
});
