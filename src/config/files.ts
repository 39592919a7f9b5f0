/** The files of a configuration: the port, and this machine's. */
import { constants } from 'node:fs';
import { access, glob, open, stat } from 'node:fs/promises';
import { basename, isAbsolute, join } from 'node:path';
import { AppError, errnoOf } from '../base/errors.ts';

export interface FileState {
  kind: 'file' | 'directory' | 'other';
  /** Permission bits. */
  mode: number;
}

/** Paths are absolute. */
export interface ConfigFiles {
  /** @returns undefined when there are more than `bytesMax`. Throws what the system says (`ENOENT`, `EACCES`, …). */
  read(path: string, bytesMax: number): Promise<Uint8Array | undefined>;
  /** Files whose path fits a pattern of `*`, `?`, `[…]`, `{…}` and `**`, sorted; those that begin with a dot only when named. */
  match(pattern: string): Promise<string[]>;
  /** Follows symbolic links; undefined when there is nothing. */
  state(path: string): Promise<FileState | undefined>;
  canRead(path: string): Promise<boolean>;
  /** Whether something can be made in this directory. */
  canMakeIn(path: string): Promise<boolean>;
  canExecute(path: string): Promise<boolean>;
}

export const systemFiles: ConfigFiles = {
  read,
  match,
  state,
  canRead: (path) => allows(path, constants.R_OK),
  canMakeIn: (path) => allows(path, constants.W_OK | constants.X_OK),
  canExecute,
};

async function read(path: string, bytesMax: number): Promise<Uint8Array | undefined> {
  await using file = await open(path, 'r');
  const bytes = Buffer.alloc(bytesMax + 1);
  let length = 0;
  // A pipe (process substitution of a shell) gives its bytes in parts.
  for (;;) {
    const { bytesRead } = await file.read(bytes, length, bytes.length - length);
    length += bytesRead;
    if (bytesRead === 0 || length > bytesMax) break;
  }
  return length > bytesMax ? undefined : bytes.subarray(0, length);
}

async function match(pattern: string): Promise<string[]> {
  const isHiddenWanted = basename(pattern).startsWith('.');
  const found: string[] = [];
  for await (const path of glob(pattern)) {
    if (!isHiddenWanted && basename(path).startsWith('.')) continue;
    if ((await state(path))?.kind !== 'directory') found.push(path);
  }
  return found.sort();
}

async function state(path: string): Promise<FileState | undefined> {
  try {
    const found = await stat(path);
    const kind = found.isFile() ? 'file' : found.isDirectory() ? 'directory' : 'other';
    return { kind, mode: found.mode & 0o7777 };
  } catch (error) {
    if (['ENOENT', 'ENOTDIR', 'EACCES', 'ELOOP'].includes(errnoOf(error) ?? '')) return undefined;
    throw error;
  }
}

/** Some systems let root execute everything; a program has a mode that says so. */
async function canExecute(path: string): Promise<boolean> {
  const found = await state(path);
  return found?.kind === 'file' && (found.mode & 0o111) !== 0 && (await allows(path, constants.X_OK));
}

async function allows(path: string, mode: number): Promise<boolean> {
  try {
    await access(path, mode);
    return true;
  } catch (error) {
    if (errnoOf(error) === undefined) throw error;
    return false;
  }
}

/** Path of a program as execvp(3) would find it; undefined when there is none. */
export async function findProgram(
  program: string,
  { files, path }: { files: ConfigFiles; path: string | undefined },
): Promise<string | undefined> {
  const folders = program.includes('/') ? [''] : (path ?? '').split(':').filter((folder) => isAbsolute(folder));
  for (const folder of folders) {
    const candidate = join(folder, program);
    if (await files.canExecute(candidate)) return candidate;
  }
  return undefined;
}

/** Text in UTF-8, a byte order mark taken away. @throws {AppError} `config` */
export async function readText(files: ConfigFiles, path: string, bytesMax: number): Promise<string> {
  const bytes = await files.read(path, bytesMax).catch((cause: unknown) => {
    const errno = errnoOf(cause);
    if (errno === undefined) throw cause;
    throw new AppError('config', { detail: `cannot read ${path} (${errno})`, hint: HINTS[errno] ?? '', cause });
  });
  if (bytes === undefined)
    throw new AppError('config', { detail: `${path} is larger than ${bytesMax} bytes`, hint: '' });
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    throw new AppError('config', { detail: `${path} is not text in UTF-8`, hint: 'Save it as UTF-8.' });
  }
}

const HINTS: Readonly<Record<string, string>> = {
  ENOENT: 'Name the file with --config, or write one with: holdfast config init',
  EACCES: 'Run as the user who may read it, or change its mode.',
  EISDIR: 'Name a file, not a directory.',
};
