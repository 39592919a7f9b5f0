/** Writes blobs from the main thread, one pack at a time: for what is too little to be worth threads. */
import { ID_BYTES } from '../base/ids.ts';
import { PACK_SLACK_BYTES } from '../base/limits.ts';
import { BlobTable } from './blob-table.ts';
import { BlobWriter, type BlobWriterSeed, type FilledPack } from './blob-writer.ts';
import { Claims } from './claims.ts';
import type { Compression } from './compression.ts';
import type { IndexWriter } from './index.ts';
import type { BlobKind } from './model.ts';
import { decodePackHeader } from './pack-header.ts';
import { PackSlots } from './pack-slots.ts';
import type { Vault } from './vault.ts';

export interface BlobSaverOptions {
  compression: Compression;
  /** Bytes. */
  packBytesTarget: number;
  /** See `BlobWriterSeed`. */
  framesAll?: boolean;
  signal?: AbortSignal | undefined;
}

/** A pack of each kind being filled, and one that is being stored. */
const SLOTS = 3;

export class BlobSaver {
  readonly #vault: Vault;
  readonly #index: IndexWriter;
  readonly #slots: PackSlots;
  readonly #writer: BlobWriter;
  readonly #signal: AbortSignal | undefined;
  #filled: FilledPack[] = [];
  packs = 0;
  packBytes = 0;

  constructor(vault: Vault, options: BlobSaverOptions) {
    this.#vault = vault;
    this.#index = vault.indexWriter();
    this.#slots = PackSlots.create(SLOTS, options.packBytesTarget + PACK_SLACK_BYTES);
    this.#signal = options.signal;
    this.#writer = new BlobWriter(writerSeed(vault, this.#slots, options), (pack) => this.#filled.push(pack));
  }

  /** Adds a blob, known or not. `id` is its 32 bytes. */
  async add(kind: BlobKind, plain: Uint8Array, id: Uint8Array): Promise<void> {
    this.#writer.append(kind, plain, Uint8Array.from(id.subarray(0, ID_BYTES)));
    await this.#store();
  }

  /** Resolves when everything is durable and indexed. */
  async finish(): Promise<void> {
    this.#writer.flush();
    await this.#store();
    await this.#index.flush();
  }

  async #store(): Promise<void> {
    const filled = this.#filled;
    this.#filled = [];
    for (const { id, slot, oversize, length, header } of filled) {
      const bytes = oversize === undefined ? this.#slots.bytes(slot) : new Uint8Array(oversize);
      await this.#vault.parts.storage.save({ kind: 'pack', name: id }, bytes.subarray(0, length), this.#signal);
      if (oversize === undefined) this.#slots.release(slot);
      await this.#index.add({ pack: id, blobs: decodePackHeader(header) });
      this.packs++;
      this.packBytes += length;
    }
  }
}

/** What a writer needs that takes blobs whether or not the vault has them. */
export function writerSeed(vault: Vault, slots: PackSlots, options: BlobSaverOptions): BlobWriterSeed {
  return {
    key: vault.parts.key,
    table: new BlobTable().share(),
    claims: new Claims().memory,
    slots: slots.memory,
    compression: options.compression,
    packBytesTarget: options.packBytesTarget,
    canCompress: vault.config.version > 1,
    framesAll: options.framesAll ?? false,
  };
}
