import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdir, readdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { DAYABAY, freshRoot, item, MAY_20, SIGNAL } from '../../test/shelf/dayabay.ts';
import { endAt } from '../../test/shelf/end-at.ts';
import { hasCode } from '../base/errors.ts';
import { systemProcesses } from '../host.ts';
import { checkShelf } from './check.ts';
import { listShelf } from './listing.ts';
import type { ShelfEnd, ShelfItem, ShelfOptions } from './model.ts';
import { outputOf, packFolder } from './pack.ts';
import { type PutOptions, putArchive } from './put.ts';

const WORLD = { processes: systemProcesses, signal: SIGNAL };
const NOW = Date.parse('2013-05-20T10:47:02+08:00');

async function* bytes(...parts: string[]): AsyncGenerator<Uint8Array> {
  for (const part of parts) yield Buffer.from(part);
}

function put(end: ShelfEnd, of: ShelfItem, more: Partial<PutOptions> & Pick<PutOptions, 'content'>) {
  const shelf: ShelfOptions = { ...DAYABAY, items: [of] };
  return putArchive(end, { shelf, item: of, nowMs: NOW, token: 'a1', signal: SIGNAL, ...more });
}

test('a folder becomes an archive that tar unpacks and a check believes', async (context) => {
  const [root, work] = [await freshRoot(context), await freshRoot(context)];
  await mkdir(join(work, 'dybsvn/db'), { recursive: true });
  await writeFile(join(work, 'dybsvn/db/trac.db'), 'x'.repeat(300_000));
  await symlink('/nonexistent', join(work, 'dybsvn/link'));
  const end = endAt(context, root);
  const made = await put(end, item('tracs', 'dybsvn'), {
    content: (file) => packFolder(`${work}/dybsvn/`, file, WORLD),
  });
  assert.equal(made.path, 'tracs/dybsvn/2013/05/20/104702/dybsvn.tar.gz');
  const folder = join(root, 'tracs/dybsvn/2013/05/20/104702');
  assert.deepEqual((await readdir(folder)).sort(), ['dybsvn.tar.gz', 'dybsvn.tar.gz.dna', 'dybsvn.tar.gz.sha256']);
  assert.equal(
    await readFile(join(folder, 'dybsvn.tar.gz.dna'), 'utf8'),
    `{'dig': '${made.md5}', 'size': ${made.bytes}}\n`,
  );
  execFileSync('sha256sum', ['--check', '--strict', 'dybsvn.tar.gz.sha256'], { cwd: folder, stdio: 'pipe' });
  const names = execFileSync('tar', ['-tzf', join(folder, 'dybsvn.tar.gz')], { encoding: 'utf8' });
  assert.deepEqual(names.trim().split('\n').sort(), ['dybsvn/', 'dybsvn/db/', 'dybsvn/db/trac.db', 'dybsvn/link']);
  const shelf = { ...DAYABAY, items: [item('tracs', 'dybsvn')] };
  const listing = await listShelf(end, shelf, SIGNAL);
  assert.equal((await checkShelf(end, { listing, shelf, today: MAY_20, signal: SIGNAL })).isFine, true);
});

test('the sidecars come last, and .dna last of all', async (context) => {
  const end = endAt(context, await freshRoot(context));
  const path = 'svn/dybsvn/2013/05/20/104702/dybsvn.tar.gz';
  await put(end, item('svn', 'dybsvn'), { content: () => bytes('one', 'two') });
  assert.deepEqual(end.calls, [
    `write ${path}.a1.holdfast-part`,
    `rename ${path}`,
    `place ${path}.sha256`,
    `place ${path}.dna`,
  ]);
});

test('what fails halfway leaves nothing', async (context) => {
  const root = await freshRoot(context);
  const end = endAt(context, root);
  const failing: [code: string, content: PutOptions['content']][] = [
    ['command-failed', () => outputOf('sh', ['-c', 'echo begin; exit 3'], WORLD)],
    ['command-missing', () => outputOf('no-such-program', [], WORLD)],
    ['command-failed', (file) => packFolder('/nonexistent/folder', file, WORLD)],
    ['command-empty', () => bytes()],
    ['command-failed', () => outputOf('sh', ['-c', 'echo begin; kill -9 $$'], WORLD)],
  ];
  for (const [code, content] of failing) {
    await assert.rejects(put(end, item('svn', 'dybsvn'), { content }), { code });
    assert.deepEqual(
      await readdir(root, { recursive: true }).then((paths) => paths.filter((path) => path.includes('2013'))),
      [],
    );
  }
  await assert.rejects(put(end, item('svn', 'dybsvn', { minBytes: 100 }), { content: () => bytes('short') }), {
    code: 'command-empty',
  });
});

test('an abort leaves nothing', async (context) => {
  const root = await freshRoot(context);
  const controller = new AbortController();
  const content = async function* (): AsyncGenerator<Uint8Array> {
    yield Buffer.from('x');
    controller.abort(new Error('stopped'));
    yield Buffer.from('y');
  };
  const { signal } = controller;
  await assert.rejects(put(endAt(context, root), item('svn', 'dybsvn'), { content, signal }), /stopped/);
  assert.deepEqual(
    (await readdir(root, { recursive: true })).filter((path) => path.includes('2013')),
    [],
  );
});

test('a full disk leaves nothing and says so', async (context) => {
  const root = await freshRoot(context);
  const end = endAt(context, root);
  const full: ShelfEnd = {
    ...end,
    async write(path, offset, content, signal) {
      await end.write(path, offset, content, signal);
      throw Object.assign(new Error('full'), { code: 'ENOSPC' });
    },
  };
  await assert.rejects(put(full, item('svn', 'dybsvn'), { content: () => bytes('x') }), /full/);
  assert.deepEqual(
    (await readdir(root, { recursive: true })).filter((path) => path.includes('2013')),
    [],
  );
});

test('what is there is never overwritten where paths have dates', async (context) => {
  const end = endAt(context, await freshRoot(context));
  await put(end, item('svn', 'dybsvn'), { content: () => bytes('first') });
  await assert.rejects(put(end, item('svn', 'dybsvn'), { content: () => bytes('second') }), { code: 'refused' });
});

test("a rotating dump takes the place of last week's", async (context) => {
  const root = await freshRoot(context);
  const end = endAt(context, root);
  const dump = item('cmdaemon', 'db', { file: 'backup-{weekday}.sql.gz' });
  const shelf: ShelfOptions = { ...DAYABAY, layout: 'weekday', items: [dump] };
  const first = await put(end, dump, { shelf, content: () => bytes('first') });
  assert.deepEqual([first.path, first.replaced], ['cmdaemon/db/backup-Mon.sql.gz', false]);
  const second = await put(end, dump, { shelf, nowMs: NOW + 7 * 86_400_000, content: () => bytes('second') });
  assert.deepEqual([second.path, second.replaced], ['cmdaemon/db/backup-Mon.sql.gz', true]);
  await assert.rejects(put(end, dump, { shelf, content: () => outputOf('false', [], WORLD) }), {
    code: 'command-failed',
  });
  assert.equal(await readFile(join(root, second.path), 'utf8'), 'second');
  const listing = await listShelf(end, shelf, SIGNAL);
  assert.deepEqual(
    listing.archives.map(({ day }) => day?.day),
    [27],
  );
});

test('names come from the pattern or from the call, and must fit it', async (context) => {
  const end = endAt(context, await freshRoot(context));
  const content = (): AsyncIterable<Uint8Array> => bytes('x');
  const named = await put(end, item('svn', 'dybsvn', { file: 'dybsvn-*.tar.gz' }), {
    content,
    file: 'dybsvn-20550.tar.gz',
  });
  assert.match(named.path, /\/dybsvn-20550\.tar\.gz$/);
  for (const file of ['other.tar.gz', '../x.tar.gz', 'dybsvn-1/2.tar.gz', 'dybsvn-1.zip', ''])
    await assert.rejects(
      put(end, item('svn', 'dybsvn', { file: 'dybsvn-*.tar.gz' }), { content, file }),
      (error) => hasCode(error, 'usage'),
      file,
    );
  await assert.rejects(put(end, item('svn', 'x', { file: 'x?.tar.gz' }), { content }), { code: 'usage' });
});

test('a folder becomes only what tar can make', () => {
  assert.throws(() => packFolder('/etc', 'etc.sql.gz', WORLD), { code: 'usage' });
});
