/** Which blob goes where in which file, 16 bytes for each use, and the order in which packs are read once from front to back. */
import type { blobs } from '../vault.ts';
import { Records } from './records.ts';

const BLOB = 0;
const ENTRY = 1;
const OFFSET = 2;
const WIDTH = 4;
const WORD = 2 ** 32;

/** Offsets in packs have 32 bits and doubles hold 53, so this many uses of one pack can be sorted as plain numbers. */
const SORTED_AS_NUMBERS_MAX = 2 ** 21;

export interface UseMemory {
  records: { words: SharedArrayBuffer; count: number };
  order: SharedArrayBuffer;
  settled: SharedArrayBuffer;
}

export class UseTable {
  readonly #records: Records;
  /** Numbers of all uses: packs in the order the files first need them, in each by place. */
  order: Uint32Array;
  /** 1 for each use whose bytes are in place. */
  settled: Uint8Array;

  constructor(memory?: UseMemory) {
    this.#records = new Records(WIDTH, memory?.records);
    this.order = new Uint32Array(memory?.order ?? new SharedArrayBuffer(0));
    this.settled = new Uint8Array(memory?.settled ?? new SharedArrayBuffer(0));
  }

  get count(): number {
    return this.#records.count;
  }

  share(): UseMemory {
    const [order, settled] = [this.order.buffer, this.settled.buffer];
    return { records: this.#records.share(), order, settled } as UseMemory;
  }

  /** @param blob number in the table of blobs; `offset` in the file, bytes */
  add(blob: number, entry: number, offset: number): void {
    const at = this.#records.add();
    const { words } = this.#records;
    words[at + BLOB] = blob;
    words[at + ENTRY] = entry;
    words[at + OFFSET] = offset % WORD;
    words[at + OFFSET + 1] = Math.floor(offset / WORD);
  }

  cut(from: number): void {
    this.#records.cut(from);
  }

  blobOf(use: number): number {
    return this.#records.words[use * WIDTH + BLOB]!;
  }

  entryOf(use: number): number {
    return this.#records.words[use * WIDTH + ENTRY]!;
  }

  /** Where the blob goes in the file, bytes. */
  offsetOf(use: number): number {
    const at = use * WIDTH + OFFSET;
    return this.#records.words[at + 1]! * WORD + this.#records.words[at]!;
  }

  /** Makes `order` and `settled`, once all uses are added. */
  arrange(blobs: blobs.BlobTable): void {
    this.settled = new Uint8Array(new SharedArrayBuffer(this.count));
    this.order = new Uint32Array(new SharedArrayBuffer(this.count * 4));
    const runs = this.#runsByPack(blobs);
    for (const run of runs) sortByOffset(run, (use) => blobs.offsetOf(this.blobOf(use)));
  }

  /** Fills `order` pack by pack. @returns the part of it for each pack */
  #runsByPack(blobs: blobs.BlobTable): Uint32Array[] {
    const ranks = new Map<number, number>();
    const sizes: number[] = [];
    const rankOfUse = new Uint32Array(this.count);
    for (let use = 0; use < this.count; use++) {
      const pack = blobs.packOf(this.blobOf(use));
      let rank = ranks.get(pack);
      if (rank === undefined) {
        rank = sizes.push(0) - 1;
        ranks.set(pack, rank);
      }
      sizes[rank]!++;
      rankOfUse[use] = rank;
    }
    const next: number[] = [];
    sizes.reduce((start, size) => {
      next.push(start);
      return start + size;
    }, 0);
    for (let use = 0; use < this.count; use++) this.order[next[rankOfUse[use]!]!++] = use;
    return sizes.map((size, rank) => this.order.subarray(next[rank]! - size, next[rank]));
  }
}

/** Sorts by offset, then by number. */
function sortByOffset(uses: Uint32Array, offsetOf: (use: number) => number): void {
  if (uses.length > SORTED_AS_NUMBERS_MAX) {
    uses.sort((a, b) => offsetOf(a) - offsetOf(b) || a - b);
    return;
  }
  const keys = new Float64Array(uses.length);
  uses.forEach((use, i) => {
    keys[i] = offsetOf(use) * SORTED_AS_NUMBERS_MAX + i;
  });
  keys.sort();
  const before = uses.slice();
  keys.forEach((key, i) => {
    uses[i] = before[key % SORTED_AS_NUMBERS_MAX]!;
  });
}
