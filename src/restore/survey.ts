/**
 * Looks at files that are there before anything is written: what is right already is neither read from the vault nor
 * written again. Used once more at the end, to prove what was written.
 */
import { constants } from 'node:fs';
import { errnoOf } from '../base/errors.ts';
import { ID_BYTES } from '../base/ids.ts';
import { codec, syscalls } from '../host.ts';
import { readAll } from './content.ts';
import { attemptEntry, conclude, finishMetadata, staysAsItIs, type Workshop } from './entry-writer.ts';
import { State } from './kinds.ts';

const READ = { flags: constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK };
const UPDATE = { flags: constants.O_WRONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK };

const WRONG_CONTENT = 'what is on the disk now is not what the snapshot has';

/** Uses in the order of the files. */
export interface UseRange {
  first: number;
  /** The one after the last. */
  end: number;
}

export class Surveyor {
  readonly #shop: Workshop;
  readonly #stat = new syscalls.StatRecord();
  readonly #digest = new Uint8Array(ID_BYTES);
  #room = new Uint8Array(0);

  constructor(shop: Workshop) {
    this.#shop = shop;
  }

  /** Decides by attributes alone: stays as it is, is right, has to be compared, has to go, or is not there. */
  inspect(entry: number): void {
    const shop = this.#shop;
    const { entries, directories, rules } = shop;
    const stat = this.#stat;
    const dirFd = directories.fdOf(entries.parentOf(entry));
    if (!syscalls.statInto(dirFd, entries.nameOf(entry), stat)) return;
    if (staysAsItIs(shop, entry, stat)) this.#settleAll(entry, 'skipped');
    else if ((stat.mode & constants.S_IFMT) !== constants.S_IFREG) entries.setState(entry, State.replace);
    else if (rules.overwrite === 'if-changed' && this.#looksUnchanged(entry)) this.#keep(entry);
    else entries.setState(entry, State.compare);
  }

  /** Marks those uses in a range whose bytes are in place. What cannot be read is not. */
  compare(range: UseRange): void {
    const { entries, uses } = this.#shop;
    for (const part of this.#files(range)) {
      if (entries.stateOf(part.entry) !== State.compare) continue;
      ignoreSystemErrors(() =>
        this.#withFile(part.entry, (fd) => {
          for (let use = part.first; use < part.end; use++) if (this.#holds(fd, use)) uses.settled[use] = 1;
        }),
      );
    }
  }

  /** After comparing: what is right is finished, what is not is updated in place or replaced. */
  settle(entry: number): void {
    const { entries, uses, directories } = this.#shop;
    const [first, count] = [entries.firstUseOf(entry), entries.useCountOf(entry)];
    const settled = uses.settled.subarray(first, first + count);
    const missing = count - settled.reduce((sum, each) => sum + each, 0);
    syscalls.statInto(directories.fdOf(entries.parentOf(entry)), entries.nameOf(entry), this.#stat);
    const isOfSize = this.#stat.size === entries.sizeOf(entry);
    if (missing === 0 && isOfSize) this.#keep(entry);
    else if (count > 1 && missing > 0 && this.#canUpdate(entry)) {
      entries.markExisted(entry);
      entries.setLeft(entry, missing);
      entries.setState(entry, State.open);
    } else {
      settled.fill(0);
      entries.setState(entry, State.replace);
    }
  }

  /** Compares a range of uses with what is on the disk. Files with a difference are taken down as problems. */
  verify(range: UseRange): void {
    const { entries, report } = this.#shop;
    for (const part of this.#files(range)) {
      const { entry } = part;
      if (entries.stateOf(entry) !== State.done) continue;
      let isRight = true;
      const read = (fd: number): void => {
        for (let use = part.first; use < part.end; use++) isRight &&= this.#holds(fd, use);
        syscalls.statInto(fd, '', this.#stat);
        isRight &&= this.#stat.size === entries.sizeOf(entry);
      };
      attemptEntry(this.#shop, entry, () => this.#withFile(entry, read));
      if (!isRight) report.problems.push({ entry, message: WRONG_CONTENT });
      for (let use = part.first; use < part.end; use++) report.bytesDone += this.#lengthOf(use);
    }
  }

  /** As `verify`, of a file without content. */
  verifyEmpty(entry: number): void {
    const { entries, directories, report } = this.#shop;
    const dirFd = directories.fdOf(entries.parentOf(entry));
    const isThere = syscalls.statInto(dirFd, entries.nameOf(entry), this.#stat);
    const isRight = isThere && (this.#stat.mode & constants.S_IFMT) === constants.S_IFREG && this.#stat.size === 0;
    if (!isRight) report.problems.push({ entry, message: WRONG_CONTENT });
  }

  /** The content is right: only what is beside it may have to be set. */
  #keep(entry: number): void {
    const shop = this.#shop;
    const { entries, directories } = shop;
    const dirFd = directories.fdOf(entries.parentOf(entry));
    const name = entries.nameOf(entry);
    const isTouched = finishMetadata(shop, entry, { dirFd, name, isNew: false });
    this.#settleAll(entry, isTouched ? 'restored' : 'unchanged');
  }

  #settleAll(entry: number, action: 'restored' | 'unchanged' | 'skipped'): void {
    const { entries, uses, report } = this.#shop;
    const first = entries.firstUseOf(entry);
    uses.settled.fill(1, first, first + entries.useCountOf(entry));
    report.bytesDone += entries.sizeOf(entry);
    conclude(this.#shop, entry, action);
  }

  #looksUnchanged(entry: number): boolean {
    const { mtimeSeconds, mtimeNanos } = this.#shop.entries.timesOf(entry);
    const stat = this.#stat;
    const isSameTime = stat.mtimeSeconds === mtimeSeconds && stat.mtimeNanos === mtimeNanos;
    return isSameTime && stat.size === this.#shop.entries.sizeOf(entry);
  }

  /** A file with further names, one in use as a program or one we may not write is replaced instead. */
  #canUpdate(entry: number): boolean {
    const { entries, directories } = this.#shop;
    try {
      const fd = syscalls.open(directories.fdOf(entries.parentOf(entry)), entries.nameOf(entry), UPDATE);
      syscalls.statInto(fd, '', this.#stat);
      syscalls.closeFd(fd);
      return this.#stat.links === 1;
    } catch (error) {
      if (errnoOf(error) === undefined) throw error;
      return false;
    }
  }

  /** The files in a range of uses, each with the part of the range that is of it. */
  *#files({ first, end }: UseRange): Generator<UseRange & { entry: number }> {
    const { entries, uses } = this.#shop;
    for (let at = first; at < end; ) {
      const entry = uses.entryOf(at);
      const last = Math.min(end, entries.firstUseOf(entry) + entries.useCountOf(entry));
      yield { entry, first: at, end: last };
      at = last;
    }
  }

  #withFile(entry: number, use: (fd: number) => void): void {
    const { entries, directories } = this.#shop;
    const fd = syscalls.open(directories.fdOf(entries.parentOf(entry)), entries.nameOf(entry), READ);
    try {
      use(fd);
    } finally {
      syscalls.closeFd(fd);
    }
  }

  #holds(fd: number, use: number): boolean {
    const { uses, blobs } = this.#shop;
    const length = this.#lengthOf(use);
    if (this.#room.length < length) this.#room = new Uint8Array(length);
    const bytes = readAll({ fd, offset: uses.offsetOf(use) }, this.#room.subarray(0, length));
    if (bytes.length < length) return false;
    codec.sha256Into(bytes, this.#digest);
    return Buffer.compare(this.#digest, blobs.idBytesOf(uses.blobOf(use))) === 0;
  }

  #lengthOf(use: number): number {
    return this.#shop.blobs.plainLengthOf(this.#shop.uses.blobOf(use));
  }
}

/** A file that cannot be read is not right, and is told of where it cannot be replaced either. */
function ignoreSystemErrors(work: () => void): void {
  try {
    work();
  } catch (error) {
    if (errnoOf(error) === undefined) throw error;
  }
}
