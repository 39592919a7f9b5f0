/** A shelf on this machine. Every file is opened beneath the root by the kernel's own rule (openat2(2)). */
import { constants, fstat, fsync, ftruncate } from 'node:fs';
import { statfs } from 'node:fs/promises';
import { promisify } from 'node:util';
import { AppError } from '../base/errors.ts';
import { syscalls } from '../host.ts';
import { Digester } from './digest.ts';
import { endError, isLockedName, splitPath, translated } from './end-path.ts';
import { moveWithout, pieceAt, raw, refuseLink, writeAll } from './local-file.ts';
import { isLockedHere, listTree, type OnProblem, removeEmptyBelow, removeUnlessFilled } from './local-tree.ts';
import type { Digests, Listing, ShelfEnd } from './model.ts';
import { partialPath } from './partial.ts';

const syncFd = promisify(fsync);
const truncate = promisify(ftruncate);
const stat = promisify(fstat);

const FILE = constants.O_NONBLOCK | constants.O_NOCTTY;
const FOLDER = { flags: constants.O_RDONLY | constants.O_DIRECTORY };
/** Before the umask. */
const FILE_MODE = 0o666;
const FOLDER_MODE = 0o777;

/** The shelf below `root`, which may itself be a symbolic link. Dispose of it: it has threads. */
export function localEnd(root: string, { onProblem = () => {} }: { onProblem?: OnProblem } = {}): ShelfEnd {
  return new LocalEnd(root, onProblem);
}

class LocalEnd implements ShelfEnd {
  readonly address: string;
  readonly #onProblem: OnProblem;
  readonly #digester = new Digester();

  constructor(root: string, onProblem: OnProblem) {
    this.address = root;
    this.#onProblem = onProblem;
  }

  list(signal: AbortSignal): Promise<Listing> {
    const read = (path: string) => this.#readSmall(path);
    return this.#doing('listing', '', () => listTree(this.address, { read, signal, onProblem: this.#onProblem }));
  }

  async digest(path: string, signal: AbortSignal, onBytes?: (bytes: number) => void): Promise<Digests> {
    const run = this.#digester.begin();
    try {
      for await (const piece of this.read(path, 0, signal)) {
        await run.update(piece);
        onBytes?.(run.bytes);
      }
    } catch (error) {
      await run.drop();
      throw error;
    }
    return await run.end();
  }

  async size(path: string): Promise<number | undefined> {
    try {
      return await this.#inFile(path, constants.O_RDONLY, async (fd) => (await stat(fd)).size);
    } catch (error) {
      if (error instanceof AppError && error.code === 'not-found') return undefined;
      throw error;
    }
  }

  /** One piece is read ahead of the one that is being used. */
  async *read(path: string, offset: number, signal: AbortSignal): AsyncGenerator<Uint8Array> {
    const doing = `reading ${this.address}/${path}`;
    const fd = await this.#doing('opening', path, async () => this.#open(path, constants.O_RDONLY));
    let next: Promise<Uint8Array> | undefined;
    try {
      syscalls.advise(fd, 'sequential');
      next = pieceAt(fd, offset, doing);
      for (let at = offset; ; ) {
        signal.throwIfAborted();
        const piece = await next;
        if (piece.length === 0) return;
        at += piece.length;
        next = pieceAt(fd, at, doing);
        yield piece;
      }
    } finally {
      await next?.catch(() => {});
      syscalls.closeFd(fd);
    }
  }

  async write(path: string, offset: number, bytes: AsyncIterable<Uint8Array>, signal: AbortSignal): Promise<void> {
    const { folders } = splitPath(path);
    await this.#doing('making folders for', path, () => this.#makeFolders(folders));
    await this.#inFile(path, constants.O_WRONLY | constants.O_CREAT, async (fd) => {
      const { size } = await stat(fd);
      if (offset > size) throw new AppError('storage-failed', { detail: `${path}: it ends before byte ${offset}` });
      await truncate(fd, offset);
      let at = offset;
      for await (const piece of bytes) {
        signal.throwIfAborted();
        await writeAll(fd, piece, at);
        at += piece.length;
      }
      await syncFd(fd);
    });
    await this.#doing('syncing the folder of', path, () => this.#inFolder(folders, syncFd));
  }

  async rename(from: string, to: string, modifiedMs: number): Promise<void> {
    const [source, target] = [splitPath(from), splitPath(to)];
    await this.#inFile(from, constants.O_RDONLY, async (fd) => {
      const seconds = Math.floor(modifiedMs / 1000);
      const mtimeNanos = Math.floor(modifiedMs - seconds * 1000) * 1_000_000;
      const unchanged = { atimeSeconds: 0, atimeNanos: syscalls.UTIME_OMIT };
      syscalls.setTimes(fd, '', { ...unchanged, mtimeSeconds: seconds, mtimeNanos });
      await syncFd(fd);
    });
    await this.#doing('renaming', from, () =>
      this.#inFolder(source.folders, (old) =>
        this.#inFolder(target.folders, async (fd) => {
          moveWithout(fd, { from: { dirFd: old, name: raw(source.name) }, to: raw(target.name), path: to });
          await syncFd(fd);
          await syncFd(old);
        }),
      ),
    );
  }

  async place(path: string, content: string): Promise<void> {
    const partial = partialPath(path);
    const { folders, name } = splitPath(path);
    const once = (async function* () {
      yield Buffer.from(content);
    })();
    await this.write(partial, 0, once, new AbortController().signal);
    await this.#doing('placing', path, () =>
      this.#inFolder(folders, async (dirFd) => {
        refuseLink(dirFd, name);
        syscalls.rename({ dirFd, name: raw(splitPath(partial).name) }, { dirFd, name: raw(name) });
        await syncFd(dirFd);
      }),
    );
  }

  async remove(path: string): Promise<void> {
    const { folders, name } = splitPath(path);
    try {
      await this.#doing('removing', path, () =>
        this.#inFolder(folders, async (dirFd) => {
          refuseLink(dirFd, name);
          if (syscalls.removeFile(dirFd, raw(name))) await syncFd(dirFd);
        }),
      );
    } catch (error) {
      // No folder, no file.
      if (!(error instanceof AppError && error.code === 'not-found')) throw error;
    }
  }

  async removeEmptyFolders(under: string): Promise<string[]> {
    const folders = under === '' ? [] : [...splitPath(under).folders, splitPath(under).name];
    const removed: string[] = [];
    await this.#doing('removing empty folders of', under, async () => {
      if (folders.some(isLockedName)) return;
      for (let depth = 0; depth < folders.length; depth++)
        if (await this.#inFolder(folders.slice(0, depth), async (fd) => isLockedHere(fd))) return;
      const isEmpty = await this.#inFolder(folders, async (fd) => {
        return removeEmptyBelow(fd, under === '' ? '' : `${under}/`, removed);
      });
      if (!isEmpty || folders.length === 0) return;
      await this.#inFolder(folders.slice(0, -1), async (fd) => {
        if (removeUnlessFilled(fd, raw(folders.at(-1)!))) removed.push(under);
      });
    });
    return removed;
  }

  freeBytes(): Promise<number> {
    return this.#doing('asking for free space', '', async () => {
      const { bavail, bsize } = await statfs(this.address);
      return bavail * bsize;
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#digester[Symbol.asyncDispose]();
  }

  async #doing<T>(what: string, path: string, work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (error) {
      throw translated(error, `${what} ${path === '' ? this.address : `${this.address}/${path}`}`);
    }
  }

  async #readSmall(path: string): Promise<Buffer> {
    return await this.#inFile(path, constants.O_RDONLY, async (fd) => Buffer.from(await pieceAt(fd, 0, path)));
  }

  /** Works on one plain file, which is closed again. */
  #inFile<T>(path: string, flags: number, work: (fd: number) => Promise<T>): Promise<T> {
    const isRead = flags === constants.O_RDONLY;
    return this.#doing(isRead ? 'reading' : 'writing', path, async () => {
      const fd = await this.#open(path, flags);
      try {
        return await work(fd);
      } finally {
        syscalls.closeFd(fd);
      }
    });
  }

  async #open(path: string, flags: number): Promise<number> {
    const { folders, name } = splitPath(path);
    return await this.#inRoot(async (rootFd) => {
      const beneath = [...folders, name].map(raw).join('/');
      const mode = (flags & constants.O_CREAT) === 0 ? 0 : FILE_MODE;
      const fd = syscalls.openBeneath(rootFd, beneath, { flags: flags | FILE, mode });
      if ((await stat(fd)).isFile()) return fd;
      syscalls.closeFd(fd);
      throw new AppError('storage-failed', { detail: `${this.address}/${path} is not a plain file` });
    });
  }

  #inFolder<T>(folders: readonly string[], work: (fd: number) => Promise<T>): Promise<T> {
    return this.#inRoot(async (rootFd) => {
      // Not as a directory from the start: a symbolic link is to be told from a plain file in the way.
      const fd = syscalls.openBeneath(rootFd, folders.map(raw).join('/') || '.', { flags: FILE });
      try {
        if (!(await stat(fd)).isDirectory())
          throw endError('ENOTDIR', { doing: folders.join('/'), text: 'it is no folder' });
        return await work(fd);
      } finally {
        syscalls.closeFd(fd);
      }
    });
  }

  async #inRoot<T>(work: (fd: number) => Promise<T>): Promise<T> {
    const fd = syscalls.open(syscalls.CWD, raw(this.address), FOLDER);
    try {
      return await work(fd);
    } finally {
      syscalls.closeFd(fd);
    }
  }

  async #makeFolders(folders: readonly string[]): Promise<void> {
    for (let depth = 1; depth <= folders.length; depth++) {
      const name = raw(folders[depth - 1]!);
      await this.#inFolder(folders.slice(0, depth - 1), async (fd) => {
        if (syscalls.makeDirectory(fd, name, FOLDER_MODE)) await syncFd(fd);
      });
    }
  }
}
