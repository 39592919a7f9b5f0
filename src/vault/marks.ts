/** One bit for each of many things, on memory that all threads share. */

const BITS = 32;

export class Marks {
  readonly memory: SharedArrayBuffer;
  readonly #words: Int32Array;

  /** Room for numbers below `count`, none of them marked; or the marks of another thread. */
  constructor(of: number | SharedArrayBuffer) {
    this.memory = typeof of === 'number' ? new SharedArrayBuffer(Math.ceil(of / BITS) * 4) : of;
    this.#words = new Int32Array(this.memory);
  }

  has(number: number): boolean {
    return (this.#words[number >>> 5]! & (1 << (number & 31))) !== 0;
  }

  /** @returns true for the one caller, of all threads, that marked it. */
  mark(number: number): boolean {
    const bit = 1 << (number & 31);
    return (Atomics.or(this.#words, number >>> 5, bit) & bit) === 0;
  }

  unmark(number: number): void {
    Atomics.and(this.#words, number >>> 5, ~(1 << (number & 31)));
  }
}
