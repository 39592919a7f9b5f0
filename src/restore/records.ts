/** Growing arrays on shared memory: filled by one thread, then handed to all without a copy. */
import { assert } from '../base/assert.ts';

const RECORDS_MIN = 1024;

/** Records of a fixed number of 32-bit words. */
export class Records {
  readonly width: number;
  words: Uint32Array;
  #count: number;

  constructor(width: number, memory?: { words: SharedArrayBuffer; count: number }) {
    this.width = width;
    this.words = new Uint32Array(memory?.words ?? new SharedArrayBuffer(RECORDS_MIN * width * 4));
    this.#count = memory?.count ?? 0;
  }

  get count(): number {
    return this.#count;
  }

  share(): { words: SharedArrayBuffer; count: number } {
    return { words: this.words.buffer as SharedArrayBuffer, count: this.#count };
  }

  /** Adds a record of zeros. @returns where its words begin */
  add(): number {
    const at = this.#count++ * this.width;
    if (at === this.words.length) this.words = grown(this.words, at * 2);
    return at;
  }

  /** Takes back the record `from` and all after it. */
  cut(from: number): void {
    assert(from <= this.#count, 'records to cut');
    this.words.fill(0, from * this.width, this.#count * this.width);
    this.#count = from;
  }
}

/** Byte strings behind each other; a place in them is below 4 GiB. */
export class Heap {
  bytes: Buffer;
  #length: number;

  constructor(memory?: SharedArrayBuffer) {
    this.bytes = Buffer.from(memory ?? new SharedArrayBuffer(RECORDS_MIN * 64));
    this.#length = memory?.byteLength ?? 0;
  }

  share(): SharedArrayBuffer {
    return this.bytes.buffer as unknown as SharedArrayBuffer;
  }

  /** Adds the bytes of a raw text. @returns where they begin */
  addText(text: string): number {
    const at = this.#reserve(text.length);
    this.bytes.write(text, at, 'latin1');
    return at;
  }

  addBytes(bytes: Uint8Array): number {
    const at = this.#reserve(bytes.length);
    this.bytes.set(bytes, at);
    return at;
  }

  addWord(word: number): number {
    const at = this.#reserve(4);
    this.bytes.writeUInt32LE(word, at);
    return at;
  }

  textAt(at: number, length: number): string {
    return this.bytes.toString('latin1', at, at + length);
  }

  wordAt(at: number): number {
    return this.bytes.readUInt32LE(at);
  }

  #reserve(length: number): number {
    const at = this.#length;
    const end = at + length;
    assert(end <= 0xffff_ffff, 'names and attributes below 4 GiB');
    if (end > this.bytes.length) {
      const larger = Buffer.from(new SharedArrayBuffer(Math.max(this.bytes.length * 2, end)));
      larger.set(this.bytes);
      this.bytes = larger;
    }
    this.#length = end;
    return at;
  }
}

function grown(from: Uint32Array, length: number): Uint32Array {
  const to = new Uint32Array(new SharedArrayBuffer(length * 4));
  to.set(from);
  return to;
}
