/** Lists of what to back up, read from a file or from standard input. Everything here is raw text. */
import { posix } from 'node:path';
import { AppError } from '../../base/errors.ts';
import { compileGlob, isGlob } from './glob.ts';
import { rawLines, trimRaw } from './raw-text.ts';

/** `--files-from`: one pattern a line for `expandGlob`; white space around it, blank lines and `#` lines are dropped. */
export function parseFilesFrom(content: Uint8Array): string[] {
  return rawLines(content)
    .map(trimRaw)
    .filter((line) => line !== '' && !line.startsWith('#'));
}

/** `--files-from-verbatim`: one path a line, taken as it is; empty lines are dropped. */
export function parseFilesFromVerbatim(content: Uint8Array): string[] {
  return rawLines(content).filter((line) => line !== '');
}

/** `--files-from-raw`: paths that each end with a zero byte. @throws {AppError} `usage` when one is empty or not ended */
export function parseFilesFromRaw(content: Uint8Array): string[] {
  const paths = Buffer.from(content).toString('latin1').split('\0');
  if (paths.pop() !== '')
    throw new AppError('usage', { detail: 'the last path of a raw list has no zero byte behind it' });
  if (paths.includes('')) throw new AppError('usage', { detail: 'a raw list of paths holds an empty path' });
  return paths;
}

/** What `expandGlob` needs of the file system. Nothing here throws for what is absent or not readable. */
export interface GlobFiles {
  /** Whether something of this name exists; a link counts as itself. */
  exists(path: string): Promise<boolean>;
  /** Names in a directory (links to one are followed); none when it is no directory or cannot be read. */
  names(directory: string): Promise<string[]>;
}

/**
 * The existing paths a pattern stands for, sorted by name bytes within each directory; none when nothing fits. Here `**`
 * is a mere `*`. A pattern without special characters stands for itself, if it exists.
 * @throws {AppError} `usage` when the pattern is not well formed
 */
export async function expandGlob(pattern: string, files: GlobFiles): Promise<string[]> {
  for (const component of pattern.split('/')) compileGlob(component);
  return await expand(pattern, files);
}

async function expand(pattern: string, files: GlobFiles): Promise<string[]> {
  if (!isGlob(pattern)) return (await files.exists(pattern)) ? [pattern] : [];
  const slash = pattern.lastIndexOf('/');
  const directory = slash < 0 ? '.' : slash === 0 ? '/' : pattern.slice(0, slash);
  const matches = compileGlob(pattern.slice(slash + 1));
  const found: string[] = [];
  for (const place of isGlob(directory) ? await expand(directory, files) : [directory]) {
    const names = (await files.names(place)).filter(matches);
    found.push(...names.sort(compareBytes).map((name) => posix.join(place, name)));
  }
  return found;
}

function compareBytes(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
