/** Directories kept open: each entry's place is a name in one of them, so no path is ever followed twice. */
import { constants } from 'node:fs';
import { RESTORE_DIRECTORIES_OPEN_MAX } from '../base/limits.ts';
import { syscalls } from '../host.ts';
import { type EntryTable, ROOT } from './entries.ts';
import { State } from './kinds.ts';

const DIRECTORY = { flags: syscalls.O_PATH | constants.O_DIRECTORY | constants.O_NOFOLLOW };

export class OpenDirectories implements Disposable {
  readonly #entries: EntryTable;
  readonly #targetFd: number;
  /** By number of the entry, the longest unused first. */
  readonly #open = new Map<number, number>();
  #lastEntry = ROOT;
  #lastFd: number;

  constructor(entries: EntryTable, targetFd: number) {
    this.#entries = entries;
    this.#targetFd = targetFd;
    this.#lastFd = targetFd;
  }

  /**
   * Descriptor of a directory that was made; stays open at least over the next call.
   * @throws {SystemError} when something else has taken its place; no symbolic link is followed on the way
   */
  fdOf(entry: number): number {
    if (entry === this.#lastEntry) return this.#lastFd;
    if (entry === ROOT) return this.#remember(ROOT, this.#targetFd);
    const known = this.#open.get(entry);
    if (known !== undefined) {
      this.#open.delete(entry);
      this.#open.set(entry, known);
      return this.#remember(entry, known);
    }
    if (this.#open.size >= RESTORE_DIRECTORIES_OPEN_MAX) this.#closeOldest();
    const fd = syscalls.openBeneath(this.#targetFd, this.#entries.pathOf(entry), DIRECTORY);
    this.#open.set(entry, fd);
    return this.#remember(entry, fd);
  }

  /** True when the directory could not be made, which was told then; nothing below it can be. */
  isLost(entry: number): boolean {
    return this.#entries.stateOf(entry) === State.failed;
  }

  [Symbol.dispose](): void {
    for (const fd of this.#open.values()) syscalls.closeFd(fd);
    this.#open.clear();
    this.#remember(ROOT, this.#targetFd);
  }

  #remember(entry: number, fd: number): number {
    this.#lastEntry = entry;
    this.#lastFd = fd;
    return fd;
  }

  #closeOldest(): void {
    const [oldest] = this.#open;
    if (oldest === undefined) return;
    const [entry, fd] = oldest;
    syscalls.closeFd(fd);
    this.#open.delete(entry);
  }
}
