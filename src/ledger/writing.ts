/** Opening a ledger to write, and making one. */
import { closeSync, fsyncSync, linkSync, mkdirSync, mkdtempSync, openSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { errnoOf } from '../base/errors.ts';
import { Database, locationOf } from './database.ts';
import { damagedError } from './failure.ts';
import { expectLedger, expectNoRemains, isThere } from './files.ts';
import { APPLICATION_ID, expectKnown, migrate } from './schema.ts';

export function databaseForWriting(file: string): Database {
  if (!isThere(file)) makeLedger(file);
  expectLedger(file);
  return configured(file, (database) => {
    expectKnown(database);
    expectSound(database);
    database.execute('PRAGMA journal_mode = WAL');
    migrate(database);
  });
}

/** Reads every page: 0.1 s for a million packs. Damage is better found before a run than by it. */
function expectSound(database: Database): void {
  const { quick_check: result } = database.get<{ quick_check: string }>('PRAGMA quick_check(1)')!;
  if (result !== 'ok') throw damagedError(database.file, result);
}

export function databaseInMemory(): Database {
  const database = new Database({ file: ':memory:', location: ':memory:' });
  database.configure();
  database.execute(`PRAGMA application_id = ${APPLICATION_ID}`);
  migrate(database);
  return database;
}

/**
 * A ledger appears under its name whole or not at all: it is made in a directory of its own, and its name given to it at
 * the end. Of several processes that do this at once one wins, and the others take its ledger. After a crash the
 * directory may stay; nothing looks at it.
 */
function makeLedger(file: string): void {
  mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
  expectNoRemains(file);
  const workplace = mkdtempSync(`${file}-new-`);
  try {
    const draft = join(workplace, 'ledger');
    // SQLite gives the files beside it the mode of this one.
    closeSync(openSync(draft, 'wx', 0o600));
    configured(draft, (database) => {
      database.execute(`PRAGMA application_id = ${APPLICATION_ID}; PRAGMA journal_mode = WAL`);
      migrate(database);
    })[Symbol.dispose]();
    giveName(draft, file);
  } finally {
    rmSync(workplace, { recursive: true, force: true });
  }
}

/** A link, as a rename would replace the ledger of another process. */
function giveName(draft: string, file: string): void {
  try {
    linkSync(draft, file);
  } catch (error) {
    if (errnoOf(error) !== 'EEXIST') throw error;
  }
  const directory = openSync(dirname(file), 'r');
  try {
    fsyncSync(directory);
  } finally {
    closeSync(directory);
  }
}

function configured(file: string, prepare: (database: Database) => void): Database {
  const database = new Database({ file, location: locationOf(file) });
  try {
    database.configure();
    prepare(database);
    return database;
  } catch (error) {
    database[Symbol.dispose]();
    throw error;
  }
}
