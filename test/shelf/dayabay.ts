/** The tree of a site that has used altbackup for years: three days of Subversion, Trac and settings. */
import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type { Archive, ShelfItem, ShelfOptions } from '../../src/shelf.ts';

export const SIGNAL = new AbortController().signal;

export function item(category: string, name: string, more: Partial<ShelfItem> = {}): ShelfItem {
  return { category, name, file: '*.tar.gz', perDay: 1, minBytes: 1, keep: 3, ...more };
}

export const DAYABAY: ShelfOptions = {
  name: 'dayabay',
  root: '/data/var/scm/alt.backup/dayabay',
  layout: 'dated',
  items: [item('svn', 'dybsvn'), item('tracs', 'dybsvn'), item('folders', 'svnsetup')],
  sidecars: ['dna', 'sha256'],
  timezone: 'Asia/Taipei',
};

export const MAY_20 = { year: 2013, month: 5, day: 20 };

/** A directory that goes at the end of the test. */
export async function freshRoot(context: { after(work: () => Promise<void>): void }): Promise<string> {
  const root = await mkdtemp(join(tmpdir(), 'shelf-'));
  context.after(() => rm(root, { recursive: true, force: true }));
  return root;
}

export interface Made {
  content?: string | Uint8Array;
  /** `right` when absent. */
  dna?: 'right' | 'none' | 'wrong' | string;
  modified?: string;
}

/** Makes an archive with its sidecar; its content is its path when none is given. */
export async function makeArchive(root: string, path: string, { content = path, dna = 'right', modified }: Made = {}) {
  const bytes = Buffer.from(content as string);
  const md5 = createHash('md5').update(bytes).digest('hex');
  await mkdir(dirname(join(root, path)), { recursive: true });
  await writeFile(join(root, path), bytes);
  if (modified !== undefined) await utimes(join(root, path), new Date(modified), new Date(modified));
  const texts: Record<string, string> = {
    right: `{'dig': '${md5}', 'size': ${bytes.length}}\n`,
    wrong: `{'dig': '${'0'.repeat(32)}', 'size': ${bytes.length}}\n`,
  };
  if (dna !== 'none') await writeFile(join(root, `${path}.dna`), texts[dna] ?? dna);
}

/** Days 17 to 19 of May 2013, as the tree was then. */
export async function makeDayabay(root: string): Promise<void> {
  const revisions = { 17: 20550, 18: 20557, 19: 20561 };
  for (const [day, revision] of Object.entries(revisions)) {
    await makeArchive(root, `svn/dybsvn/2013/05/${day}/104702/dybsvn-${revision}.tar.gz`);
    await makeArchive(root, `tracs/dybsvn/2013/05/${day}/104702/dybsvn.tar.gz`);
    await makeArchive(root, `folders/svnsetup/2013/05/${day}/104702/svnsetup.tar.gz`);
  }
}

export const pathsOf = (archives: readonly Archive[]): string[] => archives.map(({ path }) => path);
