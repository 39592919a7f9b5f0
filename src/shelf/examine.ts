/** Looks into a SQLite database inside an archive, without touching the archive or the database it was made from. */
import { lstat, mkdtemp, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { AppError, errnoOf } from '../base/errors.ts';
import { SHELF_ROWS_MAX } from '../base/limits.ts';
import { isProcessAlive, type Processes, processIdentity } from '../host.ts';
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
  const to = options.to ?? (await makeScratch(options.scratch));
  try {
    const { folder, members } = await extractArchive(end, { archive, to, members: [pattern], processes, signal });
    const files = members.filter(({ type }) => type === '-');
    if (files.length !== 1)
      throw ambiguous(
        pattern,
        files.map(({ name }) => name),
      );
    const name = Buffer.from(files[0]!.name, 'latin1').toString();
    const answer = await query(join(folder, name), options);
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

const SCRATCH = 'holdfast-examine-';
/** What mkdtemp(3) adds to make a name one that is not there. */
const RANDOM_LENGTH = 6;

/** A folder that says whose it is. Those of processes that were killed go. */
async function makeScratch(parent: string): Promise<string> {
  for (const name of await readdir(parent)) {
    const holder = name.startsWith(SCRATCH) ? name.slice(SCRATCH.length, -RANDOM_LENGTH - 1) : '';
    if (holder !== '' && !isProcessAlive(holder) && (await isOwn(join(parent, name))))
      await rm(join(parent, name), { recursive: true, force: true });
  }
  return await mkdtemp(join(parent, `${SCRATCH}${processIdentity()}.`));
}

/** Everybody can write into such a place: what nobody else can have changed is a folder of this user, closed to others. */
async function isOwn(path: string): Promise<boolean> {
  try {
    const found = await lstat(path);
    return found.isDirectory() && found.uid === process.geteuid!() && (found.mode & 0o077) === 0;
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return false;
    throw error;
  }
}

/** Beyond its time limit the query ends itself, should this process be stopped meanwhile. */
const GRACE_MS = 5000;

async function query(file: string, { sql, processes, signal, timeLimitMs }: ExamineOptions): Promise<QueryAnswer> {
  const program = fileURLToPath(new URL('./query-worker.ts', import.meta.url));
  const limits = { rowsMax: SHELF_ROWS_MAX, parent: process.pid, timeLimitMs: timeLimitMs + GRACE_MS };
  const request: QueryRequest = { file, sql, ...limits };
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
