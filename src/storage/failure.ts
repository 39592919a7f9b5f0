/** System errors as the registry's storage codes. */
import { constants } from 'node:os';
import { AppError, type ErrorCode, errnoOf, textOf } from '../base/errors.ts';

const CODES: Record<string, ErrorCode> = {
  ENOENT: 'not-found',
  ENOTDIR: 'not-found',
  EISDIR: 'not-found',
  ELOOP: 'not-found',
  ENOSPC: 'storage-full',
  EDQUOT: 'storage-full',
  EACCES: 'storage-denied',
  EPERM: 'storage-denied',
  EROFS: 'storage-denied',
};

/**
 * Runs `work`; a system error becomes an AppError that says what was being done (`doing`: "saving /vault/config").
 * Everything else passes: an AppError is right already, the reason of an abort belongs to the caller, a bug stays one.
 */
export async function translated<T>(doing: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw storageError(error, doing);
  }
}

/** @returns the AppError for a system error; anything else as it is. */
export function storageError(error: unknown, doing: string): unknown {
  const errno = storageErrno(error);
  if (error instanceof AppError || errno === undefined) return error;
  const code = CODES[errno] ?? 'storage-failed';
  return new AppError(code, { detail: `${doing}: ${textOf(error)}`, cause: error });
}

/** The errno name, also of errors Node has no name for: over quota (EDQUOT) reaches JavaScript as a bare number. */
export function storageErrno(error: unknown): string | undefined {
  const named = errnoOf(error);
  if (named !== undefined) return named;
  if (!(error instanceof Error) || !('errno' in error) || typeof error.errno !== 'number') return undefined;
  const number = -error.errno;
  return Object.entries(constants.errno).find(([, value]) => value === number)?.[0] ?? `E${number}`;
}
