import { realpathSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { actionsIn } from './actions.ts';
import type { Database } from './database.ts';
import { evidenceIn } from './evidence.ts';
import { ledgerError } from './failure.ts';
import { fencingIn } from './fencing.ts';
import { isThere } from './files.ts';
import type { Ledger } from './model.ts';
import { noticesIn } from './notices.ts';
import { databaseForReading } from './reading.ts';
import { runsIn } from './runs.ts';
import { databaseForWriting, databaseInMemory } from './writing.ts';

export type LedgerOptions = (
  | {
      /** Made with mode 0700 when it is missing; the ledger is `ledger.sqlite` in it. */
      directory: string;
    }
  | {
      /** The file itself, or `:memory:`. */
      file: string;
    }
) & {
  /**
   * Nothing is made, migrated or changed, and the right to write is not needed. Where there is no ledger yet it is an
   * empty one. Without the right to write, and while no other process has the ledger open, it is a copy of this moment.
   */
  readOnly?: boolean;
};

const MEMORY = ':memory:';
const FILE_NAME = 'ledger.sqlite';

/**
 * Opens the ledger, and makes one where there is none.
 * @throws {AppError} `ledger-failed` when the place cannot be used, or holds something else, something damaged or the
 *   ledger of a newer program: it is left as it is, and the hint says what to do. `storage-full`
 */
export async function openLedger(options: LedgerOptions): Promise<Ledger> {
  const place = 'file' in options ? options.file : join(options.directory, FILE_NAME);
  if (place === MEMORY) return ledgerOn(databaseInMemory());
  let file = resolve(place);
  try {
    // The files of SQLite lie beside the ledger itself, not beside a link to it.
    if (isThere(file)) file = realpathSync(file);
    return ledgerOn(options.readOnly ? databaseForReading(file) : databaseForWriting(file));
  } catch (error) {
    throw ledgerError(error, file);
  }
}

function ledgerOn(database: Database): Ledger {
  return {
    ...runsIn(database),
    ...evidenceIn(database),
    ...noticesIn(database),
    ...actionsIn(database),
    ...fencingIn(database),
    [Symbol.dispose]: () => database[Symbol.dispose](),
  };
}
