/** What a server's disk holds: programs and libraries, documentation and headers, logs, and a database file. */
import { createHash } from 'node:crypto';
import { copyFileSync, existsSync, mkdirSync, readdirSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { writeDatabase } from './database.ts';
import { writeLogs } from './logs.ts';

/** Shares of the whole; logs fill up what the machine cannot give. */
const PROGRAMS = { folders: ['/usr/lib', '/usr/bin', '/usr/sbin', '/usr/libexec'], share: 0.5 };
const TEXTS = { folders: ['/usr/share/doc', '/usr/include', '/usr/share/man', '/usr/share/perl'], share: 0.15 };
const DATABASE_SHARE = 0.1;

export function writeMixed(folder: string, bytes: number): void {
  let left = bytes;
  left -= copySome(PROGRAMS.folders, { to: join(folder, 'programs'), bytes: bytes * PROGRAMS.share });
  left -= copySome(TEXTS.folders, { to: join(folder, 'texts'), bytes: bytes * TEXTS.share });
  mkdirSync(join(folder, 'database'));
  const database = join(folder, 'database', 'accounting.sqlite');
  writeDatabase(database, bytes * DATABASE_SHARE, 'database');
  left -= statSync(database).size;
  writeLogs(join(folder, 'logs'), Math.round(left), 'logs');
}

/** Copies files, chosen by the hash of their path, up to `bytes` in all. @returns bytes copied */
function copySome(folders: string[], { to, bytes }: { to: string; bytes: number }): number {
  let copied = 0;
  for (const file of shuffled(folders.flatMap(filesBelow))) {
    const { size } = statSync(file);
    if (copied + size > bytes) continue;
    const target = join(to, file);
    mkdirSync(dirname(target), { recursive: true });
    copyFileSync(file, target);
    copied += size;
  }
  return copied;
}

/** Folders that are missing have no files. Links are not followed: some lead back to where they are. */
function filesBelow(folder: string): string[] {
  if (!existsSync(folder)) return [];
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) return filesBelow(path);
    return entry.isFile() ? [path] : [];
  });
}

/** The same order on every machine that has the same files. */
function shuffled(paths: string[]): string[] {
  const keyed = paths.map((path) => ({ path, key: createHash('sha256').update(path).digest('hex') }));
  return keyed.sort((a, b) => (a.key < b.key ? -1 : 1)).map(({ path }) => path);
}
