/**
 * A vault in a directory of a mounted filesystem, laid out and protected as restic does it: directories 0700, finished
 * files 0400; 0770 and 0440 where the group may read `config`.
 */
import { constants, type FileHandle, lstat, mkdir, open, readdir, stat, unlink } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { AppError } from '../base/errors.ts';
import { isId } from '../base/ids.ts';
import { LIST_STATS_MAX, LOCAL_CONNECTIONS } from '../base/limits.ts';
import type { FileKind, FileRef, LoadOptions, Storage, StoredFile } from '../storage.ts';
import { DirectorySync } from './directory-sync.ts';
import { isTemporary, writeDurably } from './durable.ts';
import { storageErrno, translated } from './failure.ts';
import { DIRECTORIES, PACK_DIRECTORIES, pathOf } from './layout.ts';
import { assertRoom, type ByteRange, rangeWithin, tooShort } from './range.ts';

/** The storage in directory `path` (made absolute). Nothing is touched before the first request. */
export function localDirectory(path: string): Storage {
  return new LocalDirectory(resolve(path));
}

interface Modes {
  directory: number;
  file: number;
}

const PRIVATE: Modes = { directory: 0o700, file: 0o400 };
const SHARED: Modes = { directory: 0o770, file: 0o440 };
const GROUP_READ = 0o040;

/** Kinds whose removal must outlive a power loss: a snapshot or index that came back would name packs that are gone. */
const SYNCED_REMOVALS: readonly FileKind[] = ['config', 'key', 'snapshot', 'index'];

class LocalDirectory implements Storage {
  readonly url: string;
  readonly connections = LOCAL_CONNECTIONS;
  readonly listsAtOnce = true;
  readonly #directories = new DirectorySync();
  #modes: Modes | undefined;

  constructor(root: string) {
    this.url = root;
  }

  async create(): Promise<void> {
    await translated(`creating ${this.url}`, async () => {
      const modes = await this.#modesNow();
      if ((await mkdir(this.url, { recursive: true, mode: modes.directory })) !== undefined)
        await this.#directories.sync(dirname(this.url));
      for (const name of Object.values(DIRECTORIES)) await this.#makeDirectory(join(this.url, name));
      const data = join(this.url, DIRECTORIES.pack);
      await Promise.all(PACK_DIRECTORIES.map((name) => this.#makeDirectory(join(data, name))));
      await Promise.all([data, this.url].map((made) => this.#directories.sync(made)));
    });
  }

  async *list(kind: FileKind, signal?: AbortSignal): AsyncIterable<StoredFile> {
    signal?.throwIfAborted();
    if (kind === 'config') {
      yield* await this.#sizes(this.url, ['config']);
      return;
    }
    const top = join(this.url, DIRECTORIES[kind]);
    const directories = kind === 'pack' ? PACK_DIRECTORIES.map((name) => join(top, name)) : [top];
    for (const directory of directories) {
      const prefix = kind === 'pack' ? directory.slice(-2) : '';
      const names = (await entriesOf(directory)).filter((name) => isId(name) && name.startsWith(prefix));
      for (let from = 0; from < names.length; from += LIST_STATS_MAX) {
        signal?.throwIfAborted();
        yield* await this.#sizes(directory, names.slice(from, from + LIST_STATS_MAX));
      }
    }
  }

  async stat(ref: FileRef): Promise<StoredFile> {
    const path = this.#path(ref);
    const found = await translated(`looking at ${path}`, () => stat(path));
    if (!found.isFile()) throw new AppError('not-found', { detail: `looking at ${path}: not a regular file` });
    return { name: ref.name, size: found.size };
  }

  async load(ref: FileRef, options: LoadOptions = {}): Promise<Uint8Array> {
    const path = this.#path(ref);
    options.signal?.throwIfAborted();
    return await translated(`loading ${path}`, async () => {
      // Without O_NONBLOCK a fifo under this name would hold an I/O thread for ever; regular files do not mind.
      const file = await open(path, constants.O_RDONLY | constants.O_NONBLOCK);
      try {
        return await readRange(file, path, options);
      } finally {
        await file.close();
      }
    });
  }

  /**
   * An existing file is always replaced, in one step: its content may be damaged under a right name and size, and
   * whoever reads it keeps the old one.
   */
  async save(ref: FileRef, bytes: Uint8Array, signal?: AbortSignal): Promise<void> {
    const path = this.#path(ref);
    await translated(`saving ${path}`, async () => {
      const { file: mode } = await this.#modesNow();
      const write = (): Promise<void> => writeDurably(path, bytes, { mode, directories: this.#directories, signal });
      try {
        await write();
      } catch (error) {
        if (storageErrno(error) !== 'ENOENT' || ref.kind === 'config') throw error;
        // Tools that copy vaults may drop empty directories.
        await this.#makeDirectory(dirname(path));
        await this.#directories.sync(dirname(dirname(path)));
        await write();
      }
    });
  }

  async replace(ref: FileRef, bytes: Uint8Array): Promise<void> {
    await this.save(ref, bytes);
  }

  async remove(ref: FileRef): Promise<void> {
    const path = this.#path(ref);
    await translated(`removing ${path}`, async () => {
      await unlink(path);
      if (SYNCED_REMOVALS.includes(ref.kind)) await this.#directories.sync(dirname(path));
    });
  }

  /** Temporary files, ours and those of other programs on the format, which name theirs alike. */
  async sweep(): Promise<number> {
    const data = PACK_DIRECTORIES.map((name) => join(DIRECTORIES.pack, name));
    const kinds = Object.values(DIRECTORIES).filter((name) => name !== DIRECTORIES.pack);
    let freed = 0;
    for (const directory of ['', ...kinds, ...data].map((name) => join(this.url, name))) {
      const names = (await entriesOf(directory)).filter(isTemporary);
      for (const { name, size } of await this.#sizes(directory, names)) {
        const path = join(directory, name);
        await translated(`removing ${path}`, async () => {
          // A save that failed by itself may have been cleaned up meanwhile.
          await unlink(path).catch((error: unknown) => {
            if (storageErrno(error) !== 'ENOENT') throw error;
          });
        });
        freed += size;
      }
    }
    return freed;
  }

  async close(): Promise<void> {}

  #path(ref: FileRef): string {
    return join(this.url, pathOf(ref));
  }

  /** Follows the config file once there is one; before that the vault is being made and private. */
  async #modesNow(): Promise<Modes> {
    if (this.#modes !== undefined) return this.#modes;
    try {
      const config = await stat(join(this.url, 'config'));
      this.#modes = (config.mode & GROUP_READ) === 0 ? PRIVATE : SHARED;
      return this.#modes;
    } catch (error) {
      if (storageErrno(error) === 'ENOENT') return PRIVATE;
      throw error;
    }
  }

  /** Makes one directory unless it is there; syncing the parent is the caller's. Its parent is never made: that would fill an empty mount point. */
  async #makeDirectory(path: string): Promise<void> {
    const { directory: mode } = await this.#modesNow();
    try {
      await mkdir(path, { mode });
    } catch (error) {
      if (storageErrno(error) === 'EEXIST') return;
      throw error;
    }
    if (mode === SHARED.directory) await shareDirectory(path, mode);
  }

  async #sizes(directory: string, names: string[]): Promise<StoredFile[]> {
    const found = await Promise.all(names.map((name) => sizeOf(directory, name)));
    return found.filter((file) => file !== undefined);
  }
}

/** Undoes the umask, and keeps the set-group-id bit that hands the group on to new files. */
async function shareDirectory(path: string, mode: number): Promise<void> {
  const handle = await open(path, 'r');
  try {
    const { mode: made } = await handle.stat();
    await handle.chmod(mode | (made & 0o2000));
  } finally {
    await handle.close();
  }
}

/** Names in a directory; none where there is no directory, as storages without directories have it. */
async function entriesOf(directory: string): Promise<string[]> {
  return await translated(`listing ${directory}`, async () => {
    try {
      return await readdir(directory);
    } catch (error) {
      if (storageErrno(error) === 'ENOENT') return [];
      throw error;
    }
  });
}

/** @returns undefined for what is no regular file, and for what was removed since the directory was read. */
async function sizeOf(directory: string, name: string): Promise<StoredFile | undefined> {
  const path = join(directory, name);
  return await translated(`listing ${path}`, async () => {
    try {
      const found = await lstat(path);
      return found.isFile() ? { name, size: found.size } : undefined;
    } catch (error) {
      if (storageErrno(error) === 'ENOENT') return undefined;
      throw error;
    }
  });
}

async function readRange(file: FileHandle, path: string, options: LoadOptions): Promise<Uint8Array> {
  assertRoom(options);
  const { into, signal } = options;
  const { offset, length } = into === undefined ? await rangeOf(file, path, options) : givenRange(options);
  const bytes = into?.subarray(0, length) ?? new Uint8Array(Buffer.allocUnsafeSlow(length).buffer);
  let done = 0;
  while (done < length) {
    signal?.throwIfAborted();
    const { bytesRead } = await file.read(bytes, done, length - done, offset + done);
    if (bytesRead === 0) throw tooShort(path, { offset, length }, (await file.stat()).size);
    done += bytesRead;
  }
  return bytes;
}

/** Compares with the size before memory is taken: a damaged index may ask for anything. */
async function rangeOf(file: FileHandle, path: string, options: LoadOptions): Promise<ByteRange> {
  return rangeWithin(path, options, (await file.stat()).size);
}

function givenRange({ offset = 0, length = 0 }: LoadOptions): ByteRange {
  return { offset, length };
}
