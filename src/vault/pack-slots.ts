/**
 * Buffers in which packs are filled, shared by all threads: a worker fills one, the main thread stores it and gives the
 * buffer back. Nothing is copied or transferred, and when all are in use a worker waits: that is the back-pressure from a
 * slow storage to the readers. Buffers are page-aligned, so that the storage may write them without the page cache.
 */
import { alignedShared } from '../base/aligned.ts';
import { AppError } from '../base/errors.ts';

const PAGE_BYTES = 4096;
const RELEASES = 0;
const CLOSED = 1;
const HEADER_WORDS = 2;
const FREE = 0;
const TAKEN = 1;

export interface PackSlotsMemory {
  control: SharedArrayBuffer;
  buffers: SharedArrayBuffer;
  /** Where the first slot begins in `buffers`. */
  start: number;
  slotBytes: number;
}

export class PackSlots {
  readonly memory: PackSlotsMemory;
  readonly #control: Int32Array;

  constructor(memory: PackSlotsMemory) {
    this.memory = memory;
    this.#control = new Int32Array(memory.control);
  }

  static create(count: number, sizeBytes: number): PackSlots {
    const slotBytes = Math.ceil(sizeBytes / PAGE_BYTES) * PAGE_BYTES;
    const control = new SharedArrayBuffer((HEADER_WORDS + count) * 4);
    const { buffer, byteOffset } = alignedShared(count * slotBytes);
    return new PackSlots({ control, buffers: buffer, start: byteOffset, slotBytes });
  }

  /** Takes a free buffer, waiting for one; for worker threads only. @throws {AppError} `interrupted` once closed. */
  take(): number {
    for (;;) {
      const seen = Atomics.load(this.#control, RELEASES);
      if (Atomics.load(this.#control, CLOSED) !== 0)
        throw new AppError('interrupted', { detail: 'the run was stopped' });
      for (let slot = HEADER_WORDS; slot < this.#control.length; slot++) {
        if (Atomics.compareExchange(this.#control, slot, FREE, TAKEN) === FREE) return slot - HEADER_WORDS;
      }
      Atomics.wait(this.#control, RELEASES, seen);
    }
  }

  bytes(slot: number): Uint8Array {
    const { buffers, start, slotBytes } = this.memory;
    return new Uint8Array(buffers, start + slot * slotBytes, slotBytes);
  }

  release(slot: number): void {
    Atomics.store(this.#control, HEADER_WORDS + slot, FREE);
    this.#wake();
  }

  /** Makes every waiting and coming `take` fail, so that workers stop. */
  close(): void {
    Atomics.store(this.#control, CLOSED, 1);
    this.#wake();
  }

  #wake(): void {
    Atomics.add(this.#control, RELEASES, 1);
    Atomics.notify(this.#control, RELEASES);
  }
}
