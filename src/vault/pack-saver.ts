/** The main thread's end of writing: takes filled packs from the workers, stores them durably, and indexes them then. */
import { hasCode } from '../base/errors.ts';
import { PACKS_IN_FLIGHT_MAX } from '../base/limits.ts';
import { Gate, TaskGroup } from '../base/tasks.ts';
import type { Storage } from '../storage.ts';
import type { FilledPack } from './blob-writer.ts';
import type { IndexedPack, IndexWriter } from './index.ts';
import { decodePackHeader } from './pack-header.ts';
import type { PackSlots } from './pack-slots.ts';

/** What was written, in bytes and counts. */
export interface WrittenTotals {
  packs: number;
  /** Bytes of the pack files. */
  packBytes: number;
  dataBlobs: number;
  treeBlobs: number;
  /** Plaintext bytes of the blobs. */
  plainBytes: number;
}

export class PackSaver {
  readonly #storage: Storage;
  readonly #slots: PackSlots;
  readonly #index: IndexWriter;
  readonly #group: TaskGroup;
  readonly #gate = new Gate(PACKS_IN_FLIGHT_MAX);
  readonly totals: WrittenTotals = { packs: 0, packBytes: 0, dataBlobs: 0, treeBlobs: 0, plainBytes: 0 };

  constructor(parts: { storage: Storage; slots: PackSlots; index: IndexWriter; signal?: AbortSignal | undefined }) {
    this.#storage = parts.storage;
    this.#slots = parts.slots;
    this.#index = parts.index;
    this.#group = new TaskGroup(parts.signal);
    // A storage that fails must not leave the workers waiting for buffers for ever.
    this.#group.signal.addEventListener('abort', () => this.#slots.close(), { once: true });
    if (this.#group.signal.aborted) this.#slots.close();
  }

  /** Aborted once storing has failed. */
  get signal(): AbortSignal {
    return this.#group.signal;
  }

  accept(pack: FilledPack): void {
    this.#group.run(async (signal) => {
      await this.#gate.enter();
      try {
        signal.throwIfAborted();
        const bytes = pack.oversize === undefined ? this.#slots.bytes(pack.slot) : new Uint8Array(pack.oversize);
        await this.#storage.save({ kind: 'pack', name: pack.id }, bytes.subarray(0, pack.length), signal);
      } finally {
        this.#gate.leave();
        if (pack.oversize === undefined) this.#slots.release(pack.slot);
      }
      await this.#index.add(indexedPack(pack));
      this.#count(pack);
    });
  }

  /** Counts a pack and lets it go, for a dry run. */
  discard(pack: FilledPack): void {
    if (pack.oversize === undefined) this.#slots.release(pack.slot);
    this.#count(pack);
  }

  /** Waits until every pack is durable and indexed. @throws the first failure, or why the run is to stop */
  async finish(): Promise<void> {
    await this.#group.join();
    this.signal.throwIfAborted();
    await this.#index.flush();
    this.signal.throwIfAborted();
  }

  /**
   * After a failure elsewhere: waits for what is under way and indexes what is durable, so that the next run finds it.
   * @returns what kept it from doing so, if anything did; often that is the root of the first failure.
   */
  async salvage(): Promise<unknown> {
    this.#slots.close();
    const failure = await outcome(this.#group.join());
    // Without the lock others may be removing these very packs, and an index that names them would be believed.
    if (hasCode(this.signal.reason, 'lock-lost')) return failure ?? this.signal.reason;
    const indexFailure = await outcome(this.#index.flush());
    return failure ?? indexFailure;
  }

  #count(pack: FilledPack): void {
    this.totals.packs++;
    this.totals.packBytes += pack.length;
    this.totals.plainBytes += pack.plainBytes;
    if (pack.kind === 'data') this.totals.dataBlobs += pack.blobs;
    else this.totals.treeBlobs += pack.blobs;
  }
}

/** Keeps the header's 41 bytes a blob until the index is written, not an object for each. */
function indexedPack({ id, header, blobs, length }: FilledPack): IndexedPack {
  return {
    pack: id,
    get blobs() {
      return decodePackHeader(header);
    },
    blobCount: blobs,
    newBytes: length,
  };
}

async function outcome(work: Promise<void>): Promise<unknown> {
  return await work.then(
    () => undefined,
    (error: unknown) => error,
  );
}
