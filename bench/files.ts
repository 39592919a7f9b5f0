/** What happens to files between the measurements. */
import { spawnSync } from 'node:child_process';
import { mkdirSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { run } from './timing.ts';

/** Reads every file, so that afterwards it comes from the page cache. */
export function readAll(folder: string): void {
  shell('find "$1" -type f -print0 | xargs -0 cat > /dev/null', folder);
}

export function removeAll(folder: string): void {
  shell('rm -rf -- "$1"', folder);
}

/** Writes out what others have left to be written, so that nobody pays for it. */
export function settle(): void {
  shell('sync', '');
}

/** Bytes of all files below. */
export function folderBytes(folder: string): number {
  const entries = readdirSync(folder, { withFileTypes: true, recursive: true });
  return entries
    .filter((entry) => entry.isFile())
    .reduce((sum, entry) => sum + statSync(join(entry.parentPath, entry.name)).size, 0);
}

/** Compares contents, times, modes and owners. @throws {Error} naming what differs. */
export function verifySame(original: string, restored: string): void {
  const args = ['-a', '--dry-run', '--checksum', '--delete', '--itemize-changes', `${original}/`, `${restored}/`];
  const difference = run({ program: 'rsync', args, folder: '/', environment: {} });
  if (difference !== '') throw new Error(`${restored} is not what was backed up:\n${difference.slice(0, 2000)}`);
  if (readdirSync(original).length === 0) throw new Error(`${original} is empty, which proves nothing`);
}

/** Makes an empty folder for measurements. @throws {Error} on a file system in memory, which would flatter everybody. */
export function prepareFolder(folder: string): void {
  mkdirSync(folder, { recursive: true });
  if (fileSystemOf(folder) === 'tmpfs') throw new Error(`${folder} is in memory; give another place with --dir`);
}

export function fileSystemOf(folder: string): string {
  const printed = run({ program: 'df', args: ['--output=fstype', folder], folder: '/', environment: {} });
  return printed.trim().split('\n').at(-1)!;
}

function shell(script: string, argument: string): void {
  const { status, stderr } = spawnSync('sh', ['-c', script, 'sh', argument], { encoding: 'utf8' });
  if (status !== 0) throw new Error(`${script} failed: ${stderr}`);
}
