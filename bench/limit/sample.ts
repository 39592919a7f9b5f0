/** A sample of a case's data, as the vault would cut it, for kernels whose speed depends on the data. */
import { closeSync, openSync, readdirSync, readSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { numbersOf } from '../inputs/noise.ts';

const SAMPLE_BYTES = 32 * 2 ** 20;
/** The chunker's average is about 1.5 MiB. */
const PIECE_BYTES = 2 ** 20;
const CHUNKED_FILE_BYTES_MIN = 512 * 1024;

export interface Sample {
  /** The pieces one after the other. */
  bytes: SharedArrayBuffer;
  /** Where each piece ends. */
  ends: number[];
}

export interface InputFacts {
  files: number;
  bytes: number;
  /** Share of the bytes in files that are large enough to be cut, 0 … 1. */
  cutShare: number;
}

interface InputFile {
  path: string;
  size: number;
  /** Bytes in all files before this one. */
  from: number;
}

export function factsOf(folder: string): InputFacts {
  const files = listFiles(folder);
  const bytes = files.reduce((sum, { size }) => sum + size, 0);
  const cut = files.filter(({ size }) => size >= CHUNKED_FILE_BYTES_MIN);
  return { files: files.length, bytes, cutShare: cut.reduce((sum, { size }) => sum + size, 0) / bytes };
}

/** Draws pieces at even odds for every byte: whole files, and 1 MiB of those large enough to be cut. */
export function takeSample(folder: string): Sample {
  const files = listFiles(folder);
  const last = files.at(-1)!;
  const all = last.from + last.size;
  const number = numbersOf('sample');
  const sample = new Uint8Array(new SharedArrayBuffer(Math.min(SAMPLE_BYTES, all)));
  const ends: number[] = [];
  for (let at = 0; at < sample.length; ends.push(at)) {
    const place = Math.floor((number(2 ** 30) / 2 ** 30) * all);
    const file = files[fileAt(files, place)]!;
    const start = Math.floor((place - file.from) / PIECE_BYTES) * PIECE_BYTES;
    const length = Math.min(file.size < CHUNKED_FILE_BYTES_MIN ? file.size : PIECE_BYTES, file.size - start);
    at += readPiece(file.path, start, sample.subarray(at, at + length));
  }
  return { bytes: sample.buffer, ends };
}

function listFiles(folder: string): InputFile[] {
  const entries = readdirSync(folder, { withFileTypes: true, recursive: true });
  let from = 0;
  const files: InputFile[] = [];
  for (const entry of entries) {
    if (!entry.isFile()) continue;
    const path = join(entry.parentPath, entry.name);
    const { size } = statSync(path);
    if (size > 0) files.push({ path, size, from });
    from += size;
  }
  return files;
}

/** Index of the last file that begins at or before `place`. */
function fileAt(files: InputFile[], place: number): number {
  let low = 0;
  for (let high = files.length - 1; low < high; ) {
    const middle = Math.ceil((low + high) / 2);
    if (files[middle]!.from <= place) low = middle;
    else high = middle - 1;
  }
  return low;
}

function readPiece(path: string, position: number, piece: Uint8Array): number {
  const fd = openSync(path, 'r');
  const read = readSync(fd, piece, 0, piece.length, position);
  closeSync(fd);
  return read;
}
