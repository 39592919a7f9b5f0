/** Advisory locks on whole files (flock(2)); the kernel drops them when the holder ends, however it ends. */
import { bind, failedWith, failure } from './libc.ts';

const LOCK_SH = 1;
const LOCK_EX = 2;
const LOCK_NB = 4;
const LOCK_UN = 8;

const flock = bind('flock', 'int', ['int', 'int']);

/** Never waits. @returns false when another open file holds a lock in the way. @throws {SystemError} */
export function tryLock(fd: number, kind: 'shared' | 'exclusive'): boolean {
  if (flock(fd, (kind === 'shared' ? LOCK_SH : LOCK_EX) | LOCK_NB) === 0) return true;
  if (failedWith('EWOULDBLOCK')) return false;
  throw failure('flock', `descriptor ${fd}`);
}

export function unlock(fd: number): void {
  if (flock(fd, LOCK_UN) !== 0) throw failure('flock', `descriptor ${fd}`);
}
