import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdir, readdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { test } from 'node:test';
import { DAYABAY, freshRoot, makeArchive, SIGNAL } from '../../test/shelf/dayabay.ts';
import { endAt } from '../../test/shelf/end-at.ts';
import { systemProcesses } from '../host.ts';
import { type ExamineOptions, examineArchive, QUERIES } from './examine.ts';
import { listShelf } from './listing.ts';

const PATH = 'tracs/dybsvn/2013/05/19/104702/dybsvn.tar.gz';
/** Seconds since 1970. */
const COMMIT = 1367972581;
const DAY_S = 86_400;

type Context = { after(work: () => Promise<void>): void };

/** A Trac with Bitten, as `fill` leaves it, in an archive of a shelf. */
async function makeShelf(context: Context, fill: (database: DatabaseSync) => void) {
  const [root, work, scratch] = [await freshRoot(context), await freshRoot(context), await freshRoot(context)];
  await mkdir(join(work, 'dybsvn/db'), { recursive: true });
  const database = new DatabaseSync(join(work, 'dybsvn/db/trac.db'));
  database.exec(`CREATE TABLE bitten_build (id integer PRIMARY KEY, config text, rev text, rev_time integer, platform integer,
    slave text, started integer, stopped integer, status text)`);
  fill(database);
  database.close();
  const content = execFileSync('tar', ['-cz', '-C', work, 'dybsvn']);
  await makeArchive(root, PATH, { content });
  const end = endAt(context, root);
  const { archives } = await listShelf(end, DAYABAY, SIGNAL);
  const examine = (more: Partial<ExamineOptions> & Pick<ExamineOptions, 'sql'>) =>
    examineArchive(end, {
      archive: archives[0]!,
      member: '*/trac.db',
      to: undefined,
      scratch,
      timeLimitMs: 20_000,
      processes: systemProcesses,
      signal: SIGNAL,
      ...more,
    });
  return { examine, scratch, work };
}

function addBuild(
  database: DatabaseSync,
  build: [id: number, rev: number, revTime: number, slave: string, started: number],
) {
  const [id, rev, revTime, slave, started] = build;
  database
    .prepare("INSERT INTO bitten_build VALUES (?, 'dybinst', ?, ?, 1, ?, ?, ?, 'S')")
    .run(id, String(rev), revTime, slave, started, started + 60);
}

test('the last build of each slave is told, the slave that waits longest first; retired ones are not', async (context) => {
  const { examine, scratch } = await makeShelf(context, (database) => {
    addBuild(database, [20_600, 9999, COMMIT - DAY_S, 'belle7.nuu.edu.tw', COMMIT - DAY_S + 100]);
    addBuild(database, [20_652, 20_479, COMMIT, 'belle7.nuu.edu.tw', COMMIT + 11_828]);
    addBuild(database, [20_630, 20_453, COMMIT - 5 * DAY_S, 'farm4.dyb.local', COMMIT - 5 * DAY_S + 200]);
    addBuild(database, [18_000, 18_000, COMMIT - 31 * DAY_S, 'retired', COMMIT - 31 * DAY_S]);
    addBuild(database, [20_700, 20_480, COMMIT, '', 0]);
  });
  const answer = await examine({ sql: QUERIES['bitten-builds']!.sql });
  assert.deepEqual(answer, {
    member: 'dybsvn/db/trac.db',
    columns: ['slave', 'id', 'rev', 'last revision', 'last start'],
    rows: [
      ['farm4.dyb.local', 20_630, '20453', COMMIT - 5 * DAY_S, COMMIT - 5 * DAY_S + 200],
      ['belle7.nuu.edu.tw', 20_652, '20479', COMMIT, COMMIT + 11_828],
    ],
    isCut: false,
  });
  assert.deepEqual(await readdir(scratch), []);
});

test('tables are listed, and queries of all kinds of values answered', async (context) => {
  const { examine } = await makeShelf(context, (database) => {
    database.exec("CREATE TABLE odd (a, b); INSERT INTO odd VALUES (NULL, x'00ff'), (9223372036854775807, 1.5)");
  });
  assert.deepEqual((await examine({ sql: QUERIES['tables']!.sql, member: '*.db' })).rows, [
    ['bitten_build', 'id, config, rev, rev_time, platform, slave, started, stopped, status'],
    ['odd', 'a, b'],
  ]);
  assert.deepEqual((await examine({ sql: 'SELECT * FROM odd' })).rows, [
    [null, "x'00ff'"],
    ['9223372036854775807', 1.5],
  ]);
});

test('a database in WAL mode is read as well', async (context) => {
  const { examine } = await makeShelf(context, (database) => {
    database.exec('PRAGMA journal_mode = WAL; CREATE TABLE t (a); INSERT INTO t VALUES (7)');
  });
  assert.deepEqual((await examine({ sql: 'SELECT a FROM t' })).rows, [[7]]);
});

test('nothing can be written, and wrong queries are told as SQLite puts it', async (context) => {
  const { examine } = await makeShelf(context, () => {});
  for (const sql of ['DELETE FROM bitten_build', 'CREATE TABLE x (a)', 'SELECT nothing', 'SELEC 1', ''])
    await assert.rejects(examine({ sql }), { code: 'usage' }, sql);
  await assert.rejects(examine({ sql: 'SELECT 1', member: '*/other.db' }), { code: 'not-found' });
});

test('a query that does not end is stopped', async (context) => {
  const { examine, scratch } = await makeShelf(context, () => {});
  const endless = 'WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT count(*) FROM n';
  await assert.rejects(examine({ sql: endless, timeLimitMs: 1500 }), { code: 'command-timeout' });
  const many = await examine({
    sql: 'WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT i FROM n',
  });
  assert.deepEqual([many.rows.length, many.isCut], [10_000, true]);
  assert.deepEqual(await readdir(scratch), []);
});

test('what is no database, and what are several files, are told', async (context) => {
  const { examine } = await makeShelf(context, (database) => {
    database.exec(`VACUUM INTO '${database.location()!.replace('trac.db', 'copy.db')}'`);
  });
  await assert.rejects(examine({ sql: 'SELECT 1', member: '*.db' }), { code: 'usage', message: /fits 2 files/ });
  const root = await freshRoot(context);
  await mkdir(join(root, 'd'));
  await writeFile(join(root, 'd/trac.db'), 'no database '.repeat(100));
  const content = execFileSync('tar', ['-cz', '-C', root, 'd']);
  await makeArchive(root, PATH, { content });
  const end = endAt(context, root);
  const { archives } = await listShelf(end, DAYABAY, SIGNAL);
  const options = { archive: archives[0]!, member: '*/trac.db', to: undefined, scratch: root, timeLimitMs: 20_000 };
  const world = { processes: systemProcesses, signal: SIGNAL };
  await assert.rejects(examineArchive(end, { ...options, ...world, sql: QUERIES['tables']!.sql }), {
    code: 'usage',
    message: /not a database/,
  });
});

test('where a place is given the database stays, and is not taken out again', async (context) => {
  const { examine, scratch, work } = await makeShelf(context, () => {});
  const to = join(scratch, 'kept');
  await examine({ sql: 'SELECT 1', to });
  assert.deepEqual(await readdir(join(to, 'tracs/dybsvn/2013/05/19/104702/dybsvn/db')), ['trac.db']);
  await rm(work, { recursive: true });
  assert.deepEqual((await examine({ sql: 'SELECT 1', to })).rows, [[1]]);
});
