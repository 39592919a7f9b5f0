/** Decorator: tries again what may succeed the next time. */
import { AppError, hasCode } from '../base/errors.ts';
import { RETRY_ATTEMPTS_MAX, RETRY_PAUSE_MS, RETRY_PAUSE_MS_MAX, RETRY_TOTAL_MS_MAX } from '../base/limits.ts';
import type { FileKind, Storage, StoredFile } from '../storage.ts';

/** A failed attempt that will be followed by another. */
export interface RetryEvent {
  error: AppError;
  /** Attempts made so far, from 1. */
  attempts: number;
  pauseMs: number;
}

export interface RetryOptions {
  /** Monotonic. */
  nowMs(): number;
  /** Resolves after `ms`; rejects with the signal's reason when it is aborted before. */
  pause(ms: number, signal?: AbortSignal): Promise<void>;
  /** 0 ≤ value < 1. */
  random(): number;
  onRetry?(event: RetryEvent): void;
}

/**
 * Tries calls again whose error says that this can help. Pauses double from 250 ms to 30 s, each drawn from between
 * half and the whole, so that many clients of a storage that failed do not come back in one moment.
 * After the last attempt the error of that attempt is thrown.
 */
export function retryStorage(inner: Storage, options: RetryOptions): Storage {
  const retried = <T>(attempt: Attempt<T>, signal?: AbortSignal): Promise<T> => retry(attempt, options, signal);
  return {
    url: inner.url,
    connections: inner.connections,
    listsAtOnce: inner.listsAtOnce,
    create: () => retried(() => inner.create()),
    list: (kind, signal) => listRetried(inner, kind, (attempt) => retried(attempt, signal), signal),
    stat: (ref) => retried(() => inner.stat(ref)),
    load: (ref, load) => retried(() => inner.load(ref, load), load?.signal),
    save: (ref, bytes, signal) => retried(() => inner.save(ref, bytes, signal), signal),
    replace: (ref, bytes) => retried(() => inner.replace(ref, bytes)),
    remove: (ref) => retried((earlier) => (earlier === 0 ? inner.remove(ref) : removeAgain(inner.remove(ref)))),
    sweep: () => retried(() => inner.sweep()),
    close: () => inner.close(),
  };
}

/** @param earlier attempts made before this one */
type Attempt<T> = (earlier: number) => Promise<T>;

async function retry<T>(attempt: Attempt<T>, options: RetryOptions, signal?: AbortSignal): Promise<T> {
  const beganMs = options.nowMs();
  for (let attempts = 1; ; attempts++) {
    try {
      return await attempt(attempts - 1);
    } catch (error) {
      if (!(error instanceof AppError && error.canRetry)) throw error;
      signal?.throwIfAborted();
      const pauseMs = pauseAfter(attempts, options.random());
      const elapsedMs = options.nowMs() - beganMs;
      if (attempts >= RETRY_ATTEMPTS_MAX || elapsedMs + pauseMs > RETRY_TOTAL_MS_MAX) throw error;
      options.onRetry?.({ error, attempts, pauseMs });
      await options.pause(pauseMs, signal);
    }
  }
}

function pauseAfter(attempts: number, random: number): number {
  const wholeMs = Math.min(RETRY_PAUSE_MS * 2 ** (attempts - 1), RETRY_PAUSE_MS_MAX);
  return wholeMs * (0.5 + random / 2);
}

/** The attempt that failed may have removed the file and lost only the answer. */
async function removeAgain(removal: Promise<void>): Promise<void> {
  try {
    await removal;
  } catch (error) {
    if (!hasCode(error, 'not-found')) throw error;
  }
}

/** A listing that breaks is begun again, and what was handed on already is left out. */
async function* listRetried(
  inner: Storage,
  kind: FileKind,
  retried: (attempt: Attempt<StoredFile | undefined>) => Promise<StoredFile | undefined>,
  signal?: AbortSignal,
): AsyncIterable<StoredFile> {
  const seen = new Set<string>();
  let entries: AsyncIterator<StoredFile> | undefined;
  const next = async (): Promise<StoredFile | undefined> => {
    entries ??= inner.list(kind, signal)[Symbol.asyncIterator]();
    try {
      for (;;) {
        const { done, value } = await entries.next();
        if (done) return undefined;
        if (!seen.has(value.name)) return value;
      }
    } catch (error) {
      entries = undefined;
      throw error;
    }
  };
  try {
    for (let file = await retried(next); file !== undefined; file = await retried(next)) {
      seen.add(file.name);
      yield file;
    }
  } finally {
    await entries?.return?.();
  }
}
