/** Files that come into being and replace none. */
import { lstat, mkdir, open, unlink } from 'node:fs/promises';
import { dirname } from 'node:path';
import { AppError, errnoOf } from '../base/errors.ts';

/** Readable by its owner alone. */
const MODE = 0o600;

/**
 * Writes `text` to a file that is not there yet, making folders as needed; on a failure no part of it stays.
 * @throws {AppError} `refused` when there is something already; `failed`
 */
export async function createFile(path: string, text: string): Promise<void> {
  try {
    await mkdir(dirname(path), { recursive: true, mode: 0o755 });
    await using file = await open(path, 'wx', MODE);
    await file.writeFile(text).catch(async (error: unknown) => {
      await unlink(path);
      throw error;
    });
    await file.sync();
  } catch (cause) {
    const errno = errnoOf(cause);
    if (errno === undefined) throw cause;
    if (errno === 'EEXIST') throw exists(path);
    const hint = 'Check the folder, its mode and the free space.';
    throw new AppError('failed', { detail: `cannot write ${path} (${errno})`, hint, cause });
  }
}

/** @throws {AppError} `refused` when there is something */
export async function refuseExisting(path: string): Promise<void> {
  if (await isThere(path)) throw exists(path);
}

/** Whether the name is taken, be it by a symbolic link to nothing. */
export async function isThere(path: string): Promise<boolean> {
  try {
    await lstat(path);
    return true;
  } catch (error) {
    const errno = errnoOf(error);
    if (errno === undefined) throw error;
    return errno !== 'ENOENT' && errno !== 'ENOTDIR';
  }
}

function exists(path: string): AppError {
  return new AppError('refused', { detail: `${path} is there already`, hint: 'Move it away, or name another file.' });
}
