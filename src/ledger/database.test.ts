import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { type TestContext, test } from 'node:test';
import { hasCode } from '../base/errors.ts';
import { LEDGER_BUSY_MS_MAX } from '../base/limits.ts';
import { Database, locationOf } from './database.ts';
import { databaseForWriting, databaseInMemory } from './writing.ts';

test('commits wait for the disk, and what belongs together stays so', (t) => {
  using database = databaseForWriting(newFile(t));
  const setting = (name: string) => Object.values(database.get<Record<string, unknown>>(`PRAGMA ${name}`)!)[0];
  const settings = ['journal_mode', 'synchronous', 'foreign_keys', 'busy_timeout', 'trusted_schema'].map(setting);
  // 2 is FULL: in WAL mode the log is synced at every commit (sqlite.org/pragma.html#pragma_synchronous).
  assert.deepEqual(settings, ['wal', 2, 1, LEDGER_BUSY_MS_MAX, 0]);
  assert.throws(() => database.change('INSERT INTO verified_pack VALUES (7, zeroblob(32), 1)'), /FOREIGN KEY/);
});

test('a write that throws leaves nothing, and the next one works', (t) => {
  using database = databaseForWriting(newFile(t));
  const add = (key: string) => database.change('INSERT INTO trouble VALUES (?, 1)', key);
  const failing = () =>
    database.write(() => {
      add('a');
      throw new Error('in the middle');
    });
  assert.throws(failing, /in the middle/);
  assert.equal(
    database.write(() => add('b') + add('c')),
    2,
  );
  assert.throws(() => database.write(() => add('d') + add('b')), /UNIQUE/);
  assert.deepEqual(
    database.all<{ key: string }>('SELECT key FROM trouble').map(({ key }) => key),
    ['b', 'c'],
  );
});

test('a write does not wait for ever for another process', (t) => {
  const file = newFile(t);
  databaseForWriting(file)[Symbol.dispose]();
  using database = databaseForWriting(file);
  database.execute('PRAGMA busy_timeout = 50');
  const other = new DatabaseSync(file);
  t.after(() => other.close());
  other.exec('BEGIN IMMEDIATE');
  const locked = (error: unknown) =>
    hasCode(error, 'ledger-failed') &&
    error.canRetry &&
    /sqlite: another process has kept it locked/.test(error.message);
  assert.throws(() => database.change("INSERT INTO trouble VALUES ('a', 1)"), locked);
  assert.deepEqual(database.all('SELECT * FROM trouble'), [], 'reading goes on');
  other.exec('ROLLBACK');
  assert.equal(database.change("INSERT INTO trouble VALUES ('a', 1)"), 1);
});

test('damage that shows later is told as well', () => {
  using database = databaseInMemory();
  database.fill(Buffer.from('no database at all'.repeat(100)));
  const damaged = (error: unknown) => hasCode(error, 'ledger-failed') && /is damaged/.test(error.message);
  assert.throws(() => database.all('SELECT * FROM run'), damaged);
  assert.throws(() => [...database.each('SELECT id FROM run')], damaged);
});

test('a wrong statement is a bug and stays one', () => {
  using database = databaseInMemory();
  assert.throws(() => database.all('SELECT nothing FROM nowhere'), { code: 'ERR_SQLITE_ERROR' });
});

test('a file that is not there does not come into being', (t) => {
  const file = newFile(t);
  assert.throws(
    () => new Database({ file, location: locationOf(file) }),
    (error) => hasCode(error, 'ledger-failed'),
  );
});

test('is closed once', (t) => {
  const database = databaseForWriting(newFile(t));
  database[Symbol.dispose]();
  database[Symbol.dispose]();
  assert.throws(() => database.all('SELECT 1'), { code: 'ERR_INVALID_STATE' });
});

function newFile(t: TestContext): string {
  const root = mkdtempSync(join(tmpdir(), 'holdfast-'));
  t.after(() => rmSync(root, { recursive: true, force: true }));
  return join(root, 'ledger.sqlite');
}
