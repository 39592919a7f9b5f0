/** Where a file has data and where it has holes, and making both (lseek(2), fallocate(2)). Offsets and lengths in bytes. */
import { bind, failedWith, failure } from './libc.ts';

const SEEK_DATA = 3;
const SEEK_HOLE = 4;
const FALLOC_FL_KEEP_SIZE = 1;
const FALLOC_FL_PUNCH_HOLE = 2;
/** posix_fadvise(2); the numbers are those of x86-64 and arm64. */
const ADVICE = { random: 1, sequential: 2, willNeed: 3, dontNeed: 4, noReuse: 5 } as const;

export type Advice = keyof typeof ADVICE;

const lseek = bind('lseek', 'int64_t', ['int', 'int64_t', 'int']);
const fallocate = bind('fallocate', 'int', ['int', 'int', 'int64_t', 'int64_t']);
const fadvise = bind('posix_fadvise', 'int', ['int', 'int64_t', 'int64_t', 'int']);

export interface Extent {
  start: number;
  /** First byte after it. */
  end: number;
}

/**
 * Stretches with data, in order; everything between is zeros. A file system that knows no holes gives one stretch.
 * Moves the descriptor's position: read with explicit offsets. @throws {SystemError}
 */
export function* dataExtents(fd: number): Generator<Extent> {
  let start = seek(fd, 0, SEEK_DATA);
  while (start !== undefined) {
    const end = seek(fd, start, SEEK_HOLE);
    if (end === undefined) return;
    yield { start, end };
    start = seek(fd, end, SEEK_DATA);
  }
}

/** Frees the storage of a stretch, which then reads as zeros; the size stays. @returns false where the file system cannot. */
export function punchHole(fd: number, offset: number, length: number): boolean {
  return allocate(fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, { offset, length });
}

/** Reserves storage without changing the size. @returns false where the file system cannot. @throws {SystemError} `ENOSPC`, … */
export function reserve(fd: number, offset: number, length: number): boolean {
  return allocate(fd, FALLOC_FL_KEEP_SIZE, { offset, length });
}

/** Tells the kernel how the file will be read; length 0 means to the end. Advice only: a file that cannot take it is fine. */
export function advise(fd: number, advice: Advice, { offset = 0, length = 0 } = {}): void {
  fadvise(fd, offset, length, ADVICE[advice]);
}

/** @returns undefined at or after the end of the file, or when only a hole follows. */
function seek(fd: number, offset: number, whence: number): number | undefined {
  const found = lseek(fd, offset, whence);
  if (found >= 0) return found;
  if (failedWith('ENXIO')) return undefined;
  throw failure('lseek', `descriptor ${fd}`);
}

function allocate(fd: number, mode: number, { offset, length }: { offset: number; length: number }): boolean {
  if (fallocate(fd, mode, offset, length) === 0) return true;
  if (failedWith('ENOTSUP', 'ENOSYS')) return false;
  throw failure('fallocate', `descriptor ${fd}`);
}
