/** Looks into a SQLite database inside an archive, without touching the archive or the database it was made from. */
import { mkdtemp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { AppError } from '../base/errors.ts';
import { SHELF_ROWS_MAX } from '../base/limits.ts';
import type { Processes } from '../host.ts';
import { extractArchive } from './extract.ts';
import type { Archive, ShelfEnd } from './model.ts';
import { failureOf } from './pack.ts';
import type { QueryAnswer, QueryRequest } from './query-worker.ts';

export { type NamedQuery, QUERIES } from './queries.ts';

export interface ExamineOptions {
  archive: Archive;
  /** Pattern of the one member that is the database. */
  member: string;
  sql: string;
  /** Where the database is taken out to, stays, and is not taken out again the next time. */
  to: string | undefined;
  /** Without `to`: where a folder is made for it, and removed at the end. */
  scratch: string;
  /** Of the query. */
  timeLimitMs: number;
  processes: Processes;
  signal: AbortSignal;
}

export interface Answer {
  /** The member that was examined. */
  member: string;
  columns: readonly string[];
  rows: readonly (readonly (string | number | null)[])[];
  /** There are more rows than are shown. */
  isCut: boolean;
}

/**
 * @throws {AppError} what `extractArchive` throws; `usage` when several members fit or the query is wrong;
 * `command-timeout` when the query takes too long
 */
export async function examineArchive(end: ShelfEnd, options: ExamineOptions): Promise<Answer> {
  const { archive, member: pattern, processes, signal } = options;
  const to = options.to ?? (await mkdtemp(join(options.scratch, 'holdfast-examine-')));
  try {
    const { folder, members } = await extractArchive(end, { archive, to, members: [pattern], processes, signal });
    const files = members.filter(({ type }) => type === '-');
    if (files.length !== 1)
      throw ambiguous(
        pattern,
        files.map(({ name }) => name),
      );
    const name = Buffer.from(files[0]!.name, 'latin1').toString();
    const answer = await query({ file: join(folder, name), sql: options.sql, rowsMax: SHELF_ROWS_MAX }, options);
    if ('problem' in answer)
      throw new AppError('usage', {
        detail: `the query fails on ${name} of ${archive.path}: ${answer.problem}`,
        hint: 'See its tables with: --query tables',
      });
    return { member: name, ...answer };
  } finally {
    if (options.to === undefined) await rm(to, { recursive: true, force: true });
  }
}

async function query(request: QueryRequest, { processes, signal, timeLimitMs }: ExamineOptions): Promise<QueryAnswer> {
  const program = fileURLToPath(new URL('./query-worker.ts', import.meta.url));
  const input = Buffer.from(JSON.stringify(request));
  const args = ['--disable-warning=ExperimentalWarning', program];
  const outputBytesMax = 256 * 1024 * 1024;
  const ran = await processes.run(process.execPath, args, { input, signal, timeLimitMs, outputBytesMax });
  if (ran.exitCode !== 0) throw failureOf('the query', ran.exitCode, ran.errorText);
  return JSON.parse(ran.output.toString()) as QueryAnswer;
}

function ambiguous(pattern: string, names: readonly string[]): AppError {
  const detail = `${pattern} fits ${names.length} files: ${names.slice(0, 5).join(', ')}`;
  return new AppError('usage', { detail, hint: 'Name the database with --member.' });
}
