import { statSync } from 'node:fs';
import { DatabaseSync, type SQLInputValue, type StatementSync } from 'node:sqlite';
import { pathToFileURL } from 'node:url';
import { AppError } from '../base/errors.ts';
import { LEDGER_BUSY_MS_MAX, LEDGER_LOG_BYTES_KEPT } from '../base/limits.ts';
import { ledgerError } from './failure.ts';
import { VERSION } from './schema.ts';

/** Three times the ten pages of 4 KiB that the cache has meanwhile. */
const PROBE_BYTES = 128 * 1024;

export type Value = SQLInputValue;

/** Where a database is, and how it is opened. */
export interface DatabasePlace {
  /** What messages call it; the file itself unless it is in memory. */
  file: string;
  /** As `DatabaseSync` takes it. */
  location: string | URL;
  /** Opened without the right to write; the files beside it must be there, or be allowed to be made. */
  readOnly?: boolean;
}

/**
 * One connection to a ledger's SQLite file. A write is one transaction that is durable when it returns; everything is
 * thrown as an AppError that names the file.
 */
export class Database {
  readonly file: string;
  readonly #sqlite: DatabaseSync;
  readonly #statements = new Map<string, StatementSync>();
  /** Device and number of the file; undefined in memory. */
  readonly #inode: string | undefined;

  constructor({ file, location, readOnly = false }: DatabasePlace) {
    this.file = file;
    try {
      this.#sqlite = new DatabaseSync(location, { readOnly, timeout: LEDGER_BUSY_MS_MAX });
      this.#inode = location === ':memory:' ? undefined : inodeOf(file);
    } catch (error) {
      throw ledgerError(error, file);
    }
  }

  /** Statements without values, outside of a transaction. */
  execute(sql: string): void {
    this.#translated(() => this.#sqlite.exec(sql));
  }

  /** Makes an empty database in memory the copy of a file, given as its bytes. */
  fill(bytes: Uint8Array): void {
    this.#translated(() => this.#sqlite.deserialize(bytes));
  }

  /** Rows as objects of `Row`, which the statement must select. */
  all<Row>(sql: string, ...values: Value[]): Row[] {
    return this.#translated(() => this.#prepared(sql).all(...values) as Row[]);
  }

  get<Row>(sql: string, ...values: Value[]): Row | undefined {
    return this.#translated(() => this.#prepared(sql).get(...values) as Row | undefined);
  }

  /** Rows as arrays, one after the other, for many. */
  *each<Row extends readonly unknown[]>(sql: string, ...values: Value[]): Generator<Row> {
    try {
      const statement = this.#sqlite.prepare(sql, { returnArrays: true });
      for (const row of statement.iterate(...values)) yield row as unknown as Row;
    } catch (error) {
      throw ledgerError(error, this.file);
    }
  }

  /** The number that `PRAGMA name` gives. */
  pragma(name: 'application_id' | 'user_version'): number {
    return this.get<Record<string, number>>(`PRAGMA ${name}`)![name]!;
  }

  /** A change; in a transaction of its own unless within `write`. @returns how many rows it changed */
  change(sql: string, ...values: Value[]): number {
    if (this.#sqlite.isTransaction) return Number(this.#prepared(sql).run(...values).changes);
    return this.write(() => this.change(sql, ...values));
  }

  /** Runs `work` as one transaction that no other process can get in between; durable on return, undone when it throws. */
  write<T>(work: () => T): T {
    return this.#translated(() =>
      this.exclusive(() => {
        this.#expectSame();
        return work();
      }),
    );
  }

  /** As `write`, for work that makes the database what it has to be. */
  exclusive<T>(work: () => T): T {
    this.execute('BEGIN IMMEDIATE');
    try {
      const result = work();
      this.execute('COMMIT');
      return result;
    } catch (error) {
      // When the disk is full SQLite may have rolled back by itself.
      if (this.#sqlite.isTransaction) this.execute('ROLLBACK');
      throw error;
    }
  }

  /**
   * Writes more than the cache may hold, so that it goes to the log on disk, and takes it back: what BEGIN and ROLLBACK
   * alone would not find is a disk without space.
   */
  expectWritable(): void {
    const undone = new Error('taken back');
    this.execute('PRAGMA cache_size = 10');
    try {
      this.write(() => {
        this.change('INSERT INTO trouble (key, since_ms) VALUES (hex(zeroblob(?)), 0)', PROBE_BYTES / 2);
        throw undone;
      });
    } catch (error) {
      if (error !== undone) throw error;
    } finally {
      this.execute('PRAGMA cache_size = -2000');
    }
  }

  /** Settings of the connection that are not kept in the file. */
  configure(): void {
    this.execute(`
      PRAGMA synchronous = FULL;
      PRAGMA foreign_keys = ON;
      PRAGMA trusted_schema = OFF;
      PRAGMA cell_size_check = ON;
      PRAGMA journal_size_limit = ${LEDGER_LOG_BYTES_KEPT};
    `);
  }

  [Symbol.dispose](): void {
    if (this.#sqlite.isOpen) this.#translated(() => this.#sqlite.close());
  }

  /** What somebody moved away or a newer program made over must not be written any more, as nobody would read it. */
  #expectSame(): void {
    if (this.#inode !== undefined && inodeOf(this.file) !== this.#inode)
      throw new AppError('ledger-failed', {
        detail: `${this.file} was moved away or replaced while it was in use`,
        hint: 'Start Holdfast again.',
      });
    const version = this.pragma('user_version');
    if (version !== VERSION)
      throw new AppError('ledger-failed', {
        detail: `${this.file} now has schema version ${version}; this process knows ${VERSION}`,
        hint: 'Another version of Holdfast has changed it meanwhile: start this one again in that version.',
      });
  }

  #prepared(sql: string): StatementSync {
    let statement = this.#statements.get(sql);
    if (statement === undefined) {
      statement = this.#sqlite.prepare(sql);
      this.#statements.set(sql, statement);
    }
    return statement;
  }

  #translated<T>(work: () => T): T {
    try {
      return work();
    } catch (error) {
      throw ledgerError(error, this.file);
    }
  }
}

/** A file that must be there: one that somebody moves away meanwhile must not come back empty. */
export function locationOf(file: string): URL {
  const location = pathToFileURL(file);
  location.searchParams.set('mode', 'rw');
  return location;
}

function inodeOf(file: string): string | undefined {
  const found = statSync(file, { bigint: true, throwIfNoEntry: false });
  return found && `${found.dev}:${found.ino}`;
}
