/**
 * Cuts input into chunks where its content says so, at the same places as restic (chunker of the format, restic design
 * document "Backups and Deduplication"): at least 512 KiB, at most 8 MiB, about 1.5 MiB on average.
 * The byte loop is WebAssembly (`kernels/chunker.ts`) and works where the input lies, so nothing is copied to it.
 */
import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { assert } from '../base/assert.ts';
import { GIB, KIB, MIB } from '../base/bytes.ts';
import { parsePolynomial } from './polynomial.ts';

export const CHUNK_BYTES_MIN = 512 * KIB;
export const CHUNK_BYTES_MAX = 8 * MIB;

const PAGE_BYTES = 64 * KIB;
/** The kernel keeps its tables in the first page. */
const INPUT_AT = PAGE_BYTES;
/** What the kernel answers when it finds no cut. */
const NONE = 0;

interface Kernel {
  init(polynomial: bigint): void;
  /** Least cut in `from` … `to`, both included. */
  scan(from: number, to: number): number;
}

interface WasmMemory {
  readonly buffer: ArrayBuffer;
}

interface WasmModule {
  readonly wasm: unique symbol;
}

/** What is used of Node's global: its types come without it. */
declare const WebAssembly: {
  Memory: new (pages: { initial: number; maximum: number }) => WasmMemory;
  Module: new (code: Uint8Array) => WasmModule;
  Instance: new (module: WasmModule, imports: { env: { memory: WasmMemory } }) => { exports: Kernel };
};

/** Owns a buffer of input and finds the cuts in it. One for each thread; all offsets are bytes from the buffer's start. */
export class Chunker {
  /** Read into this, cut it, and pass chunks on as views of it. */
  readonly buffer: Uint8Array<ArrayBuffer>;
  readonly #kernel: Kernel;
  #start = 0;
  /** First offset not yet ruled out as a cut; undefined when no chunk is unfinished. */
  #next: number | undefined;

  /** @param polynomialHex from the vault's config. @param sizeBytes of the buffer, at most 1 GiB. @throws {AppError} `file-damaged` */
  constructor(polynomialHex: string, sizeBytes: number) {
    assert(sizeBytes > 0 && sizeBytes <= GIB, `no room for a buffer of ${sizeBytes} bytes`);
    const polynomial = parsePolynomial(polynomialHex);
    const pages = Math.ceil((INPUT_AT + sizeBytes) / PAGE_BYTES);
    const memory = new WebAssembly.Memory({ initial: pages, maximum: pages });
    this.buffer = new Uint8Array(memory.buffer, INPUT_AT, sizeBytes);
    this.#kernel = loadKernel(memory);
    this.#kernel.init(polynomial);
  }

  /**
   * Looks for the end of the chunk that begins at `start`, the input being valid up to `end`.
   * @returns the chunk's end, or undefined when it does not end there: `resume` with more input, or, where the file is
   * at its end, take all that is left as its last chunk.
   */
  cut(start: number, end: number): number | undefined {
    assert(start >= 0, 'a chunk begins before the buffer');
    this.#start = start;
    this.#next = start + CHUNK_BYTES_MIN;
    return this.resume(end);
  }

  /** As `cut`, for the same chunk, once there is input up to a greater `end`. What was searched is not searched again. */
  resume(end: number): number | undefined {
    assert(this.#next !== undefined, 'no chunk is unfinished');
    assert(end >= this.#start && end <= this.buffer.length, 'the end is not in the buffer');
    const longest = this.#start + CHUNK_BYTES_MAX;
    const last = Math.min(end, longest);
    const hit = this.#next <= last ? this.#kernel.scan(INPUT_AT + this.#next, INPUT_AT + last) : NONE;
    this.#next = hit === NONE && last < longest ? Math.max(this.#next, last + 1) : undefined;
    if (hit !== NONE) return hit - INPUT_AT;
    return last === longest ? last : undefined;
  }

  /** Moves the unfinished chunk, which reaches up to `end`, to the buffer's start. @returns where more input goes. */
  carry(end: number): number {
    assert(this.#next !== undefined, 'no chunk is unfinished');
    assert(end >= this.#start && end <= this.buffer.length, 'the end is not in the buffer');
    this.buffer.copyWithin(0, this.#start, end);
    this.#next -= this.#start;
    const length = end - this.#start;
    this.#start = 0;
    return length;
  }
}

let compiled: WasmModule | undefined;

function loadKernel(memory: WasmMemory): Kernel {
  compiled ??= new WebAssembly.Module(readFileSync(kernelPath()));
  return new WebAssembly.Instance(compiled, { env: { memory } }).exports;
}

/** Beside the bundle where there is one, else in the source tree. */
function kernelPath(): string {
  const bundled = fileURLToPath(new URL('./chunker.wasm', import.meta.url));
  return existsSync(bundled) ? bundled : fileURLToPath(new URL('../../kernels/chunker.wasm', import.meta.url));
}
