/** Options that say what is backed up, and how they are read. */
import { lstat, readdir, readFile } from 'node:fs/promises';
import { AppError, errnoOf, textOf } from '../base/errors.ts';
import { filesFrom, type SelectionOptions, toRaw } from '../source.ts';
import type { Context } from './context.ts';
import { flag, list, type OptionValues, size } from './options.ts';

export const SELECTION_OPTIONS = {
  exclude: list('pattern', 'Leave out what matches', { short: 'e' }),
  iexclude: list('pattern', 'As --exclude, without regard to case'),
  excludeFile: list('file', 'Leave out what matches a pattern in this file'),
  iexcludeFile: list('file', 'As --exclude-file, without regard to case'),
  excludeIfPresent: list(
    'name',
    'Leave out directories with a file of this name; name:header asks for its first bytes',
  ),
  excludeCaches: flag('Leave out cache directories marked with a CACHEDIR.TAG'),
  excludeLargerThan: size('size', 'Leave out larger files'),
  oneFileSystem: flag('Stay on the file systems of the paths given', { short: 'x' }),
  filesFrom: list('file', 'Back up what the patterns in this file stand for; - is standard input'),
  filesFromVerbatim: list('file', 'Back up the paths in this file, one a line, as they are'),
  filesFromRaw: list('file', 'Back up the paths in this file, each ended by a zero byte'),
} as const;

type Values = OptionValues<typeof SELECTION_OPTIONS>;

/** @throws {AppError} `usage` for a file that cannot be read or a pattern that is not well formed */
export async function selectionOf(context: Context, options: Values): Promise<SelectionOptions> {
  const read = (names: readonly string[]): Promise<Uint8Array[]> =>
    Promise.all(names.map((name) => contentOf(context, name)));
  return {
    excludes: options.exclude,
    iexcludes: options.iexclude,
    excludeFiles: await read(options.excludeFile),
    iexcludeFiles: await read(options.iexcludeFile),
    environment: { ...context.environment },
    excludeIfPresent: options.excludeIfPresent,
    excludeCaches: options.excludeCaches,
    excludeLargerThanBytes: options.excludeLargerThan,
    oneFileSystem: options.oneFileSystem,
  };
}

/** Raw paths of everything asked for. @throws {AppError} `usage` */
export async function targetsOf(context: Context, args: readonly string[], options: Values): Promise<string[]> {
  const targets = args.map(toRaw);
  for (const file of options.filesFrom) {
    for (const pattern of filesFrom.parseFilesFrom(await contentOf(context, file))) {
      targets.push(...(await filesFrom.expandGlob(pattern, { exists, names })));
    }
  }
  for (const file of options.filesFromVerbatim)
    targets.push(...filesFrom.parseFilesFromVerbatim(await contentOf(context, file)));
  for (const file of options.filesFromRaw) targets.push(...filesFrom.parseFilesFromRaw(await contentOf(context, file)));
  if (targets.length === 0) {
    throw new AppError('usage', { detail: 'nothing to back up was given', hint: 'Name files or directories.' });
  }
  return targets;
}

/** Content of a file that an option names; `-` is standard input. @throws {AppError} `usage` when it cannot be read */
export async function contentOf(context: Context, name: string): Promise<Uint8Array> {
  if (name === '-') return Buffer.concat(await Array.fromAsync(context.stdin));
  try {
    return await readFile(name);
  } catch (error) {
    if (errnoOf(error) === undefined) throw error;
    throw new AppError('usage', { detail: textOf(error), hint: 'Check the name and mode of the file.', cause: error });
  }
}

async function exists(path: string): Promise<boolean> {
  return await lstat(Buffer.from(path, 'latin1')).then(
    () => true,
    () => false,
  );
}

async function names(directory: string): Promise<string[]> {
  const found = await readdir(Buffer.from(directory, 'latin1'), 'latin1').catch(() => []);
  return found;
}
