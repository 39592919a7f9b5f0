import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { DAYABAY, freshRoot, item, MAY_20, makeArchive, makeDayabay, SIGNAL } from '../../test/shelf/dayabay.ts';
import { endAt } from '../../test/shelf/end-at.ts';
import { AppError } from '../base/errors.ts';
import { type CheckOptions, checkShelf } from './check.ts';
import { listShelf } from './listing.ts';
import type { ShelfEnd, ShelfOptions } from './model.ts';

const TRAC_18 = 'tracs/dybsvn/2013/05/18/104702/dybsvn.tar.gz';

async function checked(end: ShelfEnd, shelf: ShelfOptions = DAYABAY, more: Partial<CheckOptions> = {}) {
  const listing = await listShelf(end, shelf, SIGNAL);
  return checkShelf(end, { listing, shelf, today: MAY_20, signal: SIGNAL, ...more });
}

test('archives that match are fine, and get the .sha256 they lack', async (context) => {
  const root = await freshRoot(context);
  await makeDayabay(root);
  const end = endAt(context, root);
  const report = await checked(end);
  assert.equal(report.isFine, true);
  assert.deepEqual(
    report.archives.map(({ state, added }) => `${state} ${added}`),
    Array(9).fill('finished sha256'),
  );
  assert.deepEqual(
    report.items.map(({ due }) => due?.found),
    [0, 0, 0],
  );
  execFileSync('sha256sum', ['--check', '--strict', 'dybsvn.tar.gz.sha256'], {
    cwd: join(root, TRAC_18, '..'),
    stdio: 'pipe',
  });
  const again = await checked(end);
  assert.deepEqual(
    again.archives.map(({ added }) => added),
    Array(9).fill(undefined),
  );
});

test('every kind of damage is seen, and none of it gets a .sha256', async (context) => {
  const root = await freshRoot(context);
  await makeArchive(root, 'svn/dybsvn/2013/05/17/104702/dybsvn-1.tar.gz', { dna: 'wrong' });
  await makeArchive(root, 'svn/dybsvn/2013/05/18/104702/dybsvn-2.tar.gz', { dna: 'none' });
  await makeArchive(root, 'svn/dybsvn/2013/05/19/104702/dybsvn-3.tar.gz', { dna: 'noise' });
  await makeArchive(root, 'tracs/dybsvn/2013/05/17/104702/dybsvn.tar.gz', { content: '' });
  await makeArchive(root, TRAC_18, { content: 'whole' });
  await writeFile(join(root, TRAC_18), 'who');
  await makeArchive(root, 'tracs/dybsvn/2013/05/19/104702/dybsvn.tar.gz', { content: 'right' });
  await writeFile(
    join(root, 'tracs/dybsvn/2013/05/19/104702/dybsvn.tar.gz.sha256'),
    `${'0'.repeat(64)}  dybsvn.tar.gz\n`,
  );
  const report = await checked(endAt(context, root));
  assert.deepEqual(
    report.archives.map(({ state, why }) => `${state}: ${why}`),
    [
      'damaged: MD5 is not that of .dna',
      'unfinished: has no sidecar',
      'damaged: .dna is not of the form {…}',
      'small: 0 B is less than 1 B',
      'damaged: 3 bytes instead of 5: 2 B missing at the end',
      'damaged: SHA-256 is not that of .sha256',
    ],
  );
  assert.equal(report.isFine, false);
  assert.ok(report.archives.every(({ added }) => added === undefined));
  assert.deepEqual(
    report.items.map(({ isEmpty }) => isEmpty),
    [true, true, true],
  );
});

test('a day that is asked for must have all its archives, even today', async (context) => {
  const root = await freshRoot(context);
  await makeDayabay(root);
  const end = endAt(context, root);
  const of = async (day: number) => checked(end, DAYABAY, { day: { ...MAY_20, day } });
  assert.equal((await of(19)).isFine, true);
  assert.equal((await of(19)).archives.length, 3);
  const today = await of(20);
  assert.equal(today.isFine, false);
  assert.deepEqual(
    today.items.map(({ missing }) => missing.map(({ found, expected }) => `${found}/${expected}`)),
    [['0/1'], ['0/1'], ['0/1']],
  );
});

test('a check that sees nothing does not pass', async (context) => {
  const root = await freshRoot(context);
  assert.equal((await checked(endAt(context, root))).isFine, false);
  const rare = { ...DAYABAY, items: [item('svn', 'rare', { perDay: 0 })] };
  assert.equal((await checked(endAt(context, root), rare)).isFine, true);
});

test('whoever may not write still can check', async (context) => {
  const root = await freshRoot(context);
  await makeDayabay(root);
  const denied: ShelfEnd = { ...endAt(context, root), place: () => Promise.reject(new AppError('storage-denied')) };
  const report = await checked(denied);
  assert.equal(report.isFine, true);
  assert.ok(report.archives.every(({ added }) => added === 'denied'));
  const full: ShelfEnd = { ...endAt(context, root), place: () => Promise.reject(new AppError('storage-full')) };
  await assert.rejects(checked(full), { code: 'storage-full' });
});

test('an archive that goes away meanwhile is not fine', async (context) => {
  const root = await freshRoot(context);
  await makeDayabay(root);
  const end = endAt(context, root);
  const listing = await listShelf(end, DAYABAY, SIGNAL);
  await rm(join(root, TRAC_18));
  const report = await checkShelf(end, { listing, shelf: DAYABAY, today: MAY_20, signal: SIGNAL });
  assert.equal(report.isFine, false);
  assert.equal(report.archives.find(({ archive }) => archive.path === TRAC_18)?.why, 'went away while it was checked');
});

test('a sidecar whose archive is gone is a fault; a file of no item is none', async (context) => {
  const root = await freshRoot(context);
  await makeDayabay(root);
  await writeFile(join(root, 'notes.txt'), 'x');
  assert.equal((await checked(endAt(context, root))).isFine, true);
  await rm(join(root, TRAC_18));
  const report = await checked(endAt(context, root));
  assert.deepEqual(
    report.strays.map(({ path }) => path),
    [`${TRAC_18}.dna`, `${TRAC_18}.sha256`],
  );
  assert.equal(report.isFine, false);
});

test('sidecars of a shelf that wants none but .dna are left at that', async (context) => {
  const root = await freshRoot(context);
  await makeDayabay(root);
  const report = await checked(endAt(context, root), { ...DAYABAY, sidecars: ['dna'] });
  assert.equal(report.isFine, true);
  await assert.rejects(readFile(join(root, `${TRAC_18}.sha256`)));
});
