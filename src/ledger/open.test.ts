import assert from 'node:assert/strict';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { describe, type TestContext, test } from 'node:test';
import { type AppError, hasCode } from '../base/errors.ts';
import type { Ledger } from './model.ts';
import { openLedger } from './open.ts';

/** Fails when opening succeeds. @returns the error */
async function refusal(opening: Promise<Ledger>): Promise<AppError> {
  const error = await opening.then(
    () => assert.fail('it was opened'),
    (reason: unknown) => reason,
  );
  assert.ok(hasCode(error, 'ledger-failed'), String(error));
  return error;
}

describe('a new ledger', () => {
  test('is made with its directory, for its owner only', async (t) => {
    const directory = join(temporary(t), 'var', 'holdfast');
    const file = join(directory, 'ledger.sqlite');
    using ledger = await openLedger({ directory });
    ledger.openTrouble('x', 1);
    assert.deepEqual(readdirSync(directory).sort(), ['ledger.sqlite', 'ledger.sqlite-shm', 'ledger.sqlite-wal']);
    assert.equal(modeOf(directory), 0o700);
    for (const name of readdirSync(directory)) assert.equal(modeOf(join(directory, name)), 0o600, name);
    ledger[Symbol.dispose]();
    assert.deepEqual(readdirSync(directory), ['ledger.sqlite'], 'nothing is left open');
    using again = await openLedger({ file });
    assert.deepEqual([...again.troubles()], [['x', 1]]);
  });

  test('leaves the mode of a directory that is there', async (t) => {
    const directory = temporary(t);
    chmodSync(directory, 0o750);
    using ledger = await openLedger({ directory });
    assert.equal(ledger.troubles().size, 0);
    assert.equal(modeOf(directory), 0o750);
  });

  test('may have any name', async (t) => {
    const file = join(temporary(t), 'a %3f?mode=memory#ü 100%.sqlite');
    using ledger = await openLedger({ file });
    ledger.openTrouble('x', 1);
    using again = await openLedger({ file });
    assert.equal(again.troubles().size, 1);
  });

  test('in memory is one of its own each time', async () => {
    using first = await openLedger({ file: ':memory:' });
    using second = await openLedger({ file: ':memory:' });
    first.openTrouble('x', 1);
    assert.equal(second.troubles().size, 0);
  });
});

test('a directory that cannot be made is named', async (t) => {
  const directory = join(temporary(t), 'file');
  writeFileSync(directory, '');
  const error = await refusal(openLedger({ directory: join(directory, 'below') }));
  assert.match(error.message, /ENOTDIR.*file/);
  assert.match(error.hint, /Check stateDirectory/);
});

describe('a file that is no ledger', () => {
  const foreign: Record<string, (file: string) => void> = {
    'a text': (file) => writeFileSync(file, 'hello, this is a text\n'.repeat(500)),
    'a short text': (file) => writeFileSync(file, 'hello'),
    'an empty file': (file) => writeFileSync(file, ''),
    'the start of a header': (file) => writeFileSync(file, 'SQLite format 3\0'),
    'an SQLite file': (file) => makeSqlite(file, 'CREATE TABLE run (id)'),
    'an SQLite file with a log': (file) => makeSqlite(file, 'PRAGMA journal_mode = WAL; CREATE TABLE run (id)'),
    'an SQLite file of a known program': (file) => makeSqlite(file, 'PRAGMA application_id = 7; CREATE TABLE a (b)'),
  };
  for (const [name, make] of Object.entries(foreign))
    for (const readOnly of [false, true])
      test(`${name} is refused and not touched${readOnly ? ', also for reading' : ''}`, async (t) => {
        const directory = temporary(t);
        const file = join(directory, 'ledger.sqlite');
        make(file);
        const before = readFileSync(file);
        const error = await refusal(openLedger({ file, readOnly }));
        assert.ok(error.message.includes(`${file} is not a ledger`), error.message);
        assert.match(error.message, /nothing was changed/);
        assert.match(error.hint, /move .*ledger\.sqlite-wal .*Snapshots are in their vaults and not affected/);
        assert.ok(before.equals(readFileSync(file)));
        assert.deepEqual(readdirSync(directory), ['ledger.sqlite']);
      });

  test('an SQLite file that another process has open is refused', async (t) => {
    const file = join(temporary(t), 'ledger.sqlite');
    const other = new DatabaseSync(file);
    t.after(() => other.close());
    other.exec('PRAGMA journal_mode = WAL; CREATE TABLE a (b)');
    assert.ok(existsSync(`${file}-wal`));
    const error = await refusal(openLedger({ file }));
    assert.match(error.message, /is not a ledger.*SQLite file of another program; nothing was changed/);
    assert.deepEqual(other.prepare('SELECT count(*) AS n FROM sqlite_schema').get()!['n'], 1);
  });

  test('a directory is refused', async (t) => {
    const file = join(temporary(t), 'ledger.sqlite');
    mkdirSync(file);
    assert.match((await refusal(openLedger({ file }))).message, /EISDIR/);
  });
});

describe('a ledger of a newer program', () => {
  for (const isOpen of [false, true])
    test(`is refused and not touched${isOpen ? ' while that has it open' : ''}`, async (t) => {
      const file = join(temporary(t), 'ledger.sqlite');
      (await openLedger({ file }))[Symbol.dispose]();
      const newer = new DatabaseSync(file);
      newer.exec('PRAGMA user_version = 99; CREATE TABLE later (a)');
      if (!isOpen) newer.close();
      const before = readFileSync(file);
      for (const readOnly of [false, true]) {
        const error = await refusal(openLedger({ file, readOnly }));
        assert.match(error.message, /has schema version 99, but this program knows only \d+; nothing was changed/);
        assert.match(error.hint, /newer Holdfast/);
      }
      assert.ok(before.equals(readFileSync(file)));
      if (isOpen) newer.close();
    });

  test('is not written any more by whoever had it open before', async (t) => {
    const file = join(temporary(t), 'ledger.sqlite');
    using ledger = await openLedger({ file });
    ledger.openTrouble('x', 1);
    const newer = new DatabaseSync(file);
    newer.exec('PRAGMA user_version = 99');
    newer.close();
    const words = /now has schema version 99; this process knows/;
    assert.throws(
      () => ledger.openTrouble('y', 1),
      (error) => hasCode(error, 'ledger-failed') && words.test(error.message),
    );
    assert.equal(ledger.troubles().size, 1);
  });
});

describe('a damaged ledger', () => {
  /** Where to write nonsense: the pages of the file are 4 KiB long. */
  const damages: Record<string, (file: string) => void> = {
    'cut to half': (file) => truncateSync(file, Math.floor(statSync(file).size / 8192) * 4096),
    'without its last page': (file) => truncateSync(file, statSync(file).size - 4096),
    'with nonsense in the schema': (file) => overwrite(file, 100, 2000),
    'with nonsense in a table': (file) => overwrite(file, Math.floor(statSync(file).size / 8192) * 4096, 4096),
    'with zeros in a table': (file) => overwrite(file, Math.floor(statSync(file).size / 8192) * 4096, 4096, 0),
  };
  for (const [name, damage] of Object.entries(damages))
    test(`${name} is told, kept, and replaced once it is moved away`, async (t) => {
      const file = await filledLedger(t);
      damage(file);
      const before = readFileSync(file);
      const error = await refusal(openLedger({ file }));
      assert.ok(error.message.includes(`${file} is damaged`), error.message);
      assert.match(error.hint, /move .* to another place.*new ledger is begun.*Snapshots .* not affected/);
      assert.ok(before.equals(readFileSync(file)));
      renameSync(file, `${file}.damaged`);
      using ledger = await openLedger({ file });
      assert.equal(ledger.runs({}).length, 0);
    });

  test('with nonsense for a header is not taken for one', async (t) => {
    const file = await filledLedger(t);
    overwrite(file, 0, 100);
    assert.match((await refusal(openLedger({ file }))).message, /is not a ledger, or its beginning is damaged/);
  });
});

describe('a ledger that goes away while it is open', () => {
  test('is not written any more', async (t) => {
    const directory = temporary(t);
    const file = join(directory, 'ledger.sqlite');
    using ledger = await openLedger({ file });
    ledger.openTrouble('x', 1);
    renameSync(file, `${file}.old`);
    const moved = (error: unknown) =>
      hasCode(error, 'ledger-failed') && /was moved away or replaced/.test(error.message);
    assert.throws(() => ledger.openTrouble('y', 1), moved);
    renameSync(`${file}.old`, file);
    ledger.openTrouble('y', 1);
    assert.equal(ledger.troubles().size, 2);
  });

  test('and leaves its log behind is not begun anew', async (t) => {
    const directory = temporary(t);
    const file = join(directory, 'ledger.sqlite');
    const ledger = await openLedger({ file });
    ledger.openTrouble('x', 1);
    const log = readFileSync(`${file}-wal`);
    ledger[Symbol.dispose]();
    rmSync(file);
    writeFileSync(`${file}-wal`, log);
    const error = await refusal(openLedger({ file }));
    assert.match(error.message, /ledger\.sqlite is gone, but .*-wal, which belongs to it, is there/);
    assert.deepEqual(readdirSync(directory), ['ledger.sqlite-wal']);
    writeFileSync(`${file}-wal`, '');
    using anew = await openLedger({ file });
    assert.equal(anew.troubles().size, 0);
  });
});

describe('for reading only', () => {
  test('nothing is made where there is none', async (t) => {
    const directory = join(temporary(t), 'none');
    using ledger = await openLedger({ directory, readOnly: true });
    assert.deepEqual(ledger.runs({}), []);
    assert.ok(!existsSync(directory));
  });

  test('what is there shows, also what others add, and nothing can be changed', async (t) => {
    const directory = temporary(t);
    using writer = await openLedger({ directory });
    using reader = await openLedger({ directory, readOnly: true });
    writer.openTrouble('x', 1);
    assert.equal(reader.troubles().size, 1);
    const words = (error: unknown) => hasCode(error, 'ledger-failed') && /it may not be written/.test(error.message);
    assert.throws(() => reader.openTrouble('y', 1), words);
    assert.throws(() => reader.forgetRuns(1), words);
    assert.equal(writer.troubles().size, 1);
  });
});

test('a symbolic link leads to the ledger', async (t) => {
  const root = temporary(t);
  // Its log lies beside the file that the link leads to.
  symlinkSync(join(root, 'elsewhere.sqlite'), join(root, 'ledger.sqlite'));
  (await openLedger({ file: join(root, 'elsewhere.sqlite') }))[Symbol.dispose]();
  using ledger = await openLedger({ directory: root });
  ledger.openTrouble('x', 1);
  using other = await openLedger({ file: join(root, 'elsewhere.sqlite') });
  assert.equal(other.troubles().size, 1);
});

/** A ledger with pages in every table, closed. */
async function filledLedger(t: TestContext): Promise<string> {
  const file = join(temporary(t), 'ledger.sqlite');
  using ledger = await openLedger({ file });
  const packs = Array.from({ length: 3000 }, (_, index) => index.toString(16).padStart(64, '0'));
  ledger.markVerified('local', packs, 1);
  return file;
}

function makeSqlite(file: string, sql: string): void {
  const database = new DatabaseSync(file);
  database.exec(sql);
  database.close();
}

function overwrite(file: string, offset: number, length: number, value = 0xa5): void {
  const bytes = readFileSync(file);
  bytes.fill(value, offset, offset + length);
  writeFileSync(file, bytes);
}

function modeOf(path: string): number {
  return statSync(path).mode & 0o777;
}

function temporary(t: TestContext): string {
  const root = mkdtempSync(join(tmpdir(), 'holdfast-'));
  t.after(() => rmSync(root, { recursive: true, force: true }));
  return root;
}
