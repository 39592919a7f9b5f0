/** Small files that the configuration names. */
import { readFile } from 'node:fs/promises';
import { AppError, errnoOf, textOf } from '../base/errors.ts';

/** Content of an exclude file. @throws {AppError} `config` when it cannot be read: without it too much would be read */
export async function contentOf(file: string): Promise<Uint8Array> {
  try {
    return await readFile(file);
  } catch (error) {
    if (errnoOf(error) === undefined) throw error;
    throw new AppError('config', {
      detail: textOf(error),
      hint: 'Check the file that excludeFile names.',
      cause: error,
    });
  }
}
