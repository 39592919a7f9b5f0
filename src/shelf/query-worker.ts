/**
 * Runs one query over one SQLite file: a program of its own, because a query cannot be stopped but by ending its process.
 * Request as JSON on standard input; answer as JSON on standard output. It ends with the process that asked.
 */
import { once } from 'node:events';
import { readFileSync, writeSync } from 'node:fs';
import { DatabaseSync, type SQLOutputValue } from 'node:sqlite';
import { Worker } from 'node:worker_threads';
import { textOf } from '../base/errors.ts';
import type { GuardStart } from './query-guard-worker.ts';

export interface QueryRequest extends GuardStart {
  file: string;
  sql: string;
  rowsMax: number;
}

export type QueryAnswer =
  | { columns: string[]; rows: (string | number | null)[][]; isCut: boolean }
  /** What SQLite said. */
  | { problem: string };

const request = JSON.parse(readFileSync(0, 'utf8')) as QueryRequest;
const guard = new Worker(new URL('./query-guard-worker.ts', import.meta.url), { workerData: request });
// Nothing begins before somebody watches over it.
await once(guard, 'message');
guard.unref();
answer(perform(request));

function perform({ file, sql, rowsMax }: QueryRequest): QueryAnswer {
  try {
    using database = new DatabaseSync(file, { readOnly: true });
    // The schema came with the archive: what it defines may not call functions with effects (sqlite.org/security.html).
    database.exec('PRAGMA trusted_schema = OFF; PRAGMA query_only = ON; PRAGMA cell_size_check = ON');
    const statement = database.prepare(sql);
    statement.setReadBigInts(true);
    statement.setReturnArrays(true);
    const columns = statement.columns().map(({ name }) => name);
    const rows: (string | number | null)[][] = [];
    for (const row of statement.iterate() as unknown as Iterable<SQLOutputValue[]>) {
      if (rows.length === rowsMax) return { columns, rows, isCut: true };
      rows.push(row.map(plain));
    }
    return { columns, rows, isCut: false };
  } catch (error) {
    return { problem: textOf(error) };
  }
}

function plain(value: SQLOutputValue): string | number | null {
  if (typeof value === 'bigint') return Number.isSafeInteger(Number(value)) ? Number(value) : String(value);
  if (value instanceof Uint8Array) return `x'${Buffer.from(value).toString('hex')}'`;
  return value;
}

function answer(result: QueryAnswer): void {
  const bytes = Buffer.from(JSON.stringify(result));
  for (let at = 0; at < bytes.length; ) at += writeSync(1, bytes, at);
}
