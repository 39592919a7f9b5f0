/** What SQLite and the file system say, in the registry's codes. */
import { statfsSync } from 'node:fs';
import { dirname } from 'node:path';
import { AppError, errnoOf, textOf } from '../base/errors.ts';

/** Primary result codes of SQLite (sqlite.org/rescode.html); the extended ones hold them in their low byte. */
const BUSY = 5;
const READONLY = 8;
const IOERR = 10;
const CORRUPT = 11;
const FULL = 13;
const CANTOPEN = 14;
const NOTADB = 26;
const PRIMARY = 0xff;

/** Bytes free below which an unnamed input/output error is taken for a full disk: a page of shared memory and one of the log. */
const FREE_BYTES_MIN = 64 * 1024;

const OWNER_HINT = 'Run this as the user who owns the ledger, and check owner and modes of stateDirectory.';

/** Errors for which the words of SQLite say nothing to a person: what happened, and what to do next. */
const WORDS: Record<number, { text: string; hint: string }> = {
  [BUSY]: {
    text: 'another process has kept it locked for too long',
    hint: 'See which process has the file open, with fuser(1); wait for it or end it, then try again.',
  },
  [READONLY]: {
    text: 'it may not be written',
    hint: OWNER_HINT,
  },
  [CANTOPEN]: {
    text: 'it or the files -wal and -shm beside it could not be opened',
    hint: OWNER_HINT,
  },
};

/** The AppError for an error of SQLite or of the file system on `file`; anything else as it is, as it is a bug or right already. */
export function ledgerError(error: unknown, file: string): unknown {
  if (error instanceof AppError) return error;
  const result = sqliteResult(error);
  if (result === undefined) return fileError(error, file);
  const primary = result & PRIMARY;
  if (primary === CORRUPT || primary === NOTADB) return damagedError(file, textOf(error), error);
  if (primary === FULL || (primary === IOERR && isFull(file))) return fullError(file, error);
  const words = WORDS[primary];
  if (words === undefined && primary !== IOERR) return error;
  const { text, hint } = words ?? { text: textOf(error), hint: undefined };
  return new AppError('ledger-failed', {
    detail: `${file}: ${text}`,
    ...(hint !== undefined && { hint }),
    cause: error,
  });
}

/** A ledger that cannot be believed. It is left as it is, for a person to move away. */
export function damagedError(file: string, what: string, cause?: unknown): AppError {
  return new AppError('ledger-failed', { detail: `${file} is damaged: ${what}`, hint: moveAway(file), cause });
}

/** A file in the place of the ledger that is something else. */
export function foreignError(file: string, what: string): AppError {
  const detail = `${file} is not a ledger, or its beginning is damaged: ${what}; nothing was changed`;
  return new AppError('ledger-failed', { detail, hint: moveAway(file) });
}

/** What to do with a file that is no use. */
export function moveAway(file: string): string {
  return (
    `Stop Holdfast, move ${file} and any ${file}-wal and ${file}-shm to another place, and start again: a new ledger ` +
    'is begun. Snapshots are in their vaults and not affected; the record of earlier runs and proofs is what is missing.'
  );
}

function fullError(file: string, cause: unknown): AppError {
  const hint = 'Free space there; what was recorded before is untouched.';
  return new AppError('storage-full', { detail: `writing the ledger ${file}`, hint, cause });
}

function fileError(error: unknown, file: string): unknown {
  const errno = errnoOf(error);
  if (errno === undefined) return error;
  if (errno === 'ENOSPC' || errno === 'EDQUOT') return fullError(file, error);
  const isDenied = errno === 'EACCES' || errno === 'EPERM';
  return new AppError('ledger-failed', { detail: textOf(error), ...(isDenied && { hint: OWNER_HINT }), cause: error });
}

function sqliteResult(error: unknown): number | undefined {
  if (!(error instanceof Error) || !('errcode' in error)) return undefined;
  return typeof error.errcode === 'number' ? error.errcode : undefined;
}

/** Shared memory that cannot grow is reported as an error of input and output, whatever the reason (SQLITE_IOERR_SHMSIZE). */
function isFull(file: string): boolean {
  const { bavail, bsize } = statfsSync(dirname(file));
  return bavail * bsize < FREE_BYTES_MIN;
}
