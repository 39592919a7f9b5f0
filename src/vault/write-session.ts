/** Everything one run needs to add blobs to a vault: shared memory for its threads, and the storing end of their packs. */
import { PACK_BYTES_TARGET, PACK_SLACK_BYTES, PACKS_IN_FLIGHT_MAX } from '../base/limits.ts';
import type { BlobWriterSeed, FilledPack } from './blob-writer.ts';
import { Claims } from './claims.ts';
import type { Compression } from './compression.ts';
import { PackSaver, type WrittenTotals } from './pack-saver.ts';
import { PackSlots } from './pack-slots.ts';
import type { Vault } from './vault.ts';

/** A thread fills one pack for data and one for trees. */
const PACKS_PER_THREAD = 2;

export interface WriteOptions {
  threads: number;
  compression: Compression;
  /** Bytes; 16 MiB when absent. */
  packBytesTarget?: number;
  /** Do all the work but store nothing. */
  dryRun?: boolean;
  signal?: AbortSignal | undefined;
}

export class WriteSession implements AsyncDisposable {
  /** What each thread makes its `BlobWriter` from. */
  readonly seed: BlobWriterSeed;
  readonly #slots: PackSlots;
  readonly #saver: PackSaver;
  readonly #dryRun: boolean;
  readonly #vault: Vault;
  #isFinished = false;

  private constructor(vault: Vault, parts: { seed: BlobWriterSeed; slots: PackSlots; options: WriteOptions }) {
    this.#vault = vault;
    this.seed = parts.seed;
    this.#slots = parts.slots;
    this.#dryRun = parts.options.dryRun ?? false;
    const { storage } = vault.parts;
    this.#saver = new PackSaver({
      storage,
      slots: parts.slots,
      index: vault.indexWriter(),
      signal: parts.options.signal,
    });
  }

  /** Loads the vault's index first. */
  static async begin(vault: Vault, options: WriteOptions): Promise<WriteSession> {
    const { table } = await vault.index(options.signal);
    const packBytesTarget = options.packBytesTarget ?? PACK_BYTES_TARGET;
    const slotCount = options.threads * PACKS_PER_THREAD + PACKS_IN_FLIGHT_MAX;
    const slots = PackSlots.create(slotCount, packBytesTarget + PACK_SLACK_BYTES);
    const seed: BlobWriterSeed = {
      key: vault.parts.key,
      table: table.share(),
      claims: new Claims().memory,
      slots: slots.memory,
      compression: options.compression,
      packBytesTarget,
      // Version 1 of the format has no compressed blobs.
      canCompress: vault.config.version > 1,
    };
    return new WriteSession(vault, { seed, slots, options });
  }

  /** Aborted once storing has failed; the threads are stopped by then. */
  get signal(): AbortSignal {
    return this.#saver.signal;
  }

  /** Why a run failed that ended with `error`: threads that are stopped because storing failed only say that they were. */
  causeOf(error: unknown): unknown {
    return this.signal.aborted ? this.signal.reason : error;
  }

  /** Takes a pack that a thread has filled. */
  accept(pack: FilledPack): void {
    if (!this.#dryRun) this.#saver.accept(pack);
    else this.#saver.discard(pack);
  }

  /** Once the threads have flushed: resolves when every pack is durable and indexed. @throws the first failure */
  async finish(): Promise<WrittenTotals> {
    await this.#saver.finish();
    this.#isFinished = true;
    if (!this.#dryRun) this.#vault.dropIndex();
    return this.#saver.totals;
  }

  /** Without `finish` before, keeps what is durable for the next run. */
  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#isFinished) return;
    this.#slots.close();
    await this.#saver.salvage();
  }
}
