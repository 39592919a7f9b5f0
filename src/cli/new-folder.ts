/** Folders that come into being whole: with all their files, or not at all. */
import { lstat, mkdir, mkdtemp, open, rename, rm } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { AppError, errnoOf } from '../base/errors.ts';

export interface NewFile {
  name: string;
  content: string | Uint8Array;
  mode: number;
}

/**
 * Makes a folder that is not there yet. The files are written and synced in a folder beside it that only its owner can
 * enter, which then gets the name in one step. On a failure nothing of it stays.
 * @throws {AppError} `refused` when there is something of that name; `storage-full`, `failed`
 */
export async function createFolder(path: string, files: readonly NewFile[]): Promise<void> {
  const target = resolve(path);
  let temporary: string | undefined;
  try {
    await expectFree(target);
    await mkdir(dirname(target), { recursive: true, mode: 0o755 });
    temporary = await mkdtemp(join(dirname(target), `.${basename(target)}.writing-`));
    for (const file of files) await writeNew(join(temporary, file.name), file);
    await syncFolder(temporary);
    await expectFree(target);
    await rename(temporary, target);
    temporary = undefined;
    await syncFolder(dirname(target));
  } catch (cause) {
    const errno = errnoOf(cause);
    if (errno === undefined) throw cause;
    if (errno === 'ENOTEMPTY' || errno === 'EEXIST') throw isThere(target);
    const code = errno === 'ENOSPC' || errno === 'EDQUOT' ? 'storage-full' : 'failed';
    const hint = 'Check the folder above it, its mode and the free space.';
    throw new AppError(code, { detail: `cannot write ${target} (${errno})`, hint, cause });
  } finally {
    if (temporary !== undefined) await rm(temporary, { recursive: true, force: true });
  }
}

async function writeNew(path: string, { content, mode }: NewFile): Promise<void> {
  await using file = await open(path, 'wx', 0o600);
  await file.writeFile(content);
  await file.chmod(mode);
  await file.sync();
}

async function syncFolder(path: string): Promise<void> {
  await using folder = await open(path, 'r');
  await folder.sync();
}

async function expectFree(path: string): Promise<void> {
  const found = await lstat(path).catch((error: unknown) => {
    if (errnoOf(error) !== 'ENOENT') throw error;
    return undefined;
  });
  if (found !== undefined) throw isThere(path);
}

function isThere(path: string): AppError {
  return new AppError('refused', { detail: `${path} is there already`, hint: 'Name a folder that is not there yet.' });
}
