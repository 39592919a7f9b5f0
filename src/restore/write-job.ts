/** Writes the blobs of a part of a pack to all the places they belong to. */
import { hasCode } from '../base/errors.ts';
import { CHUNK_BYTES_MAX, RESTORE_DIRECT_BYTES_MIN } from '../base/limits.ts';
import type { blobs } from '../vault.ts';
import type { DirectRoom } from './direct.ts';
import { attemptEntry, isLost, type Workshop } from './entry-writer.ts';
import type { FileWriter, PieceRun } from './files.ts';
import type { JobReport, WriteJob } from './jobs.ts';
import { State } from './kinds.ts';

export interface BlobShop {
  shop: Workshop;
  files: FileWriter;
  opener: blobs.BlobReader;
}

/** Pieces that are written in one go. */
interface DirectRun extends PieceRun {
  bytes: number;
}

/** Does a job. While it waits for room, other jobs of the thread go on. @throws {AppError} `failed` when the target takes no more */
export async function writeBlobs(blobShop: BlobShop, job: WriteJob): Promise<void> {
  const work = new WriteWork(blobShop, job);
  await work.run();
}

/** Writes a blob to one place unless nothing is to come of the file any more. */
export function writeUse({ shop, files }: Pick<BlobShop, 'shop' | 'files'>, use: number, plain: Uint8Array): void {
  const entry = shop.uses.entryOf(use);
  if (isGivenUp(shop, entry)) shop.report.bytesDone += plain.length;
  else attemptEntry(shop, entry, () => files.write(use, plain));
}

class WriteWork {
  readonly #parts: BlobShop;
  readonly #job: WriteJob;
  readonly #report: JobReport;
  /** Never rejected. */
  readonly #underWay: Promise<void>[] = [];
  readonly #failures: unknown[] = [];
  /** The blob opened last, and what is in it; undefined where it is damaged. */
  #opened = -1;
  #plain: Uint8Array | undefined;

  constructor(parts: BlobShop, job: WriteJob) {
    this.#parts = parts;
    this.#job = job;
    this.#report = parts.shop.report;
  }

  async run(): Promise<void> {
    const { first, end } = this.#job;
    const { files } = this.#parts;
    let at = first;
    while (at < end && this.#failures.length === 0 && !files.isClosing) {
      const run = this.#directRunAt(at);
      if (run === undefined) this.#writeOne(at++);
      else at += await this.#writeRun(run, at);
    }
    await Promise.all(this.#underWay);
    if (this.#failures.length > 0) throw this.#failures[0];
  }

  #writeOne(at: number): void {
    const { uses } = this.#parts.shop;
    const use = uses.order[at]!;
    if (uses.settled[use] === 1) return;
    if (uses.blobOf(use) !== this.#opened) this.#open(at);
    if (this.#plain !== undefined) writeUse(this.#parts, use, this.#plain);
  }

  /** Opens the run's blobs side by side and begins to write them. @returns how many uses are dealt with */
  async #writeRun(run: DirectRun, at: number): Promise<number> {
    const { shop, files } = this.#parts;
    const room = await files.roomFor(run.offset, run.bytes);
    // Another job may have been at it meanwhile.
    shop.report = this.#report;
    let uses = 0;
    let bytes = 0;
    while (uses < run.uses) {
      const length = this.#lengthAt(at + uses);
      if (!this.#open(at + uses, room.bytes.subarray(bytes, bytes + length))) break;
      uses++;
      bytes += length;
    }
    this.#underWay.push(this.#send({ ...run, uses, bytes }, room));
    // What is damaged has been taken down.
    return Math.max(1, uses);
  }

  async #send(run: DirectRun, room: DirectRoom): Promise<void> {
    const { shop, files } = this.#parts;
    try {
      if (run.uses === 0) return;
      if (isGivenUp(shop, run.entry)) {
        this.#report.bytesDone += run.bytes;
        return;
      }
      const conclude = await files.writeDirect(run, room.bytes.subarray(0, run.bytes));
      shop.report = this.#report;
      attemptEntry(shop, run.entry, conclude);
    } catch (error) {
      this.#failures.push(error);
    } finally {
      room.release();
    }
  }

  /**
   * The longest run of pieces from `at` on that follow each other in a file written past the page cache and fit a room.
   * A blob that is used again elsewhere ends it: it is then at hand for that.
   */
  #directRunAt(at: number): DirectRun | undefined {
    const { uses } = this.#parts.shop;
    const use = uses.order[at]!;
    const entry = uses.entryOf(use);
    if (!this.#parts.files.isDirect(entry) || uses.blobOf(use) === this.#opened) return undefined;
    const run: DirectRun = { entry, offset: uses.offsetOf(use), uses: 0, bytes: 0 };
    let blob = -1;
    for (let next = at; next < this.#job.end; next++) {
      const other = uses.order[next]!;
      const length = this.#lengthAt(next);
      const follows = uses.entryOf(other) === entry && uses.offsetOf(other) === run.offset + run.bytes;
      const isWanted = uses.settled[other] !== 1 && uses.blobOf(other) !== blob;
      if (!follows || !isWanted || run.bytes + length > CHUNK_BYTES_MAX) break;
      blob = uses.blobOf(other);
      run.uses++;
      run.bytes += length;
    }
    return run.bytes >= RESTORE_DIRECT_BYTES_MIN ? run : undefined;
  }

  /** Opens the blob of the use at `at`. @returns false where it is damaged, which is then taken down for all its uses in the job */
  #open(at: number, room?: Uint8Array): boolean {
    const { shop, opener } = this.#parts;
    const blob = shop.uses.blobOf(shop.uses.order[at]!);
    const from = shop.blobs.offsetOf(blob) - this.#job.packOffset;
    const sealed = this.#job.sealed.subarray(from, from + shop.blobs.lengthOf(blob));
    const uncompressedLength = shop.blobs.uncompressedLengthOf(blob);
    this.#opened = blob;
    this.#plain = undefined;
    try {
      this.#plain = opener.open(sealed, { id: shop.blobs.idBytesOf(blob), uncompressedLength }, room);
      return true;
    } catch (error) {
      if (!hasCode(error, 'file-damaged')) throw error;
      this.#giveUp(at, blob, error.message);
      return false;
    }
  }

  #giveUp(at: number, blob: number, reason: string): void {
    const { uses } = this.#parts.shop;
    for (let next = at; next < this.#job.end; next++) {
      const use = uses.order[next]!;
      if (uses.blobOf(use) !== blob) return;
      if (uses.settled[use] !== 1) this.#report.failedUses.push({ use, reason });
    }
  }

  #lengthAt(at: number): number {
    const { uses, blobs } = this.#parts.shop;
    return blobs.plainLengthOf(uses.blobOf(uses.order[at]!));
  }
}

function isGivenUp(shop: Workshop, entry: number): boolean {
  return isLost(shop, entry) || shop.entries.stateOf(entry) === State.failed;
}
