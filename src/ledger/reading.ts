/** Opening a ledger to look at it. */
import { accessSync, constants, readFileSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { AppError, errnoOf } from '../base/errors.ts';
import { Database, locationOf } from './database.ts';
import { expectLedger, isInUse, isThere } from './files.ts';
import { expectCurrent, expectKnown } from './schema.ts';
import { databaseInMemory } from './writing.ts';

/** Bytes 18 and 19 of the header say that there is a write-ahead log (2) or none (1); memory has none. */
const LOG_MODE_OFFSET = 18;

/**
 * SQLite needs the files of the write-ahead log beside the ledger. Who may not write can use them while they are there,
 * but not make them; then nobody else has the ledger open, and a copy of the file is all there is to see.
 */
export function databaseForReading(file: string): Database {
  if (!isThere(file)) return readOnly(databaseInMemory());
  expectLedger(file);
  if (mayWrite(file) && mayWrite(dirname(file))) return readOnly(new Database({ file, location: locationOf(file) }));
  if (isInUse(file)) return readOnly(new Database({ file, location: file, readOnly: true }));
  return readOnly(copyInMemory(file));
}

function readOnly(database: Database): Database {
  try {
    database.execute('PRAGMA query_only = ON');
    expectKnown(database);
    expectCurrent(database);
    return database;
  } catch (error) {
    database[Symbol.dispose]();
    throw error;
  }
}

function mayWrite(path: string): boolean {
  try {
    accessSync(path, constants.W_OK);
    return true;
  } catch (error) {
    if (['EACCES', 'EPERM', 'EROFS'].includes(errnoOf(error) ?? '')) return false;
    throw error;
  }
}

/** Pages go into the file only while there is a log, and its time changes with them. */
function copyInMemory(file: string): Database {
  const before = statSync(file, { bigint: true }).mtimeNs;
  const bytes = readFileSync(file);
  if (isInUse(file) || statSync(file, { bigint: true }).mtimeNs !== before)
    throw new AppError('ledger-failed', { detail: `${file} was being changed`, hint: 'Try again.' });
  bytes.fill(1, LOG_MODE_OFFSET, LOG_MODE_OFFSET + 2);
  const database = new Database({ file, location: ':memory:' });
  database.fill(bytes);
  return database;
}
