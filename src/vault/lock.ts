/**
 * Locks of a vault, as every restic program keeps them (format description, "Locks"): a shared lock allows other shared
 * ones, an exclusive lock allows none. A lock is a file that its holder renews; one that is not renewed goes stale.
 */
import { AppError, hasCode, textOf } from '../base/errors.ts';
import type { FileId } from '../base/ids.ts';
import { LOCK_LOST_MS, LOCK_REFRESH_MS, LOCK_RETRY_PAUSE_MS, LOCK_SETTLE_MS, LOCK_STALE_MS } from '../base/limits.ts';
import type { Clock, Identity } from '../host.ts';
import type { Documents } from './documents.ts';
import { decodeLock, encodeLock, type LockDocument } from './lock-file.ts';
import { formatTime, parseTime } from './snapshot.ts';

export interface LockParts {
  documents: Documents;
  clock: Clock;
  identity: Identity;
}

export interface LockRequest {
  exclusive: boolean;
  /** How long to wait for others to finish, ms; 0 fails at once. */
  waitMs?: number;
  /** Called once the lock lies in the vault, if it takes a while until it is certain: what is only read may begin. */
  meanwhile?: (() => void) | undefined;
  signal?: AbortSignal | undefined;
}

export interface ListedLock extends LockDocument {
  name: FileId;
  /** Set when nobody can be holding it any more. */
  stale: boolean;
}

/** What came of an attempt to renew a lock; `gone` when somebody has removed the one that was held. */
type Renewed = { name: FileId } | { failure: string } | 'gone';

/** Locks are renewed every few minutes, so a second look nearly always finds them at rest. */
const LOCK_READS_MAX = 10;

const STOPPED = 'the program was stopped, or a clock was set';

/** A lock that is held, renewed in the background until released. */
export class VaultLock implements AsyncDisposable {
  readonly #parts: LockParts;
  readonly #exclusive: boolean;
  readonly #lost = new AbortController();
  readonly #released = new AbortController();
  readonly #renewal: Promise<void>;
  #name: FileId;

  constructor(parts: LockParts, exclusive: boolean, name: FileId) {
    this.#parts = parts;
    this.#exclusive = exclusive;
    this.#name = name;
    this.#renewal = this.#renew();
  }

  /** Aborted with `lock-lost` when the lock could not be renewed in time: whoever holds it must stop writing. */
  get signal(): AbortSignal {
    return this.#lost.signal;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#released.abort();
    await this.#renewal;
    await removeIfThere(this.#parts.documents, this.#name);
  }

  async #renew(): Promise<void> {
    const { clock, documents } = this.#parts;
    const { signal } = this.#released;
    let ageMs = ageOf(clock);
    let failure = STOPPED;
    for (;;) {
      await clock.sleep(Math.min(LOCK_REFRESH_MS, LOCK_LOST_MS - ageMs()), signal).catch(() => undefined);
      if (signal.aborted) return;
      // The process may have been stopped for long: others were free to remove the lock and change the vault meanwhile.
      if (ageMs() >= LOCK_LOST_MS) return this.#lose(`it could not be renewed: ${failure}`);
      const previous = this.#name;
      const renewed = await this.#within(LOCK_LOST_MS - ageMs(), this.#renewOnce());
      if (renewed === 'gone') return this.#lose(`somebody removed lock ${previous}`);
      if ('failure' in renewed) failure = renewed.failure;
      else {
        this.#name = renewed.name;
        ageMs = ageOf(clock);
        failure = STOPPED;
        await removeIfThere(documents, previous).catch(() => undefined);
      }
    }
  }

  #lose(detail: string): void {
    this.#lost.abort(new AppError('lock-lost', { detail }));
  }

  /** Stores a new lock beside the one that is held, if that is still there. */
  async #renewOnce(): Promise<Renewed> {
    const { documents } = this.#parts;
    try {
      await documents.load('lock', this.#name);
      return { name: await documents.save('lock', encodeLock(this.#document())) };
    } catch (error) {
      return hasCode(error, 'not-found') ? 'gone' : { failure: textOf(error) };
    }
  }

  /** Waits no longer than until the lock that is held is nearly stale; even when released, lest a new one stays behind. */
  async #within(ms: number, renewal: Promise<Renewed>): Promise<Renewed> {
    const ended = new AbortController();
    const late: Renewed = { failure: 'the storage gave no answer' };
    const wait = this.#parts.clock.sleep(ms, ended.signal);
    try {
      return await Promise.race([
        renewal,
        wait.then(
          () => late,
          () => late,
        ),
      ]);
    } finally {
      ended.abort();
    }
  }

  #document(): LockDocument {
    return newLockDocument(this.#parts, this.#exclusive);
  }
}

/**
 * Takes a lock. Locks that a dead process of this very host left behind are removed on the way.
 * @throws {AppError} `vault-locked` naming the holder, when others hold a conflicting lock for longer than `waitMs`.
 */
export async function acquireLock(parts: LockParts, request: LockRequest): Promise<VaultLock> {
  const { clock } = parts;
  const untilMs = clock.nowMs() + (request.waitMs ?? 0);
  for (;;) {
    try {
      return await tryAcquire(parts, request);
    } catch (error) {
      if (!hasCode(error, 'vault-locked') || clock.nowMs() >= untilMs) throw error;
    }
    await clock.sleep(Math.min(LOCK_RETRY_PAUSE_MS, Math.max(1, untilMs - clock.nowMs())), request.signal);
  }
}

async function tryAcquire(parts: LockParts, { exclusive, meanwhile, signal }: LockRequest): Promise<VaultLock> {
  await refuseConflict(parts, exclusive, { signal });
  const name = await parts.documents.save('lock', encodeLock(newLockDocument(parts, exclusive)));
  try {
    if (exclusive || !parts.documents.listsAtOnce) {
      meanwhile?.();
      // Two that look at the same moment both see nothing; after this pause at least one of them sees the other.
      await parts.clock.sleep(LOCK_SETTLE_MS);
    }
    // Everybody looks after saving: of two, the one who saved last sees the other wherever saves are listed at once.
    await refuseConflict(parts, exclusive, { own: name, signal });
  } catch (error) {
    await removeIfThere(parts.documents, name);
    throw error;
  }
  return new VaultLock(parts, exclusive, name);
}

async function refuseConflict(
  parts: LockParts,
  exclusive: boolean,
  { own, signal }: { own?: FileId; signal: AbortSignal | undefined },
): Promise<void> {
  const { locks, unreadable } = await readLocks(parts, signal);
  for (const lock of locks) {
    if (lock.name === own) continue;
    if (lock.stale && lock.hostname === parts.identity.hostname) {
      await removeIfThere(parts.documents, lock.name);
      continue;
    }
    if (exclusive || lock.exclusive) throw new AppError('vault-locked', { detail: describeLock(lock) });
  }
  if (unreadable[0] === undefined) return;
  // It may be an exclusive one of a program that is at work: only a person can know that it is not.
  const detail = `lock ${unreadable[0]} cannot be read, so nobody can tell who holds it`;
  const hint = 'When nobody uses the vault, remove it with: holdfast unlock --remove-all';
  throw new AppError('vault-locked', { detail, hint });
}

/** Every readable lock. */
export async function listLocks(parts: LockParts): Promise<ListedLock[]> {
  return (await readLocks(parts)).locks;
}

interface FoundLocks {
  locks: ListedLock[];
  unreadable: FileId[];
  /** A lock was removed while they were read: by its holder, who may have put a new one in its place. */
  isMoving: boolean;
}

async function readLocks(parts: LockParts, signal?: AbortSignal): Promise<FoundLocks> {
  let found = await readLocksOnce(parts, signal);
  for (let again = 0; found.isMoving && again < LOCK_READS_MAX; again++) found = await readLocksOnce(parts, signal);
  return found;
}

async function readLocksOnce(parts: LockParts, signal: AbortSignal | undefined): Promise<FoundLocks> {
  let isMoving = false;
  const locks: ListedLock[] = [];
  const unreadable: FileId[] = [];
  for (const name of await parts.documents.list('lock', signal)) {
    try {
      const document = decodeLock(await parts.documents.load('lock', name, signal));
      locks.push({ ...document, name, stale: isStale(document, parts) });
    } catch (error) {
      if (hasCode(error, 'file-damaged')) unreadable.push(name);
      else if (hasCode(error, 'not-found')) isMoving = true;
      else throw error;
    }
  }
  return { locks, unreadable, isMoving };
}

/** Removes stale locks, or all of them. @returns those removed. */
export async function removeLocks(parts: LockParts, { all }: { all: boolean }): Promise<FileId[]> {
  if (all) {
    const names = await parts.documents.list('lock');
    for (const name of names) await removeIfThere(parts.documents, name);
    return names;
  }
  const stale = (await listLocks(parts)).filter((lock) => lock.stale);
  for (const lock of stale) await removeIfThere(parts.documents, lock.name);
  return stale.map((lock) => lock.name);
}

/** How long ago now is, by the clock that has gone on further: one may be set back, the other stands still in a suspended machine. */
function ageOf(clock: Clock): () => number {
  const [wallMs, monotonicMs] = [clock.nowMs(), clock.monotonicMs()];
  return () => Math.max(clock.nowMs() - wallMs, clock.monotonicMs() - monotonicMs);
}

function isStale(lock: LockDocument, { clock, identity }: LockParts): boolean {
  if (clock.nowMs() - parseTime(lock.time) > LOCK_STALE_MS) return true;
  return lock.hostname === identity.hostname && !identity.isProcessAlive(lock.pid);
}

function describeLock(lock: ListedLock): string {
  const kind = lock.exclusive ? 'exclusive' : 'shared';
  return `${kind} lock of ${lock.username}@${lock.hostname}, process ${lock.pid}, since ${lock.time}`;
}

function newLockDocument({ clock, identity }: LockParts, exclusive: boolean): LockDocument {
  const { hostname, username, pid, uid, gid } = identity;
  return { time: formatTime(clock.nowMs()), exclusive, hostname, username, pid, uid, gid };
}

async function removeIfThere(documents: Documents, name: FileId): Promise<void> {
  try {
    await documents.remove('lock', name);
  } catch (error) {
    if (!hasCode(error, 'not-found')) throw error;
  }
}
