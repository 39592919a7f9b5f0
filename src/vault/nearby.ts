/**
 * Sealed blobs for readers that come back for their neighbours: trees of one snapshot lie together in few packs, and
 * fetching each by itself would take a request for every directory. Packs are fetched in aligned segments, some of which
 * are kept for a while.
 */

import type { PackId } from '../base/ids.ts';
import { NEARBY_SEGMENT_BYTES, NEARBY_SEGMENTS_MAX } from '../base/limits.ts';
import type { Storage } from '../storage.ts';
import type { BlobTable } from './blob-table.ts';
import type { VaultIndex } from './index.ts';

export class NearbyBlobs {
  readonly #storage: Storage;
  readonly #index: VaultIndex;
  readonly #ends: Float64Array;
  /** By pack and segment, least lately used first. */
  readonly #segments = new Map<string, Promise<Uint8Array>>();

  constructor(storage: Storage, index: VaultIndex) {
    this.#storage = storage;
    this.#index = index;
    this.#ends = packEnds(index.table, index.packs.length);
  }

  /** The sealed bytes of an entry of the table, in memory of their own. @throws {AppError} `not-found`, `file-damaged` */
  async load(entry: number): Promise<Uint8Array> {
    const { table } = this.#index;
    const pack = table.packOf(entry);
    const offset = table.offsetOf(entry);
    const length = table.lengthOf(entry);
    const sealed = new Uint8Array(length);
    for (let at = offset; at < offset + length; ) {
      const start = Math.floor(at / NEARBY_SEGMENT_BYTES) * NEARBY_SEGMENT_BYTES;
      const segment = await this.#segment(pack, start);
      const part = segment.subarray(at - start, offset + length - start);
      sealed.set(part, at - offset);
      at += part.length;
    }
    return sealed;
  }

  #segment(pack: number, offset: number): Promise<Uint8Array> {
    const key = `${pack} ${offset}`;
    const found = this.#segments.get(key) ?? this.#fetch(pack, offset);
    // What could not be fetched is asked for again next time.
    found.catch(() => this.#segments.get(key) === found && this.#segments.delete(key));
    this.#segments.delete(key);
    this.#segments.set(key, found);
    if (this.#segments.size > NEARBY_SEGMENTS_MAX) {
      const [oldest] = this.#segments.keys();
      this.#segments.delete(oldest!);
    }
    return found;
  }

  #fetch(pack: number, offset: number): Promise<Uint8Array> {
    const length = Math.min(NEARBY_SEGMENT_BYTES, this.#ends[pack]! - offset);
    return this.#storage.load({ kind: 'pack', name: this.#index.packs[pack] as PackId }, { offset, length });
  }
}

/** Where the last blob of each pack ends; what lies behind is its header. */
function packEnds(table: BlobTable, packs: number): Float64Array {
  const ends = new Float64Array(packs);
  for (let entry = 0; entry < table.count; entry++) {
    const pack = table.packOf(entry);
    ends[pack] = Math.max(ends[pack]!, table.offsetOf(entry) + table.lengthOf(entry));
  }
  return ends;
}
