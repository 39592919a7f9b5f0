/** Files in, blob ids out: the reading half of a worker. */
import { readSync } from 'node:fs';
import { hexAt, ID_BYTES } from '../base/ids.ts';
import { CHUNK_BYTES_MAX, READ_WINDOW_BYTES } from '../base/limits.ts';
import { type BlobWriter, CHUNK_BYTES_MIN, Chunker } from '../vault.ts';

/** Room for a window and the chunk that ends behind it. */
const BUFFER_BYTES = READ_WINDOW_BYTES + CHUNK_BYTES_MAX;

export interface FileContent {
  ids: string[];
  bytes: number;
}

export interface WindowContent extends FileContent {
  isLast: boolean;
}

export class ContentReader {
  readonly #writer: BlobWriter;
  readonly #chunker: Chunker;
  readonly #id = new Uint8Array(ID_BYTES);
  #streamEnd = 0;

  constructor(writer: BlobWriter, polynomial: string) {
    this.#writer = writer;
    this.#chunker = new Chunker(polynomial, BUFFER_BYTES);
  }

  /** Stores the whole of an open file, whatever its size turns out to be. `size` is what to expect, bytes. */
  storeFile(fd: number, size: number): FileContent {
    if (size < CHUNK_BYTES_MIN) {
      const bytes = this.#readSmall(fd, size);
      if (bytes < CHUNK_BYTES_MIN) return this.#storeSmall(bytes);
      return this.#storeLarge(fd, bytes);
    }
    return this.#storeLarge(fd, 0);
  }

  /**
   * Stores the chunks that start in the window at `offset`. `onCut` is told where the next window starts as soon as that
   * is known, before the costly half of the work, so that another thread can go on from there.
   */
  storeWindow(fd: number, offset: number, onCut: (next: number) => void): WindowContent {
    const end = this.#fill(fd, 0, offset);
    const cuts = this.#cuts(end, READ_WINDOW_BYTES);
    const last = cuts.at(-1) ?? 0;
    const isLast = last === end && end < BUFFER_BYTES;
    if (!isLast) onCut(offset + last);
    const ids: string[] = [];
    let start = 0;
    for (const cut of cuts) {
      ids.push(this.#storeChunk(start, cut));
      start = cut;
    }
    return { ids, bytes: last, isLast };
  }

  /** Takes the next bytes of a stream. @returns ids of the chunks that are complete by now */
  feed(bytes: Uint8Array, isLast: boolean): string[] {
    const ids: string[] = [];
    for (let at = 0; at < bytes.length || isLast; ) {
      const part = bytes.subarray(at, at + BUFFER_BYTES - this.#streamEnd);
      this.#chunker.buffer.set(part, this.#streamEnd);
      this.#streamEnd += part.length;
      at += part.length;
      const isEnd = isLast && at === bytes.length;
      if (isEnd || this.#streamEnd === BUFFER_BYTES) this.#storeStream(isEnd, ids);
      if (isEnd) break;
    }
    return ids;
  }

  #storeStream(isEnd: boolean, ids: string[]): void {
    const end = this.#streamEnd;
    let start = 0;
    for (const cut of this.#cuts(end, isEnd ? end : end - CHUNK_BYTES_MAX)) {
      ids.push(this.#storeChunk(start, cut));
      start = cut;
    }
    this.#chunker.buffer.copyWithin(0, start, end);
    this.#streamEnd = end - start;
  }

  #readSmall(fd: number, size: number): number {
    const { buffer } = this.#chunker;
    // Asking for one byte more than expected saves the call that would otherwise be needed to see the end.
    let length = 0;
    for (;;) {
      const read = readSync(fd, buffer, length, Math.max(size + 1, CHUNK_BYTES_MIN) - length, null);
      length += read;
      if (read === 0 || length <= size || length >= CHUNK_BYTES_MIN) return length;
    }
  }

  #storeSmall(bytes: number): FileContent {
    return bytes === 0 ? { ids: [], bytes: 0 } : { ids: [this.#storeChunk(0, bytes)], bytes };
  }

  /** `have` bytes at the start of the buffer are read already. */
  #storeLarge(fd: number, have: number): FileContent {
    const { buffer } = this.#chunker;
    const ids: string[] = [];
    let bytes = 0;
    for (let tail = have; ; ) {
      const end = this.#fill(fd, tail, -1);
      const isEnd = end < BUFFER_BYTES;
      let start = 0;
      for (const cut of this.#cuts(end, isEnd ? end : end - CHUNK_BYTES_MAX)) {
        ids.push(this.#storeChunk(start, cut));
        start = cut;
      }
      bytes += start;
      if (isEnd) return { ids, bytes };
      buffer.copyWithin(0, start, end);
      tail = end - start;
    }
  }

  /** Cut ends in [0, end) of the chunks that start before `limit`; the rest of a file that ends here is a chunk too. */
  #cuts(end: number, limit: number): number[] {
    const cuts: number[] = [];
    for (let start = 0; start < end && start < limit; ) {
      const cut = this.#chunker.cut(start, end);
      start = cut ?? end;
      cuts.push(start);
    }
    return cuts;
  }

  #storeChunk(start: number, end: number): string {
    this.#writer.store('data', this.#chunker.buffer.subarray(start, end), this.#id);
    return hexAt(this.#id);
  }

  /** Reads until the buffer is full or the file ends. @returns where the data ends in the buffer */
  #fill(fd: number, from: number, position: number): number {
    const { buffer } = this.#chunker;
    let end = from;
    let at = position;
    while (end < BUFFER_BYTES) {
      const read = readSync(fd, buffer, end, BUFFER_BYTES - end, at < 0 ? null : at);
      if (read === 0) break;
      end += read;
      if (at >= 0) at += read;
    }
    return end;
  }
}
