/** Paths below a shelf's root, and the words both ends use for what goes wrong there. */
import { constants } from 'node:os';
import { AppError, type ErrorCode, errnoOf, textOf } from '../base/errors.ts';

/** A file of this name keeps all that lies beside it and below, as a folder whose name ends so does with what is in it. */
export const LOCKED = 'LOCKED';

export function isLockedName(folder: string): boolean {
  return folder.endsWith(LOCKED);
}

export interface EndPath {
  /** Folders above the file; empty for one that lies in the root. */
  folders: string[];
  name: string;
}

/** @throws {AppError} `target-unsafe` for a path that could leave the root, or that is none */
export function splitPath(path: string): EndPath {
  const parts = path.split('/');
  if (parts.some((part) => part === '' || part === '.' || part === '..') || path.includes('\0')) throw unsafe(path);
  return { folders: parts.slice(0, -1), name: parts.at(-1)! };
}

export function unsafe(path: string, why = 'not below the root'): AppError {
  return new AppError('target-unsafe', {
    detail: `${JSON.stringify(path)}: ${why}`,
    hint: 'See how this path came about; nothing was read or written there.',
  });
}

/** `to` is taken, and a rename replaces nothing. */
export function taken(to: string): AppError {
  return new AppError('refused', { detail: `${to} is there already`, hint: 'Remove it first, if it may go.' });
}

const CODES: Record<string, ErrorCode> = {
  ENOENT: 'not-found',
  ENOSPC: 'storage-full',
  EDQUOT: 'storage-full',
  EFBIG: 'storage-full',
  EACCES: 'storage-denied',
  EPERM: 'storage-denied',
  EROFS: 'storage-denied',
  ELOOP: 'target-unsafe',
  EXDEV: 'target-unsafe',
};

const HINTS: Partial<Record<ErrorCode, string>> = {
  'not-found': 'See: holdfast shelf ls',
  'storage-full': 'Free space there, or purge: holdfast shelf purge',
  'storage-denied': 'Check owner and modes of the folders of the shelf.',
  'storage-failed': 'Check the device or the connection, then run again.',
  'target-unsafe': 'A symbolic link is in the way; nothing is read or written through one.',
};

/** The AppError for a system call that failed with `errno`. `doing`: "writing cms01:/data/a.tar.gz". */
export function endError(
  errno: string,
  { doing, text, cause }: { doing: string; text: string; cause?: unknown },
): AppError {
  const code = CODES[errno] ?? 'storage-failed';
  return new AppError(code, { detail: `${doing}: ${text}`, hint: HINTS[code] ?? '', cause });
}

/** @returns the AppError for an error of a system call; anything else as it is */
export function translated(error: unknown, doing: string): unknown {
  const errno = errnoName(error);
  if (error instanceof AppError || errno === undefined) return error;
  return endError(errno, { doing, text: textOf(error), cause: error });
}

/** Node has no name for an exceeded quota (EDQUOT) and gives its number. */
export function errnoName(error: unknown): string | undefined {
  const named = errnoOf(error);
  if (named !== undefined || !(error instanceof Error) || !('errno' in error)) return named;
  return Object.entries(constants.errno).find(([, number]) => number === -Number(error.errno))?.[0];
}
