/** The file of the ledger: whole, and to be written to. */

import { access } from 'node:fs/promises';
import { DatabaseSync } from 'node:sqlite';
import { pathToFileURL } from 'node:url';
import { errnoOf, hasCode, textOf } from '../../base/errors.ts';
import { expectKnown } from '../../ledger.ts';
import { type Finding, fine, wrong } from './finding.ts';

/** A run's transactions take milliseconds; who holds the ledger for longer holds up runs. */
const BUSY_MS_MAX = 10_000;

/** Reads every page, and begins a transaction that is given up: nothing is changed (sqlite.org/pragma.html, quick_check). */
export async function examineLedger(file: string, busyMs = BUSY_MS_MAX): Promise<Finding[]> {
  try {
    await access(file);
  } catch (error) {
    if (errnoOf(error) !== 'ENOENT') throw error;
    return [fine('ledger', file, 'is not there yet; the first run makes it')];
  }
  try {
    return [judge(file, damageOf(file, busyMs))];
  } catch (error) {
    if (hasCode(error, 'ledger-failed')) return [wrong('ledger', file, { text: error.message, remedy: error.hint })];
    if (!isSqliteError(error)) throw error;
    const isBusy = /locked|busy/.test(error.message);
    const remedy = isBusy
      ? `See which process holds it: fuser -v ${file}`
      : 'Check owner and modes of it and of its directory, as the user that runs Holdfast; and that it is on a disk of this machine.';
    return [wrong('ledger', file, { text: `cannot be written to: ${textOf(error)}`, remedy })];
  }
}

function judge(file: string, damage: string): Finding {
  if (damage === 'ok') return fine('ledger', file, 'is whole, and can be written to');
  const remedy = `Move it away together with ${file}-wal and ${file}-shm; a new one begins with the next run. Snapshots are in their vaults and not affected.`;
  return wrong('ledger', file, { text: `is damaged: ${damage}`, remedy });
}

function damageOf(file: string, timeout: number): string {
  const location = pathToFileURL(file);
  // One that somebody moves away now shall not come back empty.
  location.searchParams.set('mode', 'rw');
  const database = new DatabaseSync(location, { timeout });
  try {
    expectKnown({ file, pragma: (name) => Number(database.prepare(`PRAGMA ${name}`).get()![name]) });
    const [found] = database.prepare('PRAGMA quick_check(1)').all();
    database.exec('BEGIN IMMEDIATE; ROLLBACK');
    return String(found?.['quick_check']);
  } finally {
    database.close();
  }
}

function isSqliteError(error: unknown): error is Error {
  return error instanceof Error && 'code' in error && error.code === 'ERR_SQLITE_ERROR';
}
