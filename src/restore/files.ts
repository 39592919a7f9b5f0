/** Writes files in a thread: small ones in one go, those of several blobs piece by piece together with the other threads. */
import { constants, ftruncateSync } from 'node:fs';
import { errnoOf } from '../base/errors.ts';
import { RESTORE_DIRECT_FILE_BYTES_MIN, RESTORE_FILES_OPEN_MAX } from '../base/limits.ts';
import { syscalls } from '../host.ts';
import { writeAll, writeSparse } from './content.ts';
import { type DirectFile, type DirectRoom, DirectWriter, openDirect } from './direct.ts';
import { clearPlace, conclude, finishMetadata, type Workshop } from './entry-writer.ts';
import { State } from './kinds.ts';

const NEW_FLAGS = constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW;
const NEW_FILE = { flags: NEW_FLAGS, mode: 0o600 };
const OLD_FILE = { flags: constants.O_WRONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK };

/** What is left of a file some of whose content cannot be had. */
const INCOMPLETE_SUFFIX = '.holdfast-incomplete';
/** NAME_MAX of linux/limits.h. */
const NAME_BYTES_MAX = 255;

/** Pieces of one file that follow each other. */
export interface PieceRun {
  entry: number;
  /** In the file, bytes. */
  offset: number;
  /** How many pieces. */
  uses: number;
}

interface OpenFile extends DirectFile {
  /** Pieces on their way. */
  pending: number;
}

export class FileWriter {
  readonly #shop: Workshop;
  readonly #direct = new DirectWriter();
  /** Files of several pieces by entry, the longest unused first. */
  readonly #open = new Map<number, OpenFile>();

  #isClosing = false;

  constructor(shop: Workshop) {
    this.#shop = shop;
  }

  /** Writes a blob to one place; the last piece of a file finishes it. @throws {SystemError} */
  write(use: number, plain: Uint8Array): void {
    const { entries, uses } = this.#shop;
    const entry = uses.entryOf(use);
    if (entries.useCountOf(entry) <= 1) this.writeWhole(entry, plain);
    else this.#writePiece(entry, uses.offsetOf(use), plain);
    this.#count(plain);
  }

  get isClosing(): boolean {
    return this.#isClosing;
  }

  /** Whether pieces of this file may go past the page cache; what was there before may lie in it, and holes are not written at all. */
  isDirect(entry: number): boolean {
    const { entries, rules } = this.#shop;
    if (rules.sparse || entries.existed(entry)) return false;
    return entries.useCountOf(entry) > 1 && entries.sizeOf(entry) >= RESTORE_DIRECT_FILE_BYTES_MIN;
  }

  /** Room for `length` bytes at `offset` of such a file, once there is some. */
  async roomFor(offset: number, length: number): Promise<DirectRoom> {
    return await this.#direct.take(offset, length);
  }

  /**
   * Writes neighbouring pieces whose bytes lie in a room taken for them. Never rejected.
   * @returns what is then to be called, with the report of their job in its place: it takes the pieces down or throws
   */
  async writeDirect({ entry, offset, uses }: PieceRun, bytes: Uint8Array): Promise<() => void> {
    const { entries } = this.#shop;
    let file: OpenFile | undefined;
    try {
      file = this.#open.get(entry) ?? this.#openPiece(entry);
      if (file === undefined) return () => this.#count(bytes);
      file.pending++;
      await this.#direct.write(file, offset, bytes);
    } catch (error) {
      return () => {
        if (file !== undefined) {
          file.pending--;
          for (let i = 0; i < uses; i++) this.spoil(entry);
        }
        throw error;
      };
    }
    const written = file;
    return () => {
      written.pending--;
      this.#count(bytes);
      for (let i = 0; i < uses; i++) if (entries.takeOne(entry) === 0) this.#finish(entry);
    };
  }

  /** Makes a file of one blob, or an empty one. What was there stays until the new one is whole. */
  writeWhole(entry: number, plain: Uint8Array): void {
    const { entries, directories } = this.#shop;
    const dirFd = directories.fdOf(entries.parentOf(entry));
    const name = entries.nameOf(entry);
    const isReplacing = entries.stateOf(entry) === State.replace;
    const first = isReplacing ? temporaryName(entry) : name;
    if (isReplacing) syscalls.removeFile(dirFd, first);
    const mode = this.#firstMode(entry);
    const fd = syscalls.open(dirFd, first, { flags: NEW_FLAGS, mode });
    try {
      this.#fill(fd, entry, { plain, mode });
      if (isReplacing) this.#moveInto(entry, dirFd, { from: first, to: name });
    } catch (error) {
      syscalls.removeFile(dirFd, first);
      throw error;
    } finally {
      syscalls.closeFd(fd);
    }
    conclude(this.#shop, entry, 'restored');
  }

  /** Takes down that a piece of a file cannot be had. @returns whether that was the first of the file */
  spoil(entry: number): boolean {
    const { entries } = this.#shop;
    if (entries.useCountOf(entry) <= 1) {
      entries.setState(entry, State.failed);
      return true;
    }
    const isFirst = !entries.isSpoiled(entry);
    entries.markSpoiled(entry);
    if (entries.takeOne(entry) === 0) this.#finish(entry);
    return isFirst;
  }

  /** Closes all files, once nothing is on its way any more; nothing more is to be written. */
  async close(): Promise<void> {
    this.#isClosing = true;
    await this.#direct.idle();
    for (const entry of this.#open.keys()) this.#close(entry);
  }

  #count({ length }: Uint8Array): void {
    const { report } = this.#shop;
    report.counts.bytesWritten += length;
    report.bytesDone += length;
  }

  /** In a directory made in this run, which nobody else can look into, a file may have its final mode at once. */
  #firstMode(entry: number): number {
    const { entries, rules } = this.#shop;
    const mode = entries.modeOf(entry);
    const isSafe = !entries.existed(entries.parentOf(entry)) && (mode & (0o7000 | rules.umask)) === 0;
    return isSafe ? mode : NEW_FILE.mode;
  }

  #fill(fd: number, entry: number, { plain, mode }: { plain: Uint8Array; mode: number }): void {
    const { rules } = this.#shop;
    if (rules.sparse) {
      writeSparse({ fd, offset: 0 }, plain, false);
      ftruncateSync(fd, plain.length);
    } else if (plain.length > 0) writeAll({ fd, offset: 0 }, plain);
    finishMetadata(this.#shop, entry, { dirFd: fd, name: '', isNew: true, mode });
  }

  /** Only a directory cannot be replaced in one step. */
  #moveInto(entry: number, dirFd: number, { from, to }: { from: string; to: string }): void {
    try {
      syscalls.rename({ dirFd, name: from }, { dirFd, name: to });
    } catch (error) {
      if (errnoOf(error) !== 'EISDIR') throw error;
      clearPlace(this.#shop, entry, { dirFd, name: to });
      syscalls.rename({ dirFd, name: from }, { dirFd, name: to });
    }
  }

  #writePiece(entry: number, offset: number, plain: Uint8Array): void {
    const { entries, rules } = this.#shop;
    const file = this.#open.get(entry) ?? this.#openPiece(entry);
    if (file === undefined) return;
    const { fd } = file;
    try {
      if (rules.sparse) writeSparse({ fd, offset }, plain, entries.existed(entry));
      else writeAll({ fd, offset }, plain);
    } catch (error) {
      this.spoil(entry);
      throw error;
    }
    if (entries.takeOne(entry) === 0) this.#finish(entry);
  }

  /** @returns undefined when the file could not be made, which was told then */
  #openPiece(entry: number): OpenFile | undefined {
    const { entries, directories } = this.#shop;
    const dirFd = directories.fdOf(entries.parentOf(entry));
    const name = entries.nameOf(entry);
    const fd = this.#tryCreate(entry, { dirFd, name });
    entries.awaitCreated(entry);
    if (fd === undefined && entries.stateOf(entry) !== State.open) return undefined;
    const opened = fd ?? syscalls.open(dirFd, name, OLD_FILE);
    const file: OpenFile = { fd: opened, direct: undefined, pending: 0 };
    this.#makeRoom();
    this.#open.set(entry, file);
    if (this.isDirect(entry)) file.direct = openDirect(opened);
    return file;
  }

  /** Closes the file that was not used for longest. */
  #makeRoom(): void {
    if (this.#open.size < RESTORE_FILES_OPEN_MAX) return;
    const idle = this.#open.entries().find(([, { pending }]) => pending === 0);
    if (idle !== undefined) this.#close(idle[0]);
  }

  /** Makes the file unless another thread does. */
  #tryCreate(entry: number, place: syscalls.Place): number | undefined {
    const { entries } = this.#shop;
    const isReplacing = entries.tryMove(entry, State.replace, State.creating);
    if (!isReplacing && !entries.tryMove(entry, State.fresh, State.creating)) return undefined;
    let isMade = false;
    try {
      if (isReplacing) clearPlace(this.#shop, entry, place);
      const fd = syscalls.open(place.dirFd, place.name, NEW_FILE);
      if (this.isDirect(entry)) this.#reserve(fd, entry, place);
      isMade = true;
      return fd;
    } finally {
      entries.setState(entry, isMade ? State.open : State.failed);
    }
  }

  /** Direct writes leave out the blocks that pieces share: with all storage reserved, the file lies in one stretch even so. */
  #reserve(fd: number, entry: number, { dirFd, name }: syscalls.Place): void {
    const size = this.#shop.entries.sizeOf(entry);
    try {
      syscalls.reserve(fd, 0, size);
      ftruncateSync(fd, size);
    } catch (error) {
      syscalls.closeFd(fd);
      syscalls.removeFile(dirFd, name);
      throw error;
    }
  }

  /** All pieces are dealt with: the file becomes what the snapshot says, or is put aside. */
  #finish(entry: number): void {
    const { entries, directories } = this.#shop;
    if (entries.isSpoiled(entry)) {
      this.#close(entry);
      if (entries.stateOf(entry) === State.open) putAside(this.#shop, entry);
      entries.setState(entry, State.failed);
      return;
    }
    const fd =
      this.#open.get(entry)?.fd ??
      syscalls.open(directories.fdOf(entries.parentOf(entry)), entries.nameOf(entry), OLD_FILE);
    if (!this.#open.has(entry)) this.#open.set(entry, { fd, direct: undefined, pending: 0 });
    ftruncateSync(fd, entries.sizeOf(entry));
    finishMetadata(this.#shop, entry, { dirFd: fd, name: '', isNew: !entries.existed(entry) });
    this.#close(entry);
    conclude(this.#shop, entry, 'restored');
  }

  #close(entry: number): void {
    const file = this.#open.get(entry);
    if (file === undefined) return;
    this.#open.delete(entry);
    syscalls.closeFd(file.fd);
    if (file.direct !== undefined) syscalls.closeFd(file.direct);
  }
}

/** Moves a file that is not whole away from its name. @returns the name it then has */
export function putAside({ entries, directories }: Pick<Workshop, 'entries' | 'directories'>, entry: number): string {
  const dirFd = directories.fdOf(entries.parentOf(entry));
  const name = entries.nameOf(entry);
  const usual = name + INCOMPLETE_SUFFIX;
  const isTaken = usual.length > NAME_BYTES_MAX || syscalls.statInto(dirFd, usual, new syscalls.StatRecord());
  const number = `.${entry}${INCOMPLETE_SUFFIX}`;
  const aside = isTaken ? name.slice(0, NAME_BYTES_MAX - number.length) + number : usual;
  syscalls.rename({ dirFd, name }, { dirFd, name: aside });
  return aside;
}

/** What takes the place of another file has this name until it is whole. */
function temporaryName(entry: number): string {
  return `.holdfast-${entry}.new`;
}
