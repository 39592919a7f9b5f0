/**
 * Which thread stores a blob that is new in this run: the first to claim it. Lives in shared memory, without locks.
 *
 * Blobs are put into tables that double in size, so nothing is ever moved while others look. Two threads that claim the
 * same blob across the moment a table fills may both win; the blob is then stored twice, which the format allows.
 */
import { ID_BYTES } from '../base/ids.ts';
import { CLAIM_TABLES_MAX, CLAIMS_FIRST_TABLE } from '../base/limits.ts';

const ENTRY_WORDS = ID_BYTES / 4;
const EMPTY = 0;
const WRITING = 1;
/** A finished entry's state is 2 for data, 3 for tree blobs. */
const DONE = 2;
const CURRENT = 0;
const HEADER_WORDS = 1 + CLAIM_TABLES_MAX;

export class Claims {
  readonly memory: SharedArrayBuffer;
  #words: Int32Array;

  constructor(memory?: SharedArrayBuffer) {
    this.memory =
      memory ?? new SharedArrayBuffer(tableEnd(0) * 4, { maxByteLength: tableEnd(CLAIM_TABLES_MAX - 1) * 4 });
    this.#words = new Int32Array(this.memory, 0, tableEnd(0));
  }

  /** @returns true for the one thread that has to store the blob whose id is the 32 bytes at `at`. */
  claim(isTree: boolean, id: Uint8Array, at = 0): boolean {
    const key = words(id, at);
    const current = Atomics.load(this.#words, CURRENT);
    this.#see(current);
    const done = isTree ? DONE + 1 : DONE;
    for (let table = 0; table < current; table++) if (this.#contains(table, key, done)) return false;
    return this.#insert(current, key, done);
  }

  #insert(table: number, key: Int32Array, done: number): boolean {
    const size = tableSize(table);
    const base = tableStart(table);
    const all = this.#words;
    for (let slot = key[0]! & (size - 1); ; slot = (slot + 1) & (size - 1)) {
      const state = Atomics.compareExchange(all, base + slot, EMPTY, WRITING);
      if (state === EMPTY) {
        all.set(key, base + size + slot * ENTRY_WORDS);
        Atomics.store(all, base + slot, done);
        if (Atomics.add(all, 1 + table, 1) + 1 === size / 2) this.#advance(table);
        return true;
      }
      if (this.#settled(base + slot) === done && this.#equals(base + size + slot * ENTRY_WORDS, key)) return false;
    }
  }

  #contains(table: number, key: Int32Array, done: number): boolean {
    const size = tableSize(table);
    const base = tableStart(table);
    for (let slot = key[0]! & (size - 1); ; slot = (slot + 1) & (size - 1)) {
      const state = this.#settled(base + slot);
      if (state === EMPTY) return false;
      if (state === done && this.#equals(base + size + slot * ENTRY_WORDS, key)) return true;
    }
  }

  /** The state of a slot once its writer, if any, has finished the few stores it needs. */
  #settled(index: number): number {
    let state = Atomics.load(this.#words, index);
    while (state === WRITING) state = Atomics.load(this.#words, index);
    return state;
  }

  #equals(at: number, key: Int32Array): boolean {
    for (let i = 0; i < ENTRY_WORDS; i++) if (this.#words[at + i] !== key[i]) return false;
    return true;
  }

  /** Opens the next table once this one is half full; the last one is allowed to fill on. */
  #advance(table: number): void {
    if (table + 1 >= CLAIM_TABLES_MAX) return;
    this.memory.grow(tableEnd(table + 1) * 4);
    Atomics.store(this.#words, CURRENT, table + 1);
  }

  #see(table: number): void {
    if (this.#words.length < tableEnd(table)) this.#words = new Int32Array(this.memory, 0, tableEnd(table));
  }
}

function tableSize(table: number): number {
  return CLAIMS_FIRST_TABLE * 2 ** table;
}

/** First word of a table: its slot states, then its ids. */
function tableStart(table: number): number {
  return HEADER_WORDS + CLAIMS_FIRST_TABLE * (2 ** table - 1) * (1 + ENTRY_WORDS);
}

function tableEnd(table: number): number {
  return tableStart(table + 1);
}

const scratch = new Int32Array(ENTRY_WORDS);
const scratchBytes = new Uint8Array(scratch.buffer);

function words(id: Uint8Array, at: number): Int32Array {
  for (let i = 0; i < ID_BYTES; i++) scratchBytes[i] = id[at + i]!;
  return scratch;
}
