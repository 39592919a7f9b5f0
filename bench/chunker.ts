/**
 * Measures the chunker's kernel against scalar ones of one, four, six and eight lanes, which it compiles for the purpose.
 * Prints MB/s (10^6 bytes a second, one core) over noise, the best of interleaved rounds: for a search of every byte,
 * and for cutting, where the least length of a chunk is skipped.
 */
import { randomFillSync } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { buildKernel } from '../scripts/kernels.ts';

const PAGE_BYTES = 65_536;
const INPUT_BYTES = 32 * 2 ** 20;
const INPUT_END = PAGE_BYTES + INPUT_BYTES;
const CHUNK_BYTES_MIN = 2 ** 19;
const CHUNK_BYTES_MAX = 2 ** 23;
const ROUNDS = 15;

interface Kernel {
  init(polynomial: bigint): void;
  scan(from: number, to: number): number;
}

interface Candidate {
  name: string;
  kernel: Kernel;
  scanned: number[];
  cut: number[];
}

interface WasmMemory {
  readonly buffer: ArrayBuffer;
}

/** What is used of Node's global: its types come without it. */
declare const WebAssembly: {
  Memory: new (pages: { initial: number; maximum: number }) => WasmMemory;
  Module: new (code: Uint8Array) => object;
  Instance: new (module: object, imports: { env: { memory: WasmMemory } }) => { exports: Kernel };
};

const memory = new WebAssembly.Memory({ initial: INPUT_END / PAGE_BYTES, maximum: INPUT_END / PAGE_BYTES });
randomFillSync(new Uint8Array(memory.buffer, PAGE_BYTES));
const candidates = [1, 4, 6, 8].map(scalarCandidate);
candidates.push(candidate('16, vectors', fileURLToPath(new URL('../kernels/chunker.wasm', import.meta.url))));
for (let round = 0; round < ROUNDS; round++) {
  for (const { kernel, scanned, cut } of candidates) {
    kernel.init(0x3da3358b4dc173n);
    scanned.push(rate(() => countHits(kernel)));
    cut.push(rate(() => countChunks(kernel)));
  }
}
assertEqual(candidates.map(({ kernel }) => `${countHits(kernel)} ${countChunks(kernel)}`));
process.stdout.write('lanes        search   cut\n');
for (const { name, scanned, cut } of candidates)
  process.stdout.write(`${name.padEnd(12)} ${best(scanned).padStart(6)} ${best(cut).padStart(5)}\n`);

function scalarCandidate(lanes: number): Candidate {
  const folder = mkdtempSync(join(tmpdir(), 'holdfast-'));
  try {
    writeFileSync(join(folder, 'lanes.ts'), scalarSource(lanes));
    buildKernel(join(folder, 'lanes.ts'), join(folder, 'lanes.wasm'));
    return candidate(`${lanes}`, join(folder, 'lanes.wasm'));
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function candidate(name: string, wasmPath: string): Candidate {
  const module = new WebAssembly.Module(readFileSync(wasmPath));
  const kernel = new WebAssembly.Instance(module, { env: { memory } }).exports;
  return { name, kernel, scanned: [], cut: [] };
}

/** The whole input, every hit. */
function countHits(kernel: Kernel): number {
  let hits = 0;
  for (let at = kernel.scan(PAGE_BYTES + 65, INPUT_END); at !== 0; at = kernel.scan(at + 1, INPUT_END)) hits++;
  return hits;
}

/** As the vault cuts. */
function countChunks(kernel: Kernel): number {
  let chunks = 0;
  for (let start = PAGE_BYTES; start < INPUT_END; chunks++) {
    const last = Math.min(start + CHUNK_BYTES_MAX, INPUT_END);
    start = kernel.scan(start + CHUNK_BYTES_MIN, last) || last;
  }
  return chunks;
}

function rate(work: () => void): number {
  const startMs = performance.now();
  work();
  return INPUT_BYTES / 1000 / (performance.now() - startMs);
}

function best(rates: number[]): string {
  return Math.max(...rates).toFixed(0);
}

function assertEqual(counts: string[]): void {
  if (new Set(counts).size !== 1) throw new Error(`the kernels do not agree: ${counts.join(', ')}`);
}

/** A kernel of interleaved lanes, each with its digest in one 64-bit word and two look-ups a byte. */
function scalarSource(lanes: number): string {
  const each = (text: string) => Array.from({ length: lanes }, (_, i) => text.replaceAll('#', `${i}`)).join('\n');
  return `
let polynomial: u64 = 0;
function timesX(v: u64): u64 { const s = v << 1; return s >> 53 != 0 ? s ^ polynomial : s; }
function timesByte(b: u32, factor: u64): u64 {
  let product: u64 = 0;
  for (; b != 0; b >>= 1) { if (b & 1) product ^= factor; factor = timesX(factor); }
  return product;
}
export function init(p: u64): void {
  polynomial = p;
  let leave: u64 = 1;
  for (let i = 0; i < 512; i++) leave = timesX(leave);
  for (let b: u32 = 0; b < 256; b++) {
    store<u64>(b << 3, timesByte(b, timesByte(8, 1 << 50)) | ((b as u64) << 53));
    store<u64>(b << 3, timesByte(b, leave), 2048);
  }
}
// @ts-ignore: decorator
@inline
function append(d: u64, p: usize): u64 {
  return ((d << 8) | load<u8>(p, 64)) ^ load<u64>(((d >> 45) as usize) << 3);
}
// @ts-ignore: decorator
@inline
function slide(d: u64, p: usize): u64 {
  return append(d, p) ^ load<u64>((load<u8>(p) as usize) << 3, 2048);
}
export function scanLanes(from: u32, stretch: u32): u32 {
${each('let p# = from - 65 + # * stretch, d#: u64 = 0, hit#: u32 = 0;')}
  for (let k: usize = 0; k < 64; k++) {
${each('d# = append(d#, p# + k - 64);')}
  }
  for (let k: usize = 0; k < stretch; k++) {
${each('d# = slide(d#, p# + k);')}
${each('if ((d# & 0xfffff) == 0 && hit# == 0) hit# = p# + 65 + k;')}
    if (hit0 != 0) return hit0;
  }
${each('if (hit# != 0) return hit#;')}
  return 0;
}
export function scanOne(from: u32, end: u32): u32 {
  let d: u64 = 0;
  if (from >= end) return 0;
  for (let p = from - 129; p < from - 65; p++) d = append(d, p);
  for (let p = from - 65; p < end - 65; p++) {
    d = slide(d, p);
    if ((d & 0xfffff) == 0) return p + 65;
  }
  return 0;
}
export function scan(from: u32, to: u32): u32 {
  if (from > to) return 0;
  let at = from;
  while (to - at >= 1024) {
    const stretch = min(${Math.floor(48_896 / lanes)}, (to - at) / ${lanes});
    const hit = scanLanes(at, stretch);
    if (hit != 0) return hit;
    at += ${lanes} * stretch;
  }
  return scanOne(at, to + 1);
}
`;
}
