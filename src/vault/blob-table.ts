/**
 * Where every blob of the vault lies, in flat arrays on shared memory that all threads read without copies.
 *
 * Cost per blob: 32 B id + 16 B place + 4 B slot / load factor (0.35 to 0.7) = 54 to 60 B, under the 64 B the vault promises.
 * Ids are SHA-256 and therefore already uniform, so the first word of an id is its hash.
 */
import { assert } from '../base/assert.ts';
import { type BlobId, hexAt, ID_BYTES } from '../base/ids.ts';
import type { BlobKind, BlobPlace } from './model.ts';
import { SEAL_OVERHEAD } from './seal.ts';

const ID_WORDS = ID_BYTES / 4;
const PLACE_WORDS = 4;
/** Top bit of the pack word: set for tree blobs, which have a namespace of their own. */
const TREE_BIT = 0x80000000;
const LOAD_MAX = 0.7;
const CAPACITY_MIN = 1024;

/** What crosses to another thread; the memory is shared, not copied. */
export interface BlobTableMemory {
  ids: SharedArrayBuffer;
  places: SharedArrayBuffer;
  slots: SharedArrayBuffer;
  count: number;
}

/** Numbers of a place as the table keeps them; the pack is a number into `packs` of the owner. */
export interface TablePlace {
  kind: BlobKind;
  pack: number;
  offset: number;
  length: number;
  uncompressedLength: number;
}

export class BlobTable {
  /** Bytes of an entry in `ids` and in `places`. */
  static readonly idBytes = ID_BYTES;
  static readonly placeBytes = PLACE_WORDS * 4;

  #ids: Uint32Array;
  #places: Uint32Array;
  #slots: Uint32Array;
  #count: number;

  constructor(capacity = CAPACITY_MIN, memory?: BlobTableMemory) {
    const room = Math.max(capacity, CAPACITY_MIN);
    this.#ids = new Uint32Array(memory?.ids ?? new SharedArrayBuffer(room * ID_BYTES));
    this.#places = new Uint32Array(memory?.places ?? new SharedArrayBuffer(room * PLACE_WORDS * 4));
    this.#slots = new Uint32Array(memory?.slots ?? new SharedArrayBuffer(slotCount(room) * 4));
    this.#count = memory?.count ?? 0;
  }

  get count(): number {
    return this.#count;
  }

  /** Bytes of memory the table holds. */
  get byteLength(): number {
    return this.#ids.byteLength + this.#places.byteLength + this.#slots.byteLength;
  }

  share(): BlobTableMemory {
    const [ids, places, slots] = [this.#ids.buffer, this.#places.buffer, this.#slots.buffer];
    return { ids, places, slots, count: this.#count } as BlobTableMemory;
  }

  /** Adds an entry; a blob that is there already gets a second one, as the same blob may lie in several packs. */
  add(id: Uint8Array, place: TablePlace): void {
    if (this.#count * ID_WORDS === this.#ids.length) this.#grow();
    const entry = this.#count++;
    const words = this.#ids;
    for (let i = 0; i < ID_WORDS; i++) words[entry * ID_WORDS + i] = wordAt(id, i * 4);
    const at = entry * PLACE_WORDS;
    this.#places[at] = (place.kind === 'tree' ? place.pack | TREE_BIT : place.pack) >>> 0;
    this.#places[at + 1] = place.offset;
    this.#places[at + 2] = place.length;
    this.#places[at + 3] = place.uncompressedLength;
    this.#link(entry);
  }

  /** Entry number of the first place of a blob, or -1. `id` holds the 32 bytes at `at`. */
  find(kind: BlobKind, id: Uint8Array, at = 0): number {
    for (let word = 0; word < ID_WORDS; word++) wanted[word] = wordAt(id, at + word * 4);
    return this.#search(kind);
  }

  /** Like `find`, for an id written as 64 hex digits. */
  findHex(kind: BlobKind, hex: BlobId): number {
    return this.findHexAt(kind, hex, 0);
  }

  /** Like `find`, for 64 hex digits inside a longer text; spares making a string of them. */
  findHexAt(kind: BlobKind, text: string, at: number): number {
    for (let word = 0; word < ID_WORDS; word++) wanted[word] = hexWord(text, at + word * 8);
    return this.#search(kind);
  }

  /** Every entry number of a blob, in the order added. */
  findAll(kind: BlobKind, hex: BlobId): number[] {
    const id = Buffer.from(hex, 'hex');
    const found: number[] = [];
    const mask = this.#slots.length - 1;
    for (let slot = wordAt(id, 0) & mask; this.#slots[slot] !== 0; slot = (slot + 1) & mask) {
      const entry = this.#slots[slot]! - 1;
      if (this.kindOf(entry) === kind && this.idOf(entry) === hex) found.push(entry);
    }
    return found.sort((a, b) => a - b);
  }

  /** The next place of the blob whose place is `entry`, or -1. Beginning with `find`, it comes to all of them. */
  copyAfter(entry: number): number {
    const slots = this.#slots;
    const ids = this.#ids;
    const mask = slots.length - 1;
    const at = entry * ID_WORDS;
    let isPast = false;
    for (let slot = ids[at]! & mask; slots[slot] !== 0; slot = (slot + 1) & mask) {
      const other = slots[slot]! - 1;
      if (isPast && this.#isSame(entry, other)) return other;
      isPast ||= other === entry;
    }
    return -1;
  }

  kindOf(entry: number): BlobKind {
    return (this.#places[entry * PLACE_WORDS]! & TREE_BIT) === 0 ? 'data' : 'tree';
  }

  packOf(entry: number): number {
    return this.#places[entry * PLACE_WORDS]! & ~TREE_BIT;
  }

  offsetOf(entry: number): number {
    return this.#places[entry * PLACE_WORDS + 1]!;
  }

  /** Sealed bytes in the pack. */
  lengthOf(entry: number): number {
    return this.#places[entry * PLACE_WORDS + 2]!;
  }

  /** Plaintext bytes when compressed, 0 when stored as it is. */
  uncompressedLengthOf(entry: number): number {
    return this.#places[entry * PLACE_WORDS + 3]!;
  }

  /** Bytes of the blob itself. */
  plainLengthOf(entry: number): number {
    return this.uncompressedLengthOf(entry) || this.lengthOf(entry) - SEAL_OVERHEAD;
  }

  idOf(entry: number): BlobId {
    return hexAt(this.idBytesOf(entry)) as BlobId;
  }

  /** View of the id's 32 bytes. */
  idBytesOf(entry: number): Uint8Array {
    return new Uint8Array(this.#ids.buffer, entry * ID_BYTES, ID_BYTES);
  }

  /**
   * Makes a blob that is damaged unknown to every thread from now on, so that it is stored anew when it comes up, and with
   * it all of its kind in the same packs: where one is lost its neighbours may be, and nobody would look at them again.
   * Threads that look for one at this very moment may still find it.
   */
  hide(kind: BlobKind, hex: BlobId): void {
    const packs = new Set(this.findAll(kind, hex).map((entry) => this.packOf(entry)));
    if (packs.size === 0) return;
    for (let entry = 0; entry < this.#count; entry++) {
      if (!packs.has(this.packOf(entry)) || this.kindOf(entry) !== kind) continue;
      this.#ids.fill(0, entry * ID_WORDS, (entry + 1) * ID_WORDS);
    }
  }

  placeOf(entry: number, packs: readonly string[]): BlobPlace {
    const pack = packs[this.packOf(entry)];
    assert(pack !== undefined, 'blob table names an unknown pack');
    return {
      pack,
      offset: this.offsetOf(entry),
      length: this.lengthOf(entry),
      uncompressedLength: this.uncompressedLengthOf(entry),
    };
  }

  /** Looks for the id in `wanted`. */
  #search(kind: BlobKind): number {
    const slots = this.#slots;
    const ids = this.#ids;
    const first = wanted[0]!;
    const mask = slots.length - 1;
    const tree = kind === 'tree' ? TREE_BIT : 0;
    for (let slot = first & mask; slots[slot] !== 0; slot = (slot + 1) & mask) {
      const entry = slots[slot]! - 1;
      const at = entry * ID_WORDS;
      if (ids[at] !== first || (this.#places[entry * PLACE_WORDS]! & TREE_BIT) >>> 0 !== tree) continue;
      let word = 1;
      while (word < ID_WORDS && ids[at + word] === wanted[word]) word++;
      if (word === ID_WORDS) return entry;
    }
    return -1;
  }

  #isSame(a: number, b: number): boolean {
    const ids = this.#ids;
    for (let word = 0; word < ID_WORDS; word++) if (ids[a * ID_WORDS + word] !== ids[b * ID_WORDS + word]) return false;
    return this.kindOf(a) === this.kindOf(b);
  }

  #link(entry: number): void {
    const mask = this.#slots.length - 1;
    let slot = this.#ids[entry * ID_WORDS]! & mask;
    while (this.#slots[slot] !== 0) slot = (slot + 1) & mask;
    this.#slots[slot] = entry + 1;
  }

  #grow(): void {
    const room = Math.ceil((this.#ids.length / ID_WORDS) * 1.5);
    this.#ids = copied(this.#ids, room * ID_WORDS);
    this.#places = copied(this.#places, room * PLACE_WORDS);
    const slots = slotCount(room);
    if (slots === this.#slots.length) return;
    this.#slots = new Uint32Array(new SharedArrayBuffer(slots * 4));
    for (let entry = 0; entry < this.#count; entry++) this.#link(entry);
  }
}

function slotCount(capacity: number): number {
  return 2 ** Math.ceil(Math.log2(capacity / LOAD_MAX));
}

function copied(from: Uint32Array, length: number): Uint32Array {
  const to = new Uint32Array(new SharedArrayBuffer(length * 4));
  to.set(from);
  return to;
}

function wordAt(bytes: Uint8Array, at: number): number {
  return (bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16) | (bytes[at + 3]! << 24)) >>> 0;
}

/** Little-endian word of the 4 bytes written as the 8 hex digits at `at`. */
function hexWord(text: string, at: number): number {
  return (
    (nibbles[text.charCodeAt(at)]! << 4) |
    nibbles[text.charCodeAt(at + 1)]! |
    (nibbles[text.charCodeAt(at + 2)]! << 12) |
    (nibbles[text.charCodeAt(at + 3)]! << 8) |
    (nibbles[text.charCodeAt(at + 4)]! << 20) |
    (nibbles[text.charCodeAt(at + 5)]! << 16) |
    (nibbles[text.charCodeAt(at + 6)]! << 28) |
    (nibbles[text.charCodeAt(at + 7)]! << 24)
  );
}

/** The id that is being looked for, as words; one search is done before the next begins. */
const wanted = new Uint32Array(ID_WORDS);

/** Values of the lowercase hex digits by char code. */
const nibbles = new Uint8Array(128);
for (const [value, digit] of [...'0123456789abcdef'].entries()) nibbles[digit.charCodeAt(0)] = value;
