/** From the address of a vault to its storage. */
import { AppError } from '../base/errors.ts';
import type { Storage } from '../storage.ts';
import { limitStorage } from './limit.ts';
import { localDirectory } from './local.ts';
import { type RetryOptions, retryStorage } from './retry.ts';

export interface OpenOptions {
  /** Requests at a time; what the storage likes when absent. */
  connections?: number;
  /** Time and randomness for trying again after passing failures; without them nothing is tried again. */
  retry?: RetryOptions;
}

/** Kinds of storage that are known by name but not built in. */
const NOT_BUILT_IN = ['sftp', 's3', 'rest', 'b2', 'azure', 'gs', 'swift', 'rclone'];
const BUILT_IN = 'Built in are local directories: /path or local:/path';

/**
 * Opens the storage at `url`: a path, or `local:` and a path. Only the address is looked at, nothing is requested yet.
 * @throws {AppError} `config` when the address names no storage that is built in
 */
export function openStorage(url: string, { connections, retry }: OpenOptions = {}): Storage {
  const storage = localDirectory(localPath(url));
  return limitStorage(retry === undefined ? storage : retryStorage(storage, retry), connections);
}

/** Never repeats more of a foreign address than its scheme: the rest may hold a password. */
function localPath(url: string): string {
  const scheme = /^([a-z][a-z0-9+.-]*):/i.exec(url)?.[1]?.toLowerCase();
  const path = scheme === 'local' ? url.slice('local:'.length) : url;
  if (path === '') throw new AppError('config', { detail: 'the address of the vault is empty', hint: BUILT_IN });
  if (scheme === undefined || scheme === 'local') return path;
  if (NOT_BUILT_IN.includes(scheme))
    throw new AppError('config', { detail: `storage of kind ${scheme} is not built in yet`, hint: BUILT_IN });
  const detail = `there is no storage of kind ${scheme}`;
  throw new AppError('config', { detail, hint: `${BUILT_IN}; for a path with a colon write ./${scheme}:…` });
}
