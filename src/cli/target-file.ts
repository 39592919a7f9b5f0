/** Files that options name as the place of a result. */
import { type FileHandle, open, unlink } from 'node:fs/promises';
import { AppError, errnoOf, textOf } from '../base/errors.ts';

/** Readable by its owner alone: what comes out of a vault was readable to few. */
const MODE = 0o600;

/**
 * Writes everything to `path`, which may be a device or a pipe. A file that was not there before is removed again when
 * the bytes end with an error, so that no part is taken for the whole.
 * @returns the number of bytes
 * @throws {AppError} `failed` when it cannot be written; what `bytes` throws
 */
export async function writeTarget(path: string, bytes: AsyncIterable<Uint8Array>): Promise<number> {
  const { file, isNew } = await openTarget(path);
  let written = 0;
  let isWhole = false;
  try {
    for await (const chunk of bytes) {
      await attempt(path, () => writeAll(file, chunk));
      written += chunk.length;
    }
    await attempt(path, () => file.close());
    isWhole = true;
  } finally {
    if (!isWhole) await file.close().catch(() => undefined);
    if (!isWhole && isNew) await unlink(path).catch(() => undefined);
  }
  return written;
}

async function openTarget(path: string): Promise<{ file: FileHandle; isNew: boolean }> {
  try {
    return { file: await open(path, 'wx', MODE), isNew: true };
  } catch (error) {
    if (errnoOf(error) !== 'EEXIST') throw failed(path, error);
  }
  return { file: await attempt(path, () => open(path, 'w', MODE)), isNew: false };
}

async function writeAll(file: FileHandle, chunk: Uint8Array): Promise<void> {
  for (let at = 0; at < chunk.length; ) at += (await file.write(chunk, at)).bytesWritten;
}

async function attempt<T>(path: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw failed(path, error);
  }
}

function failed(path: string, error: unknown): unknown {
  if (errnoOf(error) === undefined) return error;
  const hint = 'Check the path, its mode and the free space.';
  return new AppError('failed', { detail: `cannot write ${path}: ${textOf(error)}`, hint, cause: error });
}
