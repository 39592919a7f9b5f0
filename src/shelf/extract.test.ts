import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { link, mkdir, readdir, readFile, readlink, rm, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import fc from 'fast-check';
import { DAYABAY, freshRoot, item, makeArchive, SIGNAL } from '../../test/shelf/dayabay.ts';
import { endAt } from '../../test/shelf/end-at.ts';
import { processIdentity, systemProcesses } from '../host.ts';
import { type ExtractOptions, extractArchive } from './extract.ts';
import { listShelf } from './listing.ts';
import { escapes } from './members.ts';
import type { ShelfEnd, ShelfOptions } from './model.ts';

const PATH = 'tracs/dybsvn/2013/05/19/104702/dybsvn.tar.gz';
const FOLDER = 'tracs/dybsvn/2013/05/19/104702';

interface World {
  root: string;
  work: string;
  to: string;
  end: ShelfEnd;
}

async function makeWorld(context: { after(work: () => Promise<void>): void }): Promise<World> {
  const [root, work, to] = [await freshRoot(context), await freshRoot(context), await freshRoot(context)];
  return { root, work, to, end: endAt(context, root) };
}

/** Packs what is in `work` with the given arguments of tar. */
async function pack({ root, work }: World, args: readonly string[], path = PATH): Promise<void> {
  const content = execFileSync('tar', ['-cz', '-C', work, ...args], { stdio: ['ignore', 'pipe', 'pipe'] });
  await makeArchive(root, path, { content });
}

async function extract({ end, to }: World, more: Partial<ExtractOptions> = {}, shelf: ShelfOptions = DAYABAY) {
  const { archives } = await listShelf(end, shelf, SIGNAL);
  return extractArchive(end, {
    archive: archives[0]!,
    to,
    members: [],
    processes: systemProcesses,
    signal: SIGNAL,
    ...more,
  });
}

async function makeTrac({ work }: World): Promise<void> {
  await mkdir(join(work, 'dybsvn/db'), { recursive: true });
  await writeFile(join(work, 'dybsvn/db/trac.db'), 'database');
  await writeFile(join(work, 'dybsvn/db/an odd -> näme\n'), 'odd');
  await writeFile(Buffer.concat([Buffer.from(join(work, 'dybsvn/latin')), Buffer.from([0xe9])]), 'not UTF-8');
  await writeFile(join(work, 'dybsvn/VERSION'), '1');
  await symlink('db/trac.db', join(work, 'dybsvn/inside'));
  await link(join(work, 'dybsvn/VERSION'), join(work, 'dybsvn/same'));
}

test('everything comes out into a dated folder, and again does nothing', async (context) => {
  const world = await makeWorld(context);
  await makeTrac(world);
  await pack(world, ['dybsvn']);
  const first = await extract(world);
  assert.deepEqual(
    [first.folder, first.isNew, first.members.length, first.skipped],
    [join(world.to, FOLDER), true, 6, []],
  );
  execFileSync('diff', ['-r', join(world.work, 'dybsvn'), join(first.folder, 'dybsvn')]);
  assert.deepEqual(await readdir(join(first.folder, '..')), ['104702']);
  const again = await extract(world);
  assert.deepEqual([again.isNew, again.members.length], [false, 6]);
});

test('one member comes out by itself, and the rest later beside it', async (context) => {
  const world = await makeWorld(context);
  await makeTrac(world);
  await pack(world, ['dybsvn']);
  const one = await extract(world, { members: ['*/trac.db'] });
  assert.deepEqual(
    one.members.map(({ name }) => name),
    ['dybsvn/db/trac.db'],
  );
  assert.deepEqual(await readdir(join(one.folder, 'dybsvn')), ['db']);
  assert.equal((await extract(world, { members: ['*/trac.db'] })).isNew, false);
  assert.equal((await extract(world)).isNew, true);
  execFileSync('diff', ['-r', join(world.work, 'dybsvn'), join(one.folder, 'dybsvn')]);
  await writeFile(join(one.folder, 'dybsvn/VERSION'), 'changed');
  assert.equal((await extract(world)).isNew, true);
  assert.equal(await readFile(join(one.folder, 'dybsvn/VERSION'), 'utf8'), '1');
});

test('what no member fits is told', async (context) => {
  const world = await makeWorld(context);
  await makeTrac(world);
  await pack(world, ['dybsvn']);
  await assert.rejects(extract(world, { members: ['*/other.db'] }), { code: 'not-found' });
  assert.deepEqual(await readdir(world.to), []);
});

test('an archive that does not match its sidecar is not unpacked', async (context) => {
  const world = await makeWorld(context);
  await makeTrac(world);
  for (const dna of ['wrong', 'none'] as const) {
    await makeArchive(world.root, PATH, { content: 'x', dna });
    if (dna === 'none') await writeFile(join(world.root, `${PATH}.dna`), 'noise');
    await assert.rejects(extract(world), { code: 'archive-damaged' });
  }
  await makeArchive(world.root, PATH, { content: 'no tar at all' });
  await assert.rejects(extract(world), { code: 'command-failed' });
  assert.deepEqual(await readdir(world.to), []);
});

test('members that would leave the folder are refused', async (context) => {
  const world = await makeWorld(context);
  await mkdir(join(world.work, 'in'));
  await writeFile(join(world.work, 'out'), 'hostile');
  for (const args of [
    ['-P', '-C', join(world.work, 'in'), '../out'],
    ['-P', join(world.work, 'out')],
    ['-P', '--transform', 's,^out$,in/../../out,', 'out'],
  ]) {
    await pack(world, args);
    await assert.rejects(extract(world), { code: 'target-unsafe' });
    assert.deepEqual(await readdir(world.to), []);
  }
});

test('links that leave the folder are left out and told; nothing is written through them', async (context) => {
  const world = await makeWorld(context);
  await mkdir(join(world.work, 'etc/deep'), { recursive: true });
  await symlink('/usr/share/zoneinfo/UTC', join(world.work, 'etc/localtime'));
  await symlink('../../..', join(world.work, 'etc/up'));
  await symlink('../fstab', join(world.work, 'etc/deep/fine'));
  await writeFile(join(world.work, 'etc/fstab'), 'x');
  await pack(world, ['etc']);
  const { folder, skipped } = await extract(world);
  assert.deepEqual(skipped.map(({ name }) => name).sort(), ['etc/localtime', 'etc/up']);
  assert.deepEqual((await readdir(join(folder, 'etc'))).sort(), ['deep', 'fstab']);
  assert.equal(await readlink(join(folder, 'etc/deep/fine')), '../fstab');
  assert.equal((await extract(world)).isNew, false);
});

test('a link to outside with a file below its name writes nothing outside', async (context) => {
  const world = await makeWorld(context);
  const outside = await freshRoot(context);
  await symlink(outside, join(world.work, 'link'));
  await writeFile(join(world.work, 'file'), 'hostile');
  const plain = join(world.work, 'a.tar');
  execFileSync('tar', ['-cf', plain, '-C', world.work, 'link']);
  execFileSync('tar', ['-rf', plain, '-C', world.work, '--transform', 's,^file$,link/file,', 'file']);
  await makeArchive(world.root, PATH, { content: execFileSync('gzip', ['-c', plain]) });
  await extract(world).catch(() => {});
  assert.deepEqual(await readdir(outside), []);
});

test('what a killed extraction left goes, and one under way is waited for', async (context) => {
  const world = await makeWorld(context);
  await makeTrac(world);
  await pack(world, ['dybsvn']);
  const partOf = (process: string): string => join(world.to, FOLDER, `../.104702.${process}.holdfast-part`);
  const mine = processIdentity();
  const dead = partOf(mine.replace(/^\d+:\d+/, '1:1'));
  await mkdir(dead, { recursive: true });
  await mkdir(partOf(mine));
  await assert.rejects(extract(world), { code: 'refused', message: new RegExp(`process ${process.pid}$`) });
  await rm(partOf(mine), { recursive: true });
  await extract(world);
  assert.deepEqual(await readdir(join(world.to, FOLDER, '..')), ['104702']);
  const controller = new AbortController();
  const read: ShelfEnd['read'] = async function* (...given) {
    for await (const part of world.end.read(...given)) {
      controller.abort(new Error('stopped'));
      yield part;
    }
  };
  const to = await freshRoot(context);
  await assert.rejects(
    extract({ ...world, to, end: { ...world.end, read } }, { signal: controller.signal }),
    /stopped/,
  );
  assert.deepEqual(
    (await readdir(to, { recursive: true })).filter((path) => path.includes('104702')),
    [],
  );
});

test('a dump that is no tar archive comes out decompressed', async (context) => {
  const world = await makeWorld(context);
  const shelf = { ...DAYABAY, layout: 'weekday', items: [item('cmdaemon', 'db', { file: 'backup-{weekday}.sql.gz' })] };
  const content = execFileSync('gzip', ['-c'], { input: 'CREATE TABLE t;' });
  await makeArchive(world.root, 'cmdaemon/db/backup-Mon.sql.gz', { content, modified: '2022-10-10T04:02:00+08:00' });
  const { folder } = await extract(world, {}, shelf);
  assert.equal(folder, join(world.to, 'cmdaemon/db/2022/10/10'));
  assert.equal(await readFile(join(folder, 'backup-Mon.sql'), 'utf8'), 'CREATE TABLE t;');
  assert.equal((await extract(world, {}, shelf)).isNew, false);
});

test('names and links that leave are known, whatever they look like', () => {
  const of = (type: string, name: string, target?: string) => escapes({ type, name, link: target, bytes: 0 });
  for (const name of ['/etc/passwd', '..', '../x', 'a/../../x', './../x']) assert.equal(of('-', name), 'name', name);
  for (const name of ['a', 'a/..b', '...', 'a/../b', './a']) assert.equal(of('-', name), undefined, name);
  assert.equal(of('l', 'a/b', '../c'), undefined);
  assert.equal(of('l', 'a/b', '../../c'), 'link');
  assert.equal(of('h', 'a/b', '../c'), 'link');
  assert.equal(of('h', 'a/b', 'a/c'), undefined);
  assert.equal(of('l', 'b', '/c'), 'link');
  const part = fc.constantFrom('..', '.', '', 'a', 'b');
  fc.assert(
    fc.property(
      fc.array(part, { maxLength: 8 }).map((parts) => parts.join('/')),
      (name) => {
        // Compared with the path resolved below a folder that nothing in the name can be.
        const resolved = join('/top', name);
        const stays = resolved === '/top' || resolved.startsWith('/top/');
        if (of('-', name) === undefined) assert.ok(stays, name);
      },
    ),
  );
});
