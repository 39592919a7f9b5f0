/** Trying again what a better moment may let succeed: a host that was not reached, a name that was not resolved. */
import { type AppError, hasCode } from '../base/errors.ts';
import { TRANSFER_PAUSE_MS, TRANSFER_PAUSE_MS_MAX } from '../base/limits.ts';
import type { Clock } from '../host.ts';

export interface RetryEvent {
  error: AppError;
  /** Attempts without progress so far, from 1. */
  attempts: number;
  pauseMs: number;
}

export interface RetryOptions {
  /** Further attempts after the first; those that got further than the ones before do not count. */
  retries: number;
  clock: Clock;
  signal: AbortSignal;
  onRetry?: (event: RetryEvent) => void;
}

/**
 * Pauses double from 5 seconds to 5 minutes.
 * @param attempt calls `progressed` once it is further than the attempt before
 * @throws the error of the last attempt; at once, one that will not go away by itself
 */
export async function retried<T>(
  attempt: (progressed: () => void) => Promise<T>,
  { retries, clock, signal, onRetry }: RetryOptions,
): Promise<T> {
  let attempts = 0;
  for (;;) {
    signal.throwIfAborted();
    try {
      return await attempt(() => {
        attempts = 0;
      });
    } catch (error) {
      signal.throwIfAborted();
      if (!hasCode(error, 'host-unreachable', 'command-timeout') || attempts >= retries) throw error;
      attempts++;
      const pauseMs = Math.min(TRANSFER_PAUSE_MS * 2 ** (attempts - 1), TRANSFER_PAUSE_MS_MAX);
      onRetry?.({ error, attempts, pauseMs });
      await clock.sleep(pauseMs, signal);
    }
  }
}
