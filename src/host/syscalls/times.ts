/** Access and modification times to the nanosecond (utimensat(2)). */
import { AT_SYMLINK_NOFOLLOW, bind, failure, placeName, putInt64, scratch } from './libc.ts';

/** As nanoseconds: leave this time as it is. */
export const UTIME_OMIT = 0x3ffffffe;

const utimensat = bind('utimensat', 'int', ['int', 'uintptr_t', 'uintptr_t', 'int']);
const futimens = bind('futimens', 'int', ['int', 'uintptr_t']);

/** Two struct timespec: access, then modification. */
const pair = scratch(32);

/** Seconds since 1970, negative before; a bigint beyond ±2^53. Nanoseconds 0–999,999,999, or `UTIME_OMIT`. */
export interface FileTimes {
  atimeSeconds: number | bigint;
  atimeNanos: number;
  mtimeSeconds: number | bigint;
  mtimeNanos: number;
}

/**
 * Sets the times of `name` in `dirFd`, of a symbolic link itself; an empty name means the open file `dirFd`.
 * A file system that cannot hold a time stores the nearest it can. @throws {SystemError}
 */
export function setTimes(dirFd: number, name: string, times: FileTimes): void {
  putInt64(pair.bytes, times.atimeSeconds, 0);
  putInt64(pair.bytes, times.atimeNanos, 8);
  putInt64(pair.bytes, times.mtimeSeconds, 16);
  putInt64(pair.bytes, times.mtimeNanos, 24);
  const done =
    name === '' ? futimens(dirFd, pair.address) : utimensat(dirFd, placeName(name), pair.address, AT_SYMLINK_NOFOLLOW);
  if (done !== 0) throw failure('utimensat', name);
}
