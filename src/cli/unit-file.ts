/** Files that systemd and cron read. */
import { chmod, rename, unlink, writeFile } from 'node:fs/promises';
import { AppError, errnoOf, textOf } from '../base/errors.ts';

/** cron refuses what others than its owner may write; there is nothing secret in it. */
const MODE = 0o644;

/** Whole or not at all. The temporary name has a dot, which cron and systemd skip. @throws {AppError} `failed` */
export async function writeUnitFile(path: string, text: string): Promise<void> {
  const temporary = `${path}.writing`;
  try {
    await writeFile(temporary, text, { mode: MODE });
    await chmod(temporary, MODE);
    await rename(temporary, path);
  } catch (error) {
    await unlink(temporary).catch(() => undefined);
    if (errnoOf(error) === undefined) throw error;
    const hint = 'Check the directory, its mode and the free space.';
    throw new AppError('failed', { detail: `cannot write ${path}: ${textOf(error)}`, hint, cause: error });
  }
}
