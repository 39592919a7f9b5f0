/** Takes an archive, or some of its members, out into a folder of this machine: checked before, whole or not at all. */
import { lstat, mkdir, open, readdir, rename, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { AppError, errnoOf } from '../base/errors.ts';
import { isProcessAlive, type Processes, processIdentity } from '../host.ts';
import { formatDay } from './day.ts';
import { judge } from './judge.ts';
import { escapes, listMembers, type Member } from './members.ts';
import type { Archive, ShelfEnd } from './model.ts';
import { compressionOf, failureOf, outputOf } from './pack.ts';

export interface ExtractOptions {
  archive: Archive;
  /** The folder that gets `category/name/YYYY/MM/DD/HHMMSS`. */
  to: string;
  /** Patterns where `*` also passes slashes; everything when there are none. */
  members: readonly string[];
  processes: Processes;
  signal: AbortSignal;
  onBytes?: (bytes: number) => void;
}

export interface ExtractResult {
  folder: string;
  /** All but folders; names as in the archive, one character per byte. */
  members: readonly Member[];
  /** Links that point out of the folder: left out. */
  skipped: readonly Member[];
  /** False when everything was there already. */
  isNew: boolean;
}

/**
 * Reads the archive three times: against its sidecars, for its members, and to unpack them into a folder beside, which is
 * then renamed. What is there already, by name and size, is not unpacked again.
 * @throws {AppError} `archive-damaged` when it does not match its sidecars or has none; `not-found` when no member fits;
 * `target-unsafe` when a member's name leaves the folder; `refused` while another extraction of it is under way
 */
export async function extractArchive(end: ShelfEnd, options: ExtractOptions): Promise<ExtractResult> {
  const { archive, to, signal, onBytes } = options;
  const judgement = judge(archive, await end.digest(archive.path, signal, onBytes));
  if (judgement.state !== 'finished' && judgement.state !== 'small')
    throw new AppError('archive-damaged', { detail: `${archive.path} ${judgement.why}` });
  const day = archive.day === undefined ? '' : formatDay(archive.day);
  const folder = join(to, archive.category, archive.name, day, archive.time);
  const all = await membersOf(end, options);
  const skipped = all.filter((member) => escapes(member) === 'link');
  const members = all.filter((member) => member.type !== 'd' && !skipped.includes(member));
  if (await areThere(folder, members)) return { folder, members, skipped, isNew: false };
  await unpack(end, { folder, skipped }, options);
  return { folder, members, skipped, isNew: true };
}

async function membersOf(end: ShelfEnd, { archive, members: patterns, processes, signal }: ExtractOptions) {
  const { path, file } = archive;
  const isTar = compressionOf(file) !== undefined;
  const content = end.read(path, 0, signal);
  const all = isTar
    ? await listMembers({ file, content, patterns }, { processes, signal })
    : [{ type: '-', name: Buffer.from(plainName(file)).toString('latin1'), link: undefined, bytes: Number.NaN }];
  const unsafe = all.find((member) => escapes(member) === 'name');
  if (unsafe !== undefined)
    throw new AppError('target-unsafe', {
      detail: `${path} has a member ${JSON.stringify(unsafe.name)}`,
      hint: 'The archive is hostile, or was made with absolute names; nothing was written.',
    });
  if (all.length > 0 || patterns.length === 0) return all;
  throw new AppError('not-found', {
    detail: `no member of ${path} fits ${patterns.join(', ')}`,
    hint: `See: tar -tf ${file}`,
  });
}

/** A dump that is no tar archive has one member: itself, without its compression. */
function plainName(file: string): string {
  return file.endsWith('.gz') && file.length > 3 ? file.slice(0, -3) : file;
}

async function areThere(folder: string, members: readonly Member[]): Promise<boolean> {
  for (const { type, name, bytes } of members) {
    const found = await statOf(inside(folder, name));
    if (found === undefined || (type === '-' && !Number.isNaN(bytes) && found.size !== bytes)) return false;
  }
  return (await statOf(Buffer.from(folder))) !== undefined;
}

async function unpack(
  end: ShelfEnd,
  { folder, skipped }: { folder: string; skipped: readonly Member[] },
  options: ExtractOptions,
): Promise<void> {
  await mkdir(dirname(folder), { recursive: true });
  await removeDead(folder);
  const temporary = temporaryOf(folder, processIdentity());
  await mkdir(temporary, { mode: 0o700 });
  try {
    await (compressionOf(options.archive.file) === undefined ? unpackPlain : unpackTar)(end, temporary, options);
    for (const { name } of skipped) await rm(inside(temporary, name), { force: true });
    await moveInto(Buffer.from(temporary), Buffer.from(folder));
  } finally {
    await rm(temporary, { recursive: true, force: true });
  }
}

const PART = '.holdfast-part';

function temporaryOf(folder: string, process: string): string {
  return join(dirname(folder), `.${basename(folder)}.${process}${PART}`);
}

/**
 * Removes what extractions left that were killed: their names say which process they were of.
 * @throws {AppError} `refused` while one is under way
 */
async function removeDead(folder: string): Promise<void> {
  const head = `.${basename(folder)}.`;
  const names = (await readdir(dirname(folder))).filter((name) => name.startsWith(head) && name.endsWith(PART));
  for (const name of names) {
    const holder = name.slice(head.length, -PART.length);
    if (isProcessAlive(holder))
      throw new AppError('refused', {
        detail: `an extraction into ${folder} is under way: process ${holder.replace(/:.*/, '')}`,
        hint: `Wait for it. When it is a process of another machine that is gone: rm -r ${join(dirname(folder), name)}`,
      });
    await rm(join(dirname(folder), name), { recursive: true, force: true });
  }
}

/** GNU tar by itself strips what leaves the folder, and makes links that do only after everything else is written. */
async function unpackTar(end: ShelfEnd, folder: string, options: ExtractOptions): Promise<void> {
  const { archive, members, processes, signal } = options;
  const how = [
    '--extract',
    '--file=-',
    ...compressionOf(archive.file)!,
    '--delay-directory-restore',
    '--xattrs',
    '--acls',
  ];
  const args = [...how, '--directory', folder, '--wildcards', '--', ...members];
  const input = end.read(archive.path, 0, signal);
  const { exitCode, errorText } = await processes.run('tar', args, { input, signal, env: { LC_ALL: 'C' } });
  if (exitCode !== 0) throw failureOf('tar', exitCode, errorText);
}

async function unpackPlain(
  end: ShelfEnd,
  folder: string,
  { archive, processes, signal }: ExtractOptions,
): Promise<void> {
  const { path, file } = archive;
  const input = end.read(path, 0, signal);
  const isPacked = plainName(file) !== file;
  const content = isPacked ? outputOf('gzip', ['-dc'], { processes, signal, input }) : input;
  await using out = await open(join(folder, plainName(file)), 'wx');
  for await (const part of content) await out.writeFile(part);
}

/** Folders that are there are filled up; files that are there give way. */
async function moveInto(from: Buffer, to: Buffer): Promise<void> {
  const there = await statOf(to);
  if (there === undefined) return rename(from, to);
  for (const entry of await readdir(from, { withFileTypes: true, encoding: 'buffer' })) {
    const [source, target] = [from, to].map((folder) => Buffer.concat([folder, Buffer.from('/'), entry.name]));
    const isFolder = entry.isDirectory() && (await statOf(target!))?.isDirectory() === true;
    await (isFolder ? moveInto(source!, target!) : rename(source!, target!));
  }
}

function inside(folder: string, name: string): Buffer {
  return Buffer.concat([Buffer.from(`${folder}/`), Buffer.from(name, 'latin1')]);
}

async function statOf(path: Buffer) {
  try {
    return await lstat(path);
  } catch (error) {
    if (errnoOf(error) === 'ENOENT' || errnoOf(error) === 'ENOTDIR') return undefined;
    throw error;
  }
}
