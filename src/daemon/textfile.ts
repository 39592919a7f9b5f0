/** The file for the textfile collector of node_exporter, which may read it at any moment. */
import { chmod, rename, unlink, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { AppError, errnoOf, textOf } from '../base/errors.ts';

/** Metrics are for a collector that runs as another user. */
const MODE = 0o644;

/**
 * Puts `text` in the place of the file in one step. The temporary name has no `.prom` at its end, so that the collector
 * does not read it. @throws {AppError} `storage-full`, `failed`; the old file then stays
 */
export async function writeTextfile(path: string, text: string): Promise<void> {
  const temporary = join(dirname(path), `.${basename(path)}.writing`);
  try {
    await writeFile(temporary, text, { mode: MODE });
    await chmod(temporary, MODE);
    await rename(temporary, path);
  } catch (error) {
    await unlink(temporary).catch(() => undefined);
    const errno = errnoOf(error);
    if (errno === undefined) throw error;
    const code = errno === 'ENOSPC' || errno === 'EDQUOT' ? 'storage-full' : 'failed';
    const hint = 'Check daemon.textfile: the directory, its mode and the free space.';
    throw new AppError(code, { detail: `writing ${path}: ${textOf(error)}`, hint, cause: error });
  }
}
