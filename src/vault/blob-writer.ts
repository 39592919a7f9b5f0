/**
 * The byte work of one thread: plaintext in, filled packs out. Each thread owns one; they share the table of known blobs,
 * the claims of new ones and the pack buffers.
 *
 *   data ─→ SHA-256 ─→ known? claimed? ─→ compress into the pack, or not ─→ encrypt there ─→ header ─→ SHA-256 of the pack
 *
 * Compression writes straight into the pack buffer and the ciphertext replaces it there. Data that does not shrink is
 * encrypted from where it was read into the pack: it is neither copied first nor compressed to the end in vain.
 */
import { type BlobId, hexAt, ID_BYTES, type PackId } from '../base/ids.ts';
import { PACK_HEADER_BYTES_MAX } from '../base/limits.ts';
import { codec } from '../host.ts';
import { BlobTable, type BlobTableMemory } from './blob-table.ts';
import { Claims } from './claims.ts';
import { COMPRESS_PROBE_BYTES, type Compression, compressionLevel, looksIncompressible } from './compression.ts';
import type { BlobKind, PackedBlob } from './model.ts';
import { encodePackHeader, headerEntrySize } from './pack-header.ts';
import { PackSlots, type PackSlotsMemory } from './pack-slots.ts';
import { IV_BYTES, type MasterKey, SEAL_OVERHEAD, Sealer, TAG_BYTES } from './seal.ts';

const HEADER_LENGTH_BYTES = 4;
/** A compressed blob's header entry: the larger of the two kinds. */
const ENTRY_BYTES_MAX = 41;

/** What a worker thread is given to make its writer; everything in it is shared memory or small. */
export interface BlobWriterSeed {
  key: MasterKey;
  table: BlobTableMemory;
  claims: SharedArrayBuffer;
  slots: PackSlotsMemory;
  compression: Compression;
  packBytesTarget: number;
  canCompress: boolean;
  /** Store every blob as a frame, also one that becomes no smaller: then none is left that could be compressed. */
  framesAll?: boolean;
}

/** A pack ready to be stored. The bytes are in the slot, or in `oversize` when one blob was larger than any slot. */
export interface FilledPack {
  id: PackId;
  kind: BlobKind;
  slot: number;
  oversize: SharedArrayBuffer | undefined;
  length: number;
  /** Plain header: all entries in order, to be indexed once the pack is durable. */
  header: Uint8Array;
  /** How many blobs are in it, and their plaintext bytes. */
  blobs: number;
  plainBytes: number;
}

interface OpenPack {
  kind: BlobKind;
  slot: number;
  oversize: SharedArrayBuffer | undefined;
  bytes: Uint8Array;
  position: number;
  headerBytes: number;
  plainBytes: number;
  blobs: PackedBlob[];
}

export class BlobWriter {
  readonly #table: BlobTable;
  readonly #claims: Claims;
  readonly #slots: PackSlots;
  readonly #sealer: Sealer;
  readonly #zstd = new codec.Zstd();
  readonly #probe = new Uint8Array(COMPRESS_PROBE_BYTES);
  readonly #compression: Compression;
  readonly #canCompress: boolean;
  readonly #framesAll: boolean;
  readonly #prober = new codec.Zstd();
  readonly #packBytesTarget: number;
  readonly #onPack: (pack: FilledPack) => void;
  readonly #open: Record<BlobKind, OpenPack | undefined> = { data: undefined, tree: undefined };

  constructor(seed: BlobWriterSeed, onPack: (pack: FilledPack) => void) {
    this.#table = new BlobTable(0, seed.table);
    this.#claims = new Claims(seed.claims);
    this.#slots = new PackSlots(seed.slots);
    this.#sealer = new Sealer(seed.key);
    this.#compression = seed.compression;
    this.#canCompress = seed.canCompress;
    this.#framesAll = seed.framesAll ?? false;
    this.#packBytesTarget = seed.packBytesTarget;
    this.#onPack = onPack;
  }

  /** The vault's blobs as they were when the run began. */
  get table(): BlobTable {
    return this.#table;
  }

  /**
   * Makes sure the vault will hold `data`. Writes its id to `id` (32 bytes).
   * @returns true when this call stored it, false when it is known or being stored by another thread.
   */
  store(kind: BlobKind, data: Uint8Array, id: Uint8Array): boolean {
    codec.sha256Into(data, id);
    if (this.#table.find(kind, id) >= 0 || !this.#claims.claim(kind === 'tree', id)) return false;
    this.append(kind, data, id);
    return true;
  }

  /** Puts `data` into a pack without asking whether it is known; used where that is decided already. */
  append(kind: BlobKind, data: Uint8Array, id: Uint8Array): void {
    const pack = this.#packFor(kind, data.length + SEAL_OVERHEAD);
    const offset = pack.position;
    const room = pack.bytes.subarray(offset + IV_BYTES, offset + IV_BYTES + data.length);
    const compressed = this.#compress(kind, data, room);
    const bodyLength = compressed ?? data.length;
    const space = pack.bytes.subarray(offset, offset + bodyLength + SEAL_OVERHEAD);
    if (compressed === undefined) this.#sealer.sealFrom(data, space);
    else this.#sealer.seal(space);
    this.#record(pack, {
      id: hexAt(id) as BlobId,
      kind,
      offset,
      length: space.length,
      uncompressedLength: compressed === undefined ? 0 : data.length,
    });
    pack.plainBytes += data.length;
    const isFull = pack.position + pack.headerBytes >= this.#packBytesTarget;
    // Hundreds of thousands of tiny blobs in a large pack would need a header that readers refuse.
    if (isFull || pack.headerBytes + ENTRY_BYTES_MAX > PACK_HEADER_BYTES_MAX) this.#finish(kind);
  }

  /** Hands over whatever packs are begun. */
  flush(): void {
    this.#finish('data');
    this.#finish('tree');
  }

  /** @returns the compressed length, or undefined when the blob is to be stored as it is. */
  #compress(kind: BlobKind, data: Uint8Array, room: Uint8Array): number | undefined {
    const level = compressionLevel(this.#compression, kind, data.length);
    if (!this.#canCompress || level === undefined || data.length === 0) return undefined;
    // A tree is always stored compressed, even where that makes it larger: readers repack trees that are not.
    const isForced = kind === 'tree' || this.#framesAll;
    if (!isForced && this.#compression === 'auto' && looksIncompressible(this.#prober, data, this.#probe))
      return undefined;
    const space = isForced ? new Uint8Array(room.buffer, room.byteOffset, compressBound(room.length)) : room;
    return this.#zstd.compress(data, space, level);
  }

  #packFor(kind: BlobKind, sealedLength: number): OpenPack {
    const worstLength = compressBound(sealedLength);
    let pack = this.#open[kind];
    if (pack !== undefined && !fits(pack, worstLength)) {
      this.#finish(kind);
      pack = undefined;
    }
    pack ??= this.#begin(kind, worstLength);
    this.#open[kind] = pack;
    return pack;
  }

  #begin(kind: BlobKind, worstLength: number): OpenPack {
    const needed = worstLength + SEAL_OVERHEAD + ENTRY_BYTES_MAX + HEADER_LENGTH_BYTES;
    const isOversize = needed > this.#slots.memory.slotBytes;
    const oversize = isOversize ? new SharedArrayBuffer(needed) : undefined;
    const slot = isOversize ? -1 : this.#slots.take();
    const bytes = oversize === undefined ? this.#slots.bytes(slot) : new Uint8Array(oversize);
    return {
      kind,
      slot,
      oversize,
      bytes,
      position: 0,
      headerBytes: SEAL_OVERHEAD + HEADER_LENGTH_BYTES,
      plainBytes: 0,
      blobs: [],
    };
  }

  #record(pack: OpenPack, blob: PackedBlob): void {
    pack.blobs.push(blob);
    pack.position += blob.length;
    pack.headerBytes += headerEntrySize(blob);
  }

  #finish(kind: BlobKind): void {
    const pack = this.#open[kind];
    if (pack === undefined) return;
    this.#open[kind] = undefined;
    const header = encodePackHeader(pack.blobs);
    const sealedLength = header.length + SEAL_OVERHEAD;
    this.#sealer.sealFrom(header, pack.bytes.subarray(pack.position, pack.position + sealedLength));
    const end = pack.position + sealedLength;
    new DataView(pack.bytes.buffer, pack.bytes.byteOffset).setUint32(end, sealedLength, true);
    const length = end + HEADER_LENGTH_BYTES;
    const id = new Uint8Array(ID_BYTES);
    codec.sha256Into(pack.bytes.subarray(0, length), id);
    const { slot, oversize, plainBytes } = pack;
    const blobs = pack.blobs.length;
    this.#onPack({ id: hexAt(id) as PackId, kind, slot, oversize, length, header, blobs, plainBytes });
  }
}

function fits(pack: OpenPack, worstLength: number): boolean {
  return pack.position + worstLength + pack.headerBytes + ENTRY_BYTES_MAX <= pack.bytes.length;
}

/** Largest frame Zstandard makes of `length` bytes (its ZSTD_COMPRESSBOUND), tag included for free in the slack. */
function compressBound(length: number): number {
  return length + (length >>> 8) + 128 + TAG_BYTES;
}
