/** Ways to damage a file of a vault, which is read-only. Each returns the file's path. */
import { readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';

/** Replaces the file by a writable copy. */
export function writable(file: string): string {
  const bytes = readFileSync(file);
  rmSync(file);
  writeFileSync(file, bytes);
  return file;
}

/** Flips the lowest bit of a byte, counted from the end when negative. */
export function flip(file: string, at: number): string {
  const bytes = readFileSync(file);
  bytes[at < 0 ? bytes.length + at : at]! ^= 1;
  rmSync(file);
  writeFileSync(file, bytes);
  return file;
}

export function cut(file: string): string {
  truncateSync(writable(file), 1000);
  return file;
}

export function gone(file: string): string {
  rmSync(file);
  return file;
}

export function stray(file: string): string {
  writeFileSync(file, 'not of this vault');
  return file;
}
