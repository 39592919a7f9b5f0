/**
 * One transfer at a time to a target. The lock is a small file in its root that says who holds it and is written anew
 * every so often; who finds one watches it. Clocks of two machines are never compared: a lock that stands still for longer
 * than its holder would let it is stale, and so is one of a process of this machine that is gone.
 */
import { AppError, hasCode } from '../base/errors.ts';
import { LOCK_SETTLE_MS, TRANSFER_BEAT_MS, TRANSFER_STALE_MS } from '../base/limits.ts';
import { type Clock, isProcessAlive, type Random } from '../host.ts';
import type { ShelfEnd } from './model.ts';
import { partialPath } from './partial.ts';

const NAME = '.holdfast-transfer';
/** Named as what is still arriving, which is what listings take it for. */
export const LOCK_PATH = partialPath(NAME);
const POLL_MS = 3000;

export interface LockOptions {
  target: ShelfEnd;
  /** Who asks, as `processIdentity` names processes. */
  identity: string;
  /** See `lockToken`. */
  token: string;
  clock: Clock;
  signal: AbortSignal;
  /** Told once, when another one holds the lock and is being watched. */
  onWatch?: (holder: string) => void;
}

interface Mark {
  holder: string;
  token: string;
  beat: number;
}

/** One for all attempts to take a lock: a lock that was taken without our learning of it is still known for ours. */
export function lockToken(random: Random): string {
  return Buffer.from(random.bytes(12)).toString('hex');
}

/** What an attempt that was killed may leave beside the lock. */
export function isLockLitter(path: string): boolean {
  return path.startsWith(`${NAME}.`) && path !== LOCK_PATH;
}

/**
 * Takes the lock. Dispose of it: that gives it back.
 * @throws {AppError} `shelf-busy` when another transfer holds it
 */
export async function takeLock(options: LockOptions): Promise<TransferLock> {
  const { token, identity, clock, signal, target } = options;
  const mark: Mark = { holder: identity, token, beat: 0 };
  while (!(await create(mark, options))) {
    const seen = await readMark(target);
    if (seen?.token === token) break;
    if (seen !== undefined) await giveUpOrRemove(seen, token, options);
  }
  // Where renaming is not one step on the other side, two may believe to have it; the one whose mark stays does.
  await clock.sleep(LOCK_SETTLE_MS, signal);
  await checkMark(token, target);
  return new TransferLock(mark, options);
}

export class TransferLock implements AsyncDisposable {
  readonly #options: LockOptions;
  readonly #ended = new AbortController();
  readonly #lost = new AbortController();
  readonly #beating: Promise<void>;
  #mark: Mark;

  constructor(mark: Mark, options: LockOptions) {
    this.#mark = mark;
    this.#options = options;
    this.#beating = this.#beat();
  }

  /** Aborted when somebody else has taken the lock over. */
  get lost(): AbortSignal {
    return this.#lost.signal;
  }

  /** @throws {AppError} `shelf-busy` when the lock is no longer ours */
  async check(): Promise<void> {
    await checkMark(this.#mark.token, this.#options.target);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#ended.abort();
    await this.#beating;
    try {
      const seen = await readMark(this.#options.target);
      if (seen?.token === this.#mark.token) await this.#options.target.remove(LOCK_PATH);
    } catch (error) {
      // It will be found stale by the next transfer; what this one has done counts all the same.
      if (!isPassing(error)) throw error;
    }
  }

  async #beat(): Promise<void> {
    const { clock, target } = this.#options;
    try {
      for (;;) {
        await clock.sleep(TRANSFER_BEAT_MS, this.#ended.signal);
        await this.#writeAnew(target);
      }
    } catch (error) {
      if (!this.#ended.signal.aborted) this.#lost.abort(error);
    }
  }

  async #writeAnew(target: ShelfEnd): Promise<void> {
    try {
      await this.check();
      this.#mark = { ...this.#mark, beat: this.#mark.beat + 1 };
      await target.place(LOCK_PATH, JSON.stringify(this.#mark));
    } catch (error) {
      // The transfer itself meets the same trouble, and tries again or gives up.
      if (!isPassing(error)) throw error;
    }
  }
}

/** @returns false when there is a lock */
async function create(mark: Mark, { target, clock, signal }: LockOptions): Promise<boolean> {
  const own = partialPath(NAME, mark.token);
  await target.write(own, 0, once(JSON.stringify(mark)), signal);
  try {
    await target.rename(own, LOCK_PATH, clock.nowMs());
    return true;
  } catch (error) {
    // Not found: taken for litter by a transfer that has just ended.
    if (!hasCode(error, 'refused', 'not-found')) throw error;
    await target.remove(own);
    return false;
  }
}

async function checkMark(token: string, target: ShelfEnd): Promise<void> {
  const seen = await readMark(target);
  if (seen?.token !== token) throw busy(target, seen?.holder ?? 'one that has ended');
}

/** Resolves when the lock that was seen is gone. @throws {AppError} `shelf-busy` when it is alive */
async function giveUpOrRemove(seen: Mark, token: string, options: LockOptions): Promise<void> {
  const { target } = options;
  if (isProcessAlive(seen.holder)) {
    const now = await watch(seen, options);
    if (now === undefined) return;
    if (now.token !== seen.token || now.beat !== seen.beat) throw busy(target, now.holder);
  }
  // Moved before it is removed: of two that do this only one moves this very lock.
  const old = partialPath(NAME, `${token}-old`);
  try {
    await target.rename(LOCK_PATH, old, options.clock.nowMs());
  } catch (error) {
    if (!hasCode(error, 'not-found')) throw error;
    return;
  }
  const moved = await readMark(target, old);
  if (moved !== undefined && moved.token !== seen.token) {
    await putBack(old, options);
    throw busy(target, moved.holder);
  }
  await target.remove(old);
}

/** A third one may have taken the lock meanwhile; then that is how it is, and the holder will learn of it. */
async function putBack(old: string, { target, clock }: LockOptions): Promise<void> {
  try {
    await target.rename(old, LOCK_PATH, clock.nowMs());
  } catch (error) {
    if (!hasCode(error, 'refused')) throw error;
    await target.remove(old);
  }
}

/** @returns the lock as it is once it has changed or stood still for long enough; undefined when it has gone */
async function watch(seen: Mark, { target, clock, signal, onWatch }: LockOptions): Promise<Mark | undefined> {
  onWatch?.(seen.holder);
  const beganMs = clock.monotonicMs();
  for (;;) {
    await clock.sleep(POLL_MS, signal);
    const now = await readMark(target);
    const isSame = now?.token === seen.token && now.beat === seen.beat;
    if (!isSame || clock.monotonicMs() - beganMs >= TRANSFER_STALE_MS) return now;
  }
}

/** @returns undefined when there is none. One that is no lock of ours stands still, and is removed in the end. */
async function readMark(target: ShelfEnd, path = LOCK_PATH): Promise<Mark | undefined> {
  let text: string;
  try {
    text = Buffer.concat(await Array.fromAsync(target.read(path, 0, new AbortController().signal))).toString();
  } catch (error) {
    if (!hasCode(error, 'not-found')) throw error;
    return undefined;
  }
  return parseMark(text) ?? { holder: 'unknown', token: text, beat: 0 };
}

function parseMark(text: string): Mark | undefined {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    return undefined;
  }
  if (typeof value !== 'object' || value === null) return undefined;
  const { holder, token, beat } = value as Partial<Record<keyof Mark, unknown>>;
  const isMark = typeof holder === 'string' && typeof token === 'string' && typeof beat === 'number';
  return isMark ? { holder, token, beat } : undefined;
}

async function* once(text: string): AsyncGenerator<Uint8Array> {
  yield Buffer.from(text);
}

function isPassing(error: unknown): boolean {
  return hasCode(error, 'host-unreachable', 'command-timeout');
}

function busy(target: ShelfEnd, holder: string): AppError {
  return new AppError('shelf-busy', { detail: `${target.address}, by process ${holder}` });
}
