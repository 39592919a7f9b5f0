/** Writes blobs of old packs into new ones and indexes those. Every blob is proven on the way. */
import { AppError, hasCode } from '../../base/errors.ts';
import { PACK_SLACK_BYTES, PACKS_IN_FLIGHT_MAX, SEGMENT_BYTES_MAX, SEGMENTS_AHEAD_MAX } from '../../base/limits.ts';
import { forEachLimited } from '../../base/tasks.ts';
import { startThreads } from '../../host.ts';
import { BlobReader } from '../blob-reader.ts';
import { BlobSaver, type BlobSaverOptions, writerSeed } from '../blob-saver.ts';
import type { FilledPack } from '../blob-writer.ts';
import { reasonOf } from '../check/finding.ts';
import { InputSlots } from '../input-slots.ts';
import type { Inventory } from '../inventory.ts';
import { PackSaver } from '../pack-saver.ts';
import { PackSlots } from '../pack-slots.ts';
import { type Segment, segmentsOf } from '../segments.ts';
import type { Vault } from '../vault.ts';
import type { RepackJob, RepackSeed } from './worker.ts';

/** A thread fills one pack for data and one for trees. */
const PACKS_PER_THREAD = 2;

export interface RepackOptions extends BlobSaverOptions {
  /** With 0 the work is done in this thread. */
  threads: number;
  /** Called with the bytes read since the last call. */
  onBytes?: ((bytes: number) => void) | undefined;
}

export interface Repack {
  inventory: Inventory;
  /** Numbers of blobs, those of a pack together and in order of their places. */
  blobs: Uint32Array;
}

/**
 * Resolves when all blobs are durable in new packs that an index names; the old packs are as they were.
 * @throws {AppError} `file-damaged` or `not-found` naming the pack with the first blob that is not good
 */
export async function repackBlobs(vault: Vault, repack: Repack, options: RepackOptions): Promise<void> {
  if (repack.blobs.length === 0) return;
  if (options.threads === 0) await repackHere(vault, repack, options);
  else await repackByThreads(vault, repack, options);
}

async function repackHere(vault: Vault, { inventory, blobs }: Repack, options: RepackOptions): Promise<void> {
  const { table, packs } = inventory;
  const saver = new BlobSaver(vault, options);
  const reader = new BlobReader(vault.parts.key);
  for (const { pack, offset, length, blobs: wanted } of segmentsOf(table, blobs)) {
    options.signal?.throwIfAborted();
    const name = packs[pack]!;
    const bytes = await vault.loadSealed(name, { offset, length });
    for (const blob of wanted) {
      const start = table.offsetOf(blob) - offset;
      const sealed = bytes.subarray(start, start + table.lengthOf(blob));
      const id = table.idOf(blob);
      const uncompressedLength = table.uncompressedLengthOf(blob);
      const plain = await inPack(name, async () => reader.open(sealed, { id, uncompressedLength }));
      await saver.add(table.kindOf(blob), plain, table.idBytesOf(blob));
    }
    options.onBytes?.(length);
  }
  await saver.finish();
}

async function repackByThreads(vault: Vault, repack: Repack, options: RepackOptions): Promise<void> {
  const { threads, packBytesTarget, signal } = options;
  const slots = PackSlots.create(threads * PACKS_PER_THREAD + PACKS_IN_FLIGHT_MAX, packBytesTarget + PACK_SLACK_BYTES);
  const saver = new PackSaver({ storage: vault.parts.storage, slots, index: vault.indexWriter(), signal });
  const init: RepackSeed = { writer: writerSeed(vault, slots, options), table: repack.inventory.table.share() };
  await using pool = startThreads<RepackJob, null, FilledPack>({
    entry: new URL('./worker.ts', import.meta.url),
    count: threads,
    init,
  });
  pool.onEvent((pack) => saver.accept(pack));
  try {
    await feed(vault, repack, { ...options, signal: saver.signal, call: (job) => pool.call(job) });
    await pool.broadcast('flush');
    await saver.finish();
  } catch (error) {
    // What is durable gets indexed, so that the next run sees duplicates of known blobs and not strangers.
    const cause = await saver.salvage();
    // Threads that wait for a buffer are stopped when storing fails: that failure is the one to tell.
    throw hasCode(error, 'interrupted') ? (cause ?? error) : error;
  }
}

interface Feeding extends RepackOptions {
  call: (job: RepackJob) => Promise<null>;
}

async function feed(vault: Vault, { inventory, blobs }: Repack, { call, onBytes, signal }: Feeding): Promise<void> {
  const inputs = new InputSlots({ count: SEGMENTS_AHEAD_MAX, slotBytes: SEGMENT_BYTES_MAX });
  const work = async ({ pack, offset, length, blobs: wanted }: Segment): Promise<void> => {
    const name = inventory.packs[pack]!;
    const input = await inputs.take(length);
    try {
      const bytes = await vault.loadSealed(name, { offset, length, into: input.bytes });
      await inPack(name, () => call({ bytes, offset, blobs: wanted }));
    } finally {
      input.release();
    }
    onBytes?.(length);
  };
  await forEachLimited(segmentsOf(inventory.table, blobs), { width: SEGMENTS_AHEAD_MAX, signal }, work);
}

/** Names the pack in what goes wrong with its blobs. */
async function inPack<T>(name: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (!hasCode(error, 'file-damaged')) throw error;
    const hint = 'Nothing was removed that is needed. Run: holdfast repair packs, with the name of this pack.';
    throw new AppError('file-damaged', { detail: `pack ${name}, ${reasonOf(error)}`, hint, cause: error });
  }
}
