/** What is measured: the data of each case, and what is done with it. */
import { existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { writeMixed } from './inputs/mixed.ts';
import { overwriteRegions, writeNoise } from './inputs/noise.ts';
import { rewriteSmall, writeSmall } from './inputs/small.ts';

const GIB = 2 ** 30;
const CHANGED_SHARE = 0.01;
const NOISE_FILES = ['r1', 'r2', 'r3', 'r4'];
const SMALL_FILES = 200_000;

/** In the order they are done; each needs what the ones before it have left. */
export const OPERATIONS = ['first', 'unchanged', 'changed', 'restore', 'check'] as const;

export type Operation = (typeof OPERATIONS)[number];

export interface Case {
  title: string;
  operations: readonly Operation[];
  /** Fills an empty folder; `scale` 1 is the full size. */
  write(folder: string, scale: number): void;
  /** Changes 1 % of the bytes or of the files, differently for every `seed`. */
  change?: (folder: string, scale: number, seed: string) => void;
}

export const CASES: Record<string, Case> = {
  incompressible: {
    title: '2 GiB that does not compress, in four files',
    operations: ['first', 'changed', 'restore', 'check'],
    write: (folder, scale) => {
      for (const name of NOISE_FILES) writeNoise(join(folder, name), noiseBytes(scale), name);
    },
    change: (folder, scale, seed) => {
      for (const name of NOISE_FILES) {
        const path = join(folder, name);
        overwriteRegions({ path, size: noiseBytes(scale), share: CHANGED_SHARE, seed: name + seed });
      }
    },
  },
  mixed: {
    title: '2 GiB of programs, texts, logs and a database file',
    operations: ['first', 'restore', 'check'],
    write: (folder, scale) => writeMixed(folder, 2 * GIB * scale),
  },
  'one-file': {
    title: 'one file of 4 GiB that does not compress',
    operations: ['first', 'restore', 'check'],
    write: (folder, scale) => writeNoise(join(folder, 'image'), Math.round(4 * GIB * scale), 'image'),
  },
  small: {
    title: '200,000 files of up to 8 KiB in 1,000 directories',
    operations: ['first', 'unchanged', 'changed', 'restore', 'check'],
    write: (folder, scale) => writeSmall(folder, smallFiles(scale)),
    change: (folder, scale, seed) => rewriteSmall(folder, smallFiles(scale), { share: CHANGED_SHARE, seed }),
  },
};

/** Makes the data of a case below `inputs` unless it is there. @returns its folder */
export function prepareInput(inputs: string, name: string, scale: number): string {
  const folder = join(inputs, `${name}-${scale}`);
  const seal = `${folder}.complete`;
  if (existsSync(seal)) return folder;
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  caseOf(name).write(folder, scale);
  writeFileSync(seal, '');
  return folder;
}

export function caseOf(name: string): Case {
  const found = CASES[name];
  if (found === undefined) throw new Error(`no case ${name}; there are: ${Object.keys(CASES).join(', ')}`);
  return found;
}

function noiseBytes(scale: number): number {
  return Math.round((2 * GIB * scale) / NOISE_FILES.length);
}

function smallFiles(scale: number): number {
  return Math.round(SMALL_FILES * scale);
}
