import assert from 'node:assert/strict';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import {
  DAYABAY,
  freshRoot,
  item,
  MAY_20,
  makeArchive,
  makeDayabay,
  pathsOf,
  SIGNAL,
} from '../../test/shelf/dayabay.ts';
import { endAt } from '../../test/shelf/end-at.ts';
import { hasCode } from '../base/errors.ts';
import { isLocked, listShelf } from './listing.ts';
import { surveyShelf } from './survey.ts';

test('archives come with their sidecars, everything else is a stray', async (context) => {
  const root = await freshRoot(context);
  await makeDayabay(root);
  await makeArchive(root, 'svn/dybaux/2013/05/19/104702/dybaux.tar.gz');
  await writeFile(join(root, 'svn/dybsvn/2013/05/19/104702/gone.tar.gz.dna'), '{}');
  await writeFile(join(root, 'tracs/dybsvn/2013/05/19/104702/new.tar.gz.holdfast-part'), 'x');
  await writeFile(join(root, 'notes.txt'), 'x');
  const listing = await listShelf(endAt(context, root), DAYABAY, SIGNAL);
  assert.equal(listing.archives.length, 9);
  const first = listing.archives.find(({ path }) => path.startsWith('tracs/'));
  assert.deepEqual(
    [first?.category, first?.name, first?.file, first?.time],
    ['tracs', 'dybsvn', 'dybsvn.tar.gz', '104702'],
  );
  assert.deepEqual(first?.day, { year: 2013, month: 5, day: 17 });
  assert.equal(first?.sidecars.dna?.bytes, first?.bytes);
  assert.deepEqual(
    listing.strays.map(({ path, kind }) => `${kind} ${path}`),
    [
      'unknown notes.txt',
      'unknown svn/dybaux/2013/05/19/104702/dybaux.tar.gz',
      'sidecar svn/dybsvn/2013/05/19/104702/gone.tar.gz.dna',
      'partial tracs/dybsvn/2013/05/19/104702/new.tar.gz.holdfast-part',
    ],
  );
});

test('a root that is not there is told, not taken for an empty shelf', async (context) => {
  await assert.rejects(listShelf(endAt(context, '/nonexistent/shelf'), DAYABAY, SIGNAL), (error) =>
    hasCode(error, 'not-found'),
  );
});

test('an archive without sidecar is unfinished, one that is shorter than its sidecar says is damaged', async (context) => {
  const root = await freshRoot(context);
  await makeDayabay(root);
  await rm(join(root, 'svn/dybsvn/2013/05/19/104702/dybsvn-20561.tar.gz.dna'));
  await writeFile(join(root, 'tracs/dybsvn/2013/05/18/104702/dybsvn.tar.gz'), 'cut');
  await writeFile(join(root, 'folders/svnsetup/2013/05/18/104702/svnsetup.tar.gz.dna'), 'not a dna');
  const listing = await listShelf(endAt(context, root), DAYABAY, SIGNAL);
  const [svn, tracs, folders] = surveyShelf(listing, DAYABAY, MAY_20);
  assert.deepEqual(
    svn?.archives.map(({ state }) => state),
    ['unfinished', 'finished', 'finished'],
  );
  assert.deepEqual(
    svn?.missing.map(({ day }) => day.day),
    [19],
  );
  assert.deepEqual(
    tracs?.archives.map(({ state }) => state),
    ['finished', 'damaged', 'finished'],
  );
  assert.match(tracs?.archives[1]?.why ?? '', /^3 bytes instead of \d+: \d+ B missing at the end$/);
  assert.deepEqual(folders?.archives[1], {
    ...folders?.archives[1],
    state: 'damaged',
    why: '.dna is not of the form {…}',
  });
});

test('days are missing from the first on; today is due; a name without archives is empty', async (context) => {
  const root = await freshRoot(context);
  const shelf = {
    ...DAYABAY,
    items: [item('svn', 'dybsvn'), item('tracs', 'dybsvn'), item('folders', 'rare', { perDay: 0 })],
  };
  for (const day of ['08', '10', '11', '15']) await makeArchive(root, `svn/dybsvn/2013/05/${day}/104701/dybsvn.tar.gz`);
  await makeArchive(root, 'folders/rare/2013/01/01/104701/rare.tar.gz');
  const listing = await listShelf(endAt(context, root), shelf, SIGNAL);
  const [svn, tracs, rare] = surveyShelf(listing, shelf, { year: 2013, month: 5, day: 16 });
  assert.deepEqual(
    svn?.missing.map(({ day }) => day.day),
    [9, 12, 13, 14],
  );
  assert.deepEqual([svn?.due?.expected, svn?.due?.found], [1, 0]);
  assert.deepEqual([tracs?.isEmpty, tracs?.missing.length], [true, 0]);
  assert.deepEqual([rare?.isEmpty, rare?.missing.length, rare?.due], [false, 0, undefined]);
});

test('one folder of the year 0001 does not make a million days missing', () => {
  const archive = { path: 'a', category: 'svn', name: 'dybsvn', file: 'x.tar.gz', time: '', bytes: 1, modifiedMs: 0 };
  const old = {
    ...archive,
    day: { year: 1, month: 1, day: 1 },
    badSidecar: undefined,
    sidecars: { dna: undefined, sha256: 'x' },
  };
  const [svn] = surveyShelf({ archives: [old], locked: [] }, DAYABAY, MAY_20);
  assert.equal(svn?.missing.length, 31);
});

test('folders are locked by their name, and by a file in them', async (context) => {
  const root = await freshRoot(context);
  await makeDayabay(root);
  await makeArchive(root, 'svn/dybsvn.LOCKED/2013/05/19/104702/dybsvn.tar.gz');
  await mkdir(join(root, 'LOCKED'));
  await writeFile(join(root, 'tracs/dybsvn/2013/05/17/LOCKED'), '');
  const listing = await listShelf(endAt(context, root), DAYABAY, SIGNAL);
  assert.deepEqual(listing.locked, ['LOCKED', 'svn/dybsvn.LOCKED', 'tracs/dybsvn/2013/05/17']);
  assert.equal(isLocked('tracs/dybsvn/2013/05/17/104702/dybsvn.tar.gz', listing.locked), true);
  assert.equal(isLocked('tracs/dybsvn/2013/05/18/104702/dybsvn.tar.gz', listing.locked), false);
  assert.equal(isLocked('svn/dybsvn/2013/05/19/104702/dybsvn-20561.tar.gz', listing.locked), false);
  assert.ok(!listing.strays.some(({ path }) => path.endsWith('/LOCKED')));
});

test('rotating dumps are of the day they were written', async (context) => {
  const root = await freshRoot(context);
  const shelf = {
    ...DAYABAY,
    layout: 'weekday',
    timezone: 'UTC',
    items: [item('cmdaemon', 'db', { file: 'backup-{weekday}.sql.gz' })],
  };
  await makeArchive(root, 'cmdaemon/db/backup-Sun.sql.gz', { modified: '2022-10-09T04:02:00Z' });
  await makeArchive(root, 'cmdaemon/db/backup-Mon.sql.gz', { modified: '2022-10-10T04:02:00Z' });
  await makeArchive(root, 'cmdaemon/db/backup-Tue.sql.gz', { modified: '2022-10-10T04:02:00Z' });
  const listing = await listShelf(endAt(context, root), shelf, SIGNAL);
  const [dumps] = surveyShelf(listing, shelf, { year: 2022, month: 10, day: 11 });
  assert.deepEqual(pathsOf(dumps!.archives.map(({ archive }) => archive)), [
    'cmdaemon/db/backup-Mon.sql.gz',
    'cmdaemon/db/backup-Sun.sql.gz',
  ]);
  assert.deepEqual(dumps?.missing, []);
  assert.deepEqual(
    listing.strays.map(({ path, kind }) => [kind, path]),
    [['misdated', 'cmdaemon/db/backup-Tue.sql.gz']],
  );
});
