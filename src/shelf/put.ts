/** Puts an archive onto a shelf: whole and with its sidecars, or not at all. */
import { createHash } from 'node:crypto';
import { AppError, hasCode } from '../base/errors.ts';
import { localTime } from './day.ts';
import { filePattern, type Layout, layoutOf } from './layout.ts';
import type { Day, Digests, ShelfEnd, ShelfItem, ShelfOptions } from './model.ts';
import { partialPath } from './partial.ts';
import { pathsOf } from './purge-plan.ts';
import { formatDna, formatSha256 } from './sidecar.ts';

export interface PutOptions {
  shelf: ShelfOptions;
  item: ShelfItem;
  /** Name of the file; made from the item's pattern when absent. */
  file?: string | undefined;
  nowMs: number;
  /** Keeps two that put at the same time apart. */
  token: string;
  signal: AbortSignal;
  /** Given the file's name, as that tells how to compress. */
  content(file: string): AsyncIterable<Uint8Array>;
  onBytes?: (bytes: number) => void;
}

export interface PutResult extends Digests {
  path: string;
  /** An older archive of that name made way: the layout has no date. */
  replaced: boolean;
}

/**
 * The content goes to a temporary name, is synced and renamed; the sidecars come last. Where the layout has no date, the
 * older archive of the same name goes just before the rename, when the new one is whole.
 * @throws {AppError} `usage` for a name that is not the item's; `refused` when there is one of this very second;
 * `command-empty` when it is smaller than the item's archives are; what `content` throws, and then nothing is left
 */
export async function putArchive(end: ShelfEnd, options: PutOptions): Promise<PutResult> {
  const { shelf, item, nowMs, signal } = options;
  const layout = layoutOf(shelf);
  const { day, time } = localTime(nowMs, shelf.timezone);
  const file = fileName(options, layout, day);
  const path = layout.make({ category: item.category, name: item.name, file, day, time });
  const isThere = (await end.size(path)) !== undefined;
  if (isThere && layout.hasDate)
    throw new AppError('refused', {
      detail: `there is ${path} already`,
      hint: 'Run it again: the next one has another time.',
    });
  const partial = partialPath(path, options.token);
  const digests = await write(end, { path, partial, layout }, options);
  signal.throwIfAborted();
  if (isThere) for (const old of pathsOf(path)) await end.remove(old);
  await end.rename(partial, path, nowMs);
  const name = path.slice(path.lastIndexOf('/') + 1);
  if (shelf.sidecars.includes('sha256')) await end.place(`${path}.sha256`, formatSha256(digests.sha256, name));
  if (shelf.sidecars.includes('dna')) await end.place(`${path}.dna`, formatDna(digests));
  return { path, ...digests, replaced: isThere };
}

/** `*.tar.gz` of dybsvn is `dybsvn.tar.gz`. @throws {AppError} `usage` */
function fileName({ item, file }: PutOptions, layout: Layout, day: Day): string {
  const named = file ?? item.file.replace('*', item.name).replaceAll('*', '');
  const made = layout.make({ category: item.category, name: item.name, file: named, day, time: '000000' });
  const name = made.slice(made.lastIndexOf('/') + 1);
  const isPlain = !/[/\0]/.test(named) && named !== '.' && named !== '..' && !named.includes('?');
  if (
    isPlain &&
    layout.parse(made, 0) !== undefined &&
    filePattern(item.file).test(named.replaceAll('{weekday}', nameDay(item, name)))
  )
    return named;
  throw new AppError('usage', {
    detail: `${named} is no name for an archive of ${item.category}/${item.name}, whose pattern is ${item.file}`,
    hint: 'Give one with --file.',
  });
}

/** The weekday that the item's pattern found in the name; empty where it has none. */
function nameDay(item: ShelfItem, name: string): string {
  return filePattern(item.file).exec(name)?.[1] ?? '';
}

interface Destination {
  path: string;
  partial: string;
  layout: Layout;
}

async function write(end: ShelfEnd, to: Destination, options: PutOptions): Promise<Digests> {
  const { item, signal, onBytes } = options;
  const measured = new Measured(onBytes);
  try {
    const content = measured.through(options.content(to.path.slice(to.path.lastIndexOf('/') + 1)));
    await end.write(to.partial, 0, content, signal);
    const digests = measured.digests();
    if (digests.bytes < Math.max(1, item.minBytes))
      throw new AppError('command-empty', {
        detail: `${to.path} would have ${digests.bytes} bytes, not ${item.minBytes}`,
      });
    return digests;
  } catch (error) {
    await discard(end, to, item);
    throw error;
  }
}

/** What a failed try left. Where even that fails, the first failure says more; no listing takes the file for an archive. */
async function discard(end: ShelfEnd, { partial, layout }: Destination, { category, name }: ShelfItem): Promise<void> {
  const top = layout.folderOf({ category, name });
  try {
    await end.remove(partial);
    let folder = parentOf(partial);
    while (folder.startsWith(`${top}/`) && (await end.removeEmptyFolders(folder)).includes(folder))
      folder = parentOf(folder);
  } catch (error) {
    if (!hasCode(error, 'not-found', 'storage-denied', 'storage-failed', 'host-unreachable')) throw error;
  }
}

function parentOf(path: string): string {
  return path.slice(0, Math.max(0, path.lastIndexOf('/')));
}

/** Digests of what flows through. */
class Measured {
  #bytes = 0;
  readonly #md5 = createHash('md5');
  readonly #sha256 = createHash('sha256');
  readonly #onBytes: ((bytes: number) => void) | undefined;

  constructor(onBytes: ((bytes: number) => void) | undefined) {
    this.#onBytes = onBytes;
  }

  async *through(content: AsyncIterable<Uint8Array>): AsyncIterable<Uint8Array> {
    for await (const part of content) {
      this.#bytes += part.length;
      this.#md5.update(part);
      this.#sha256.update(part);
      yield part;
      this.#onBytes?.(part.length);
    }
  }

  digests(): Digests {
    return { bytes: this.#bytes, md5: this.#md5.digest('hex'), sha256: this.#sha256.digest('hex') };
  }
}
