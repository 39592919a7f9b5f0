/** Many small files of text. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { numbersOf } from './noise.ts';
import { textOf } from './words.ts';

const DIRECTORIES = 1000;
const FILE_BYTES_MIN = 100;
const FILE_BYTES_MAX = 8192;
const POOL_BYTES = 4 * 2 ** 20;

export function writeSmall(folder: string, files: number): void {
  const write = writerOf(folder, 'small');
  for (let directory = 0; directory < DIRECTORIES; directory++) mkdirSync(join(folder, directoryName(directory)));
  for (let file = 0; file < files; file++) write(file);
}

/** Gives `share` of the files new content. */
export function rewriteSmall(folder: string, files: number, { share, seed }: { share: number; seed: string }): void {
  const write = writerOf(folder, seed);
  const number = numbersOf(seed);
  for (let left = Math.ceil(files * share); left > 0; left--) write(number(files));
}

function writerOf(folder: string, seed: string): (file: number) => void {
  const number = numbersOf(seed);
  const pool = textOf(POOL_BYTES, seed);
  return (file) => {
    const at = number(POOL_BYTES - FILE_BYTES_MAX);
    const length = FILE_BYTES_MIN + number(FILE_BYTES_MAX - FILE_BYTES_MIN);
    const path = join(folder, directoryName(file % DIRECTORIES), `f${file}.txt`);
    writeFileSync(path, `${file} ${number(2 ** 32)}\n${pool.slice(at, at + length)}`);
  };
}

function directoryName(directory: number): string {
  return `d${String(directory).padStart(4, '0')}`;
}
