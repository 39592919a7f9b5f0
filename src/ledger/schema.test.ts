import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { describe, type TestContext, test } from 'node:test';
import { openLedger } from './open.ts';
import { APPLICATION_ID, migrate, STEPS, VERSION } from './schema.ts';
import { databaseForWriting, databaseInMemory } from './writing.ts';

/** SHA-256 of each released step: ledgers that went through it are out there. */
const RELEASED = [
  '214d2b8640577dd6f5317f1cdc873cf9850136f463f393badcdb1c354f58e7d7',
  '465457420c1157b8b0a7490bc8f51769d8ba9b84e21cfb5b4b287b8867b5c428',
  'b71897b7e4f4db86d04cee75ec7515aa36d27b0b666f3635cee1248dd43d2533',
  '744b764a9587d0b761fa68181a1da0f31d800980e7bfc50fdb62dc1e73cc9d39',
];

test('released steps are as they were', () => {
  const digests = STEPS.map((step) => createHash('sha256').update(step).digest('hex'));
  assert.ok(RELEASED.length > 0);
  assert.deepEqual(digests.slice(0, RELEASED.length), RELEASED);
});

test('a ledger of version 1 is opened with all that is in it', async (t) => {
  const file = newFile(t);
  const old = new DatabaseSync(file);
  old.exec(
    `PRAGMA journal_mode = WAL; PRAGMA application_id = ${APPLICATION_ID}; ${STEPS[0]}; PRAGMA user_version = 1`,
  );
  old.exec(`
    INSERT INTO run (kind, subject, trigger, due_ms, started_ms, ended_ms, status, process, snapshot_id, bytes)
    VALUES ('backup', 'etc', 'schedule', 10, 11, 12, 'success', 'p', 'abcd', 13);
    INSERT INTO point VALUES ('etc', 5, 'abcd', 1, 1);
    INSERT INTO settled VALUES ('backup', 'etc', 14);
    INSERT INTO trouble VALUES ('failure etc', 15);
    INSERT INTO hold VALUES (1, 'etc', 'abcd', '["half the files"]', 16, 17, 'alice');
    INSERT INTO proof VALUES ('main', 'abcd', 18);
  `);
  old.close();
  using ledger = await openLedger({ file });
  const [run] = ledger.runs({});
  assert.deepEqual([run!.subject, run!.snapshotId, run!.sequence, run!.figures], ['etc', 'abcd', 5, { bytes: 13 }]);
  assert.equal(ledger.settledUntil('backup', 'etc'), 14);
  assert.deepEqual([...ledger.troubles()], [['failure etc', 15]]);
  const [hold] = ledger.holds('etc');
  assert.deepEqual([hold!.snapshotId, hold!.releasedBy, hold!.isWrong], ['abcd', 'alice', false]);
  assert.deepEqual(ledger.proofs('main'), [
    { vault: 'main', vaultId: '', snapshotId: 'abcd', originId: 'abcd', provenMs: 18 },
  ]);
  assert.deepEqual(ledger.untold(), [], 'what an earlier program had told is not told again');
  using database = databaseForWriting(file);
  assert.equal(database.pragma('user_version'), VERSION);
});

test('a ledger of version 3 keeps every row of every table, its numbers and its rules', async (t) => {
  const file = newFile(t);
  const old = new DatabaseSync(file);
  old.exec(`PRAGMA journal_mode = WAL; PRAGMA application_id = ${APPLICATION_ID}`);
  for (const step of STEPS.slice(0, 3)) old.exec(step);
  old.exec(`PRAGMA user_version = 3; ${OF_VERSION_3}`);
  const before = contentOf(old);
  assert.deepEqual(
    Object.entries(before).filter(([, rows]) => rows.length === 0),
    [],
    'every table has a row',
  );
  const indicesBefore = indicesOf(old);
  old.close();
  using ledger = await openLedger({ file });
  const now = new DatabaseSync(file);
  t.after(() => now.close());
  const { fencing_proof: proofs, ...after } = contentOf(now);
  assert.deepEqual(after, before);
  assert.deepEqual(proofs, []);
  assert.deepEqual(indicesOf(now), indicesBefore);
  assert.equal(now.prepare("SELECT count(*) AS n FROM sqlite_schema WHERE name = 'run_4'").get()!['n'], 0);

  const begin = (kind: 'backup' | 'fencing', subject: string, dueMs: number | undefined) =>
    ledger.beginRun({ kind, subject, trigger: 'schedule', dueMs, startedMs: 50, logFile: undefined, process: 'p' });
  assert.throws(() => begin('backup', 'etc', 10), { code: 'run-exists' });
  assert.throws(() => begin('backup', 'home', undefined), { code: 'plan-busy' });
  assert.equal(begin('fencing', 'etc', 10).id, 42, 'numbers go on after the highest that ever was, though it is gone');
  assert.deepEqual(
    ledger.untold().map(({ id }) => id),
    [3],
  );
});

/** Run 41 is gone: its number is not given again. */
const OF_VERSION_3 = `
  INSERT INTO run (kind, subject, trigger, due_ms, started_ms, ended_ms, status, process, log_file, snapshot_id, error_code,
    error_text, notes, files, bytes, files_changed, bytes_added, bytes_stored, bytes_verified, problems, vault_bytes, is_told)
  VALUES ('backup', 'etc', 'schedule', 10, 11, 12, 'incomplete', 'p', '/l', 'abcd', 'incomplete', 'x', '["n"]', 1, 2, 3, 4, 5, 6, 7, 8, 1),
    ('backup', 'home', 'manual', NULL, 13, NULL, 'running', 'p', NULL, NULL, NULL, NULL, '[]', NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, 0),
    ('shelf', 'dumps', 'manual', NULL, 14, 15, 'failed', 'p', NULL, NULL, 'failed', 'y', '[]', NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, 0);
  INSERT INTO run (id, kind, subject, trigger, started_ms, ended_ms, status, process) VALUES (41, 'prune', 'main', 'manual', 1, 2, 'success', 'p');
  DELETE FROM run WHERE id = 41;
  INSERT INTO point VALUES ('etc', 5, 'abcd', 1, 0);
  INSERT INTO settled VALUES ('backup', 'etc', 10);
  INSERT INTO vault VALUES (1, 'v');
  INSERT INTO verified_pack VALUES (1, zeroblob(32), 16);
  INSERT INTO sent_notice VALUES (9, 'ops', 'failure etc', 17, 1);
  INSERT INTO trouble VALUES ('failure etc', 18);
  INSERT INTO hold VALUES (1, 'etc', 'abcd', '["half"]', 19, NULL, NULL, 0);
  INSERT INTO proof VALUES ('main', 'v', 'abcd', 'abcd', 20);
  INSERT INTO owed_notice VALUES (6, 'ops', '{}', 21, 22, 1);
  INSERT INTO operator_action VALUES (4, 'ha takeover', 'oss1', 'root', 23, 24, '[]', NULL, 'done', NULL);
`;

function contentOf(database: DatabaseSync): Record<string, object[]> {
  const names = database.prepare("SELECT name FROM sqlite_schema WHERE type = 'table' ORDER BY name").all();
  return Object.fromEntries(
    names.map(({ name }) => {
      const rows = database.prepare(`SELECT * FROM ${name} ORDER BY 1, 2`).all();
      return [String(name), rows.map((row) => ({ ...row }))];
    }),
  );
}

function indicesOf(database: DatabaseSync): string[] {
  const rows = database
    .prepare("SELECT sql FROM sqlite_schema WHERE type = 'index' AND sql IS NOT NULL ORDER BY 1")
    .all();
  return rows.map(({ sql }) => String(sql));
}

describe('steps to later versions', () => {
  const added = 'ALTER TABLE trouble ADD COLUMN note TEXT; CREATE TABLE extra (a INTEGER) STRICT';

  test('are taken one after the other, once', () => {
    using database = databaseInMemory();
    database.change("INSERT INTO trouble VALUES ('failure etc', 1)");
    const steps = [...STEPS, added, 'INSERT INTO extra VALUES (42)'];
    migrate(database, steps);
    migrate(database, steps);
    assert.equal(database.pragma('user_version'), VERSION + 2);
    assert.deepEqual(
      { ...database.get<object>('SELECT * FROM trouble') },
      { key: 'failure etc', since_ms: 1, note: null },
    );
    assert.deepEqual(
      database.all<{ a: number }>('SELECT a FROM extra').map(({ a }) => a),
      [42],
    );
  });

  test('are taken whole or not at all', () => {
    using database = databaseInMemory();
    const steps = [...STEPS, added, 'CREATE TABLE more (a INTEGER) STRICT; INSERT INTO missing VALUES (1)'];
    assert.throws(() => migrate(database, steps), /no such table: missing/);
    assert.equal(database.pragma('user_version'), VERSION + 1);
    assert.deepEqual(database.all("SELECT name FROM sqlite_schema WHERE name = 'more'"), []);
    assert.equal(database.all("SELECT name FROM sqlite_schema WHERE name = 'extra'").length, 1);
  });

  test('are for who may write: a reader of an older ledger is told', async (t) => {
    const file = newFile(t);
    (await openLedger({ file }))[Symbol.dispose]();
    const old = new DatabaseSync(file);
    old.exec('PRAGMA user_version = 0');
    old.close();
    const words = /has schema version 0 and is brought to \d+ by the next run/;
    await assert.rejects(openLedger({ file, readOnly: true }), words);
  });
});

test('every table is strict', () => {
  using database = databaseInMemory();
  const tables = database.all<{ name: string; strict: number }>(
    "SELECT name, strict FROM pragma_table_list WHERE schema = 'main' AND name NOT LIKE 'sqlite_%'",
  );
  assert.ok(tables.length >= 8);
  assert.deepEqual(
    tables.filter(({ strict }) => strict !== 1),
    [],
  );
});

test('the page on the ledger describes these tables and columns', () => {
  using database = databaseInMemory();
  const columns = database.all<{ table: string; column: string; type: string; required: number }>(
    `SELECT m.name AS "table", c.name AS "column", lower(c.type) AS type, c."notnull" AS required
     FROM sqlite_schema m JOIN pragma_table_info(m.name) c
     WHERE m.type = 'table' AND m.name NOT LIKE 'sqlite_%' ORDER BY m.name, c.cid`,
  );
  const real = columns.map(({ table, column, type, required }) => {
    const isOptional = required === 0 && !isKey(table, column);
    return `${table}.${column} ${type}${isOptional ? ' or null' : ''}`;
  });
  assert.deepEqual(documentedColumns(), real);

  function isKey(table: string, column: string): boolean {
    const sql = 'SELECT pk FROM pragma_table_info(?) WHERE name = ?';
    return database.get<{ pk: number }>(sql, table, column)!.pk > 0;
  }
});

test('the page on the ledger names the version and the application id', () => {
  const page = pageText();
  assert.match(page, new RegExp(`schema version ${VERSION}\\b`));
  assert.ok(page.includes(`0x${APPLICATION_ID.toString(16)}`));
});

/** From tables below headings that name a table: `| column | type | meaning |`. */
function documentedColumns(): string[] {
  const found: string[] = [];
  let table = '';
  for (const line of pageText().split('\n')) {
    table = /^### `(\w+)`/.exec(line)?.[1] ?? table;
    const [, column, type] = /^\| `(\w+)` +\| ([a-z ]+?) +\|/.exec(line) ?? [];
    if (column !== undefined) found.push(`${table}.${column} ${type}`);
  }
  assert.ok(found.length > 20, 'the page describes no tables');
  // Tables by name; a table made anew is last in the file. Columns in their order.
  const tableOf = (line: string): string => line.split('.')[0]!;
  return found.toSorted((a, b) => (tableOf(a) < tableOf(b) ? -1 : tableOf(a) > tableOf(b) ? 1 : 0));
}

function pageText(): string {
  return readFileSync(new URL('../../docs/ledger.md', import.meta.url), 'utf8');
}

function newFile(t: TestContext): string {
  const root = mkdtempSync(join(tmpdir(), 'holdfast-'));
  t.after(() => rmSync(root, { recursive: true, force: true }));
  return join(root, 'ledger.sqlite');
}
