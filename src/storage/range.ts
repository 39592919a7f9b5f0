import { assert } from '../base/assert.ts';
import { AppError } from '../base/errors.ts';
import type { LoadOptions } from '../storage.ts';

export interface ByteRange {
  offset: number;
  length: number;
}

/** The bytes a load asks for of a file of `size` bytes. @throws {AppError} `file-damaged` when the file is too short */
export function rangeWithin(path: string, options: LoadOptions, size: number): ByteRange {
  const offset = options.offset ?? 0;
  const length = options.length ?? Math.max(0, size - offset);
  assertRoom(options);
  if (offset + length > size) throw tooShort(path, { offset, length }, size);
  return { offset, length };
}

/** Checks that a buffer given to load into comes with a length, and has room for it. */
export function assertRoom({ into, length }: LoadOptions): void {
  assert(into === undefined || (length !== undefined && into.length >= length), 'no room to load into');
}

export function tooShort(path: string, { offset, length }: ByteRange, size: number): AppError {
  const detail = `loading ${path}: bytes ${offset} to ${offset + length} wanted, but it has only ${size}`;
  return new AppError('file-damaged', { detail });
}
