/** From sealed bytes to a plaintext that has proven to be the blob it should be. Usable in every thread. */
import { AppError } from '../base/errors.ts';
import { hexAt, ID_BYTES } from '../base/ids.ts';
import { codec } from '../host.ts';
import type { BlobTableMemory } from './blob-table.ts';
import { type MasterKey, Sealer } from './seal.ts';

export interface SealedBlob {
  /** Id it must have: hex, or its 32 bytes, which is quicker for many small blobs. */
  id: string | Uint8Array;
  /** Plaintext bytes when compressed, 0 when stored as it is. */
  uncompressedLength: number;
}

/** What crosses to a thread that opens blobs. */
export interface BlobReaderSeed {
  key: MasterKey;
  table: BlobTableMemory;
}

export class BlobReader {
  readonly #sealer: Sealer;
  readonly #zstd = new codec.Zstd();
  readonly #digest = new Uint8Array(ID_BYTES);
  #scratch: Uint8Array = new Uint8Array(0);

  constructor(key: MasterKey) {
    this.#sealer = new Sealer(key);
  }

  /**
   * Opens `sealed` (in place), decompresses and compares the digest.
   * @param room where the plaintext is to be, of exactly its length
   * @returns `room`, or without one a view that is valid until the next call.
   * @throws {AppError} `file-damaged` saying which of the three failed.
   */
  open(sealed: Uint8Array, blob: SealedBlob, room?: Uint8Array): Uint8Array {
    const plain = this.#plainOf(sealed, blob, room);
    codec.sha256Into(plain, this.#digest);
    if (!isId(this.#digest, blob.id)) throw this.#damaged(blob.id, 'its content does not match its id');
    return plain;
  }

  /** Like `open` without comparing the digest, for headers, whose digest is not recorded; `label` is for messages. */
  openUnnamed(sealed: Uint8Array, uncompressedLength: number, label: string | Uint8Array): Uint8Array {
    return this.#plainOf(sealed, { id: label, uncompressedLength });
  }

  #plainOf(sealed: Uint8Array, { id, uncompressedLength }: SealedBlob, room?: Uint8Array): Uint8Array {
    const isPlain = uncompressedLength === 0;
    const body = this.#sealer.open(sealed, isPlain ? room : undefined);
    if (body === undefined) throw this.#damaged(id, 'its authentication tag is wrong');
    if (isPlain) return body;
    const plain = room ?? this.#scratchOf(uncompressedLength);
    const written = this.#zstd.decompress(body, plain);
    if (written !== uncompressedLength) throw this.#damaged(id, 'it does not decompress to its recorded size');
    return plain;
  }

  #scratchOf(length: number): Uint8Array {
    if (this.#scratch.length < length) this.#scratch = new Uint8Array(length);
    return this.#scratch.subarray(0, length);
  }

  #damaged(label: string | Uint8Array, why: string): AppError {
    return new AppError('file-damaged', { detail: `blob ${typeof label === 'string' ? label : hexAt(label)}: ${why}` });
  }
}

function isId(digest: Uint8Array, id: string | Uint8Array): boolean {
  return typeof id === 'string' ? hexAt(digest) === id : Buffer.compare(digest, id) === 0;
}
