/** Files that other programs may read at any moment: they see the old one or the new one, never a part. */
import { chmod, rename, rm, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { AppError, errnoOf, textOf } from '../base/errors.ts';

/** For programs that run as another user; cron refuses what others than the owner may write. There is nothing secret in it. */
const MODE = 0o644;

/**
 * Puts `text` in the place of the file in one step. The temporary name begins with a dot and ends with no suffix that cron,
 * systemd or a collector look for.
 * @throws {AppError} `storage-full`, `failed`; the old file then stays
 */
export async function replaceFile(path: string, text: string, hint: string): Promise<void> {
  const temporary = join(dirname(path), `.${basename(path)}.writing`);
  try {
    await writeFile(temporary, text, { mode: MODE });
    await chmod(temporary, MODE);
    await rename(temporary, path);
  } catch (error) {
    const errno = errnoOf(error);
    if (errno === undefined) throw error;
    const code = errno === 'ENOSPC' || errno === 'EDQUOT' ? 'storage-full' : 'failed';
    const failure = new AppError(code, { detail: `cannot write ${path}: ${textOf(error)}`, hint, cause: error });
    // What cannot be removed either is overwritten the next time; the failure above is the one to tell.
    await rm(temporary, { force: true }).catch((left: unknown) => {
      if (errnoOf(left) === undefined) throw left;
    });
    throw failure;
  }
}
