/** Logs of runs that the ledger has forgotten. */
import { unlink } from 'node:fs/promises';
import { isAbsolute, join, relative } from 'node:path';
import { AppError, errnoOf, textOf } from '../base/errors.ts';

/**
 * Removes them; only what is below the directory of logs, whatever the ledger says. What is gone already is fine.
 * @throws {AppError} `failed` for the first that could not be removed, after all were tried
 */
export async function removeLogs(stateDirectory: string, files: readonly string[]): Promise<void> {
  const logs = join(stateDirectory, 'logs');
  let failure: AppError | undefined;
  for (const file of files.filter((each) => isBelow(logs, each)))
    await unlink(file).catch((cause: unknown) => {
      if (errnoOf(cause) === undefined) throw cause;
      if (errnoOf(cause) !== 'ENOENT')
        failure ??= new AppError('failed', { detail: `removing ${file}: ${textOf(cause)}`, cause });
    });
  if (failure !== undefined) throw failure;
}

function isBelow(directory: string, file: string): boolean {
  const path = relative(directory, file);
  return path !== '' && !isAbsolute(path) && path.split('/')[0] !== '..';
}
