import { setTimeout as wait } from 'node:timers/promises';
import { TIMER_MS_MAX } from './timer.ts';

/** Time, as an argument. */
export interface Clock {
  /** Milliseconds since 1970 by the wall clock, which may jump. */
  nowMs(): number;
  /** Milliseconds since some start, never going back: for measuring. */
  monotonicMs(): number;
  /** Resolves after `ms`. @throws the signal's reason when it is aborted first. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
}

export const systemClock: Clock = {
  nowMs: () => Date.now(),
  monotonicMs: () => performance.now(),
  sleep: sleepBySystem,
};

async function sleepBySystem(ms: number, signal?: AbortSignal): Promise<void> {
  for (let left = ms; left > 0; left -= TIMER_MS_MAX) {
    await wait(Math.min(left, TIMER_MS_MAX), undefined, signal === undefined ? {} : { signal }).catch(() => {});
    signal?.throwIfAborted();
  }
}

interface Sleeper {
  wakeMs: number;
  wake: () => void;
}

/** A clock for tests, at `startMs` milliseconds since 1970: it stands still until `advance` is called. */
export function fixedClock(startMs = 0): FixedClock {
  return new FixedClock(startMs);
}

/** Sleepers wake in the order of their times. */
class FixedClock implements Clock {
  readonly #startMs: number;
  #elapsedMs = 0;
  #sleepers: Sleeper[] = [];

  constructor(startMs: number) {
    this.#startMs = startMs;
  }

  nowMs(): number {
    return this.#startMs + this.#elapsedMs;
  }

  monotonicMs(): number {
    return this.#elapsedMs;
  }

  /** How many wait for time to pass. */
  get sleeping(): number {
    return this.#sleepers.length;
  }

  sleep(ms: number, signal?: AbortSignal): Promise<void> {
    if (signal?.aborted) return Promise.reject(signal.reason);
    return new Promise((resolve, reject) => {
      const sleeper = { wakeMs: this.#elapsedMs + Math.max(0, ms), wake: resolve };
      this.#sleepers.push(sleeper);
      signal?.addEventListener(
        'abort',
        () => {
          this.#sleepers = this.#sleepers.filter((each) => each !== sleeper);
          reject(signal.reason);
        },
        { once: true },
      );
    });
  }

  /** Lets `ms` pass. What a woken sleeper does, and sleeps for within this span, happens before this resolves. */
  async advance(ms: number): Promise<void> {
    const endMs = this.#elapsedMs + ms;
    await settle();
    for (let next = this.#nextUntil(endMs); next !== undefined; next = this.#nextUntil(endMs)) {
      this.#elapsedMs = next.wakeMs;
      next.wake();
      await settle();
    }
    this.#elapsedMs = endMs;
  }

  /** Takes out the earliest sleeper due by `endMs`; among equals the one that slept first. */
  #nextUntil(endMs: number): Sleeper | undefined {
    let next: Sleeper | undefined;
    for (const each of this.#sleepers)
      if (each.wakeMs <= endMs && (next === undefined || each.wakeMs < next.wakeMs)) next = each;
    this.#sleepers = this.#sleepers.filter((each) => each !== next);
    return next;
  }
}

/** Lets every promise that can go on do so. */
function settle(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
