/** A sleep that can be cut short, once for each `wake`, which may come before it. */
import type { Clock } from '../host.ts';

export class Nap {
  readonly #clock: Clock;
  #isWoken = false;
  #sleeping: AbortController | undefined;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  wake(): void {
    this.#isWoken = true;
    this.#sleeping?.abort();
  }

  /** Resolves after `ms`, or when woken, or when `signal` is aborted. */
  async sleep(ms: number, signal: AbortSignal): Promise<void> {
    const sleeping = new AbortController();
    const stop = (): void => sleeping.abort();
    signal.addEventListener('abort', stop, { once: true });
    this.#sleeping = sleeping;
    try {
      if (!this.#isWoken && !signal.aborted) await this.#clock.sleep(ms, sleeping.signal);
    } catch (error) {
      if (!sleeping.signal.aborted) throw error;
    } finally {
      signal.removeEventListener('abort', stop);
      this.#sleeping = undefined;
      this.#isWoken = false;
    }
  }
}
