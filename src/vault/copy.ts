/** Snapshots from one vault to another, whose keys differ: blobs are opened, checked, and sealed anew. */
import type { SnapshotId } from '../base/ids.ts';
import { COPY_BATCH_BYTES, SEGMENT_BYTES_MAX, SEGMENTS_AHEAD_MAX } from '../base/limits.ts';
import { forEachLimited } from '../base/tasks.ts';
import { startThreads, type Threads } from '../host.ts';
import type { FilledPack } from './blob-writer.ts';
import type { Compression } from './compression.ts';
import type { CopyDone, CopyJob, CopySeed } from './copy/jobs.ts';
import { type Batch, missingBatches } from './copy/missing.ts';
import { isCopyOf } from './copy/same.ts';
import { InputSlots } from './input-slots.ts';
import type { Snapshot } from './model.ts';
import { type Segment, segmentsOf } from './segments.ts';
import { listReadableSnapshots } from './snapshot-list.ts';
import type { Vault } from './vault.ts';
import type { WriteSession } from './write-session.ts';

export interface CopyOptions {
  compression: Compression;
  packBytesTarget: number;
  threads: number;
  /** Stored bytes after which the snapshots that are whole by then are saved; 1 GiB when absent. */
  batchBytes?: number;
  /** Find out what is missing, and store nothing. */
  dryRun: boolean;
  signal: AbortSignal;
  onProgress: (progress: CopyProgress) => void;
}

export interface CopyProgress {
  blobs: number;
  blobsTotal: number;
  /** As they lie in the source. */
  bytes: number;
  bytesTotal: number;
}

export interface CopyResult {
  /** Snapshots of the source and what they are called in the destination; without that for a dry run. */
  copied: { source: SnapshotId; id: SnapshotId | undefined }[];
  /** Snapshots that are in the destination already. */
  skipped: SnapshotId[];
  blobs: number;
  /** Plaintext bytes of the blobs, and bytes of the packs they are in now. */
  plainBytes: number;
  packBytes: number;
}

/**
 * Copies `snapshots` of `from` in their order; the caller holds a shared lock on both. Snapshots are saved once all their
 * blobs are durable, a few at a time, so that a run that is stopped has done something; what else reached the destination
 * spares the next run that work.
 * @throws {AppError} `blob-missing`, `file-damaged` when the source is not whole; what storages throw
 */
export async function copySnapshots(
  { from, to }: { from: Vault; to: Vault },
  snapshots: readonly Snapshot[],
  options: CopyOptions,
): Promise<CopyResult> {
  // What a damaged snapshot of the destination was a copy of is copied again.
  const { snapshots: there } = await listReadableSnapshots(to, options.signal);
  const isThere = (snapshot: Snapshot): boolean => there.some((other) => isCopyOf(other, snapshot));
  const [skipped, wanted] = [snapshots.filter(isThere), snapshots.filter((each) => !isThere(each))];
  const { batchBytes = COPY_BATCH_BYTES, signal } = options;
  const batches = await missingBatches({ from, to }, wanted, { batchBytes, signal });
  const progress: CopyProgress = {
    blobs: 0,
    blobsTotal: batches.reduce((sum, { blobs }) => sum + blobs.length, 0),
    bytes: 0,
    bytesTotal: batches.reduce((sum, { bytes }) => sum + bytes, 0),
  };
  const result: CopyResult = {
    copied: options.dryRun ? wanted.map(({ id }) => ({ source: id, id: undefined })) : [],
    skipped: skipped.map(({ id }) => id),
    blobs: progress.blobsTotal,
    plainBytes: 0,
    packBytes: 0,
  };
  if (options.dryRun) return result;
  for (const batch of batches) await copyBatch({ from, to }, batch, { options, progress, result });
  return result;
}

async function copyBatch(
  vaults: { from: Vault; to: Vault },
  { blobs, snapshots }: Batch,
  { options, progress, result }: { options: CopyOptions; progress: CopyProgress; result: CopyResult },
): Promise<void> {
  if (blobs.length > 0) {
    const { plainBytes, packBytes } = await copyBlobs(vaults, blobs, { options, progress });
    result.plainBytes += plainBytes;
    result.packBytes += packBytes;
  }
  for (const { id, ...document } of snapshots) {
    options.signal.throwIfAborted();
    const copy = { ...document, parent: undefined, original: document.original ?? id };
    result.copied.push({ source: id, id: await vaults.to.saveSnapshot(copy) });
  }
}

async function copyBlobs(
  { from, to }: { from: Vault; to: Vault },
  blobs: Uint32Array,
  { options, progress }: { options: CopyOptions; progress: CopyProgress },
): Promise<Pick<CopyResult, 'plainBytes' | 'packBytes'>> {
  await using session = await to.beginWriting(options);
  const seed: CopySeed = { key: from.parts.key, writer: session.seed };
  await using pool = startThreads<CopyJob, CopyDone, FilledPack>({
    entry: new URL('./copy/worker.ts', import.meta.url),
    count: options.threads,
    init: seed,
  });
  pool.onEvent((pack) => session.accept(pack));
  await new Copying(from, { pool, session, options, progress }).run(blobs);
  await pool.broadcast({ kind: 'flush' });
  const { plainBytes, packBytes } = await session.finish();
  return { plainBytes, packBytes };
}

interface CopyParts {
  pool: Threads<CopyJob, CopyDone, FilledPack>;
  session: WriteSession;
  options: CopyOptions;
  progress: CopyProgress;
}

class Copying {
  readonly #from: Vault;
  readonly #parts: CopyParts;
  readonly #slots = new InputSlots({ count: SEGMENTS_AHEAD_MAX, slotBytes: SEGMENT_BYTES_MAX });

  constructor(from: Vault, parts: CopyParts) {
    this.#from = from;
    this.#parts = parts;
  }

  /** `blobs` are numbers in the table of the source, ordered by pack and place. */
  async run(blobs: Uint32Array): Promise<void> {
    const { table } = await this.#from.index();
    const { session, options } = this.#parts;
    const signal = AbortSignal.any([options.signal, session.signal]);
    const work = (segment: Segment): Promise<void> => this.#copySegment(segment);
    await forEachLimited(segmentsOf(table, blobs), { width: SEGMENTS_AHEAD_MAX, signal }, work);
  }

  async #copySegment({ pack, offset, length, blobs }: Segment): Promise<void> {
    const { table, packs } = await this.#from.index();
    const slot = await this.#slots.take(length);
    let done: CopyDone;
    try {
      const bytes = await this.#from.loadSealed(packs[pack]!, { offset, length, into: slot.bytes });
      const sealed = [...blobs].map((blob) => ({
        id: table.idOf(blob),
        kind: table.kindOf(blob),
        offset: table.offsetOf(blob) - offset,
        length: table.lengthOf(blob),
        uncompressedLength: table.uncompressedLengthOf(blob),
      }));
      done = await this.#parts.pool.call({ kind: 'sealed', bytes, blobs: sealed });
    } finally {
      slot.release();
    }
    for (const { kind, id } of done.damaged) {
      // There may be a good copy in another pack; if not, this says what is wrong.
      const bytes = await this.#from.loadBlob(kind, id);
      await this.#parts.pool.call({ kind: 'plain', id, blobKind: kind, bytes });
    }
    this.#count(
      blobs.length,
      [...blobs].reduce((sum, blob) => sum + table.lengthOf(blob), 0),
    );
  }

  #count(blobs: number, bytes: number): void {
    const { progress, options } = this.#parts;
    progress.blobs += blobs;
    progress.bytes += bytes;
    options.onProgress({ ...progress });
  }
}
