/**
 * Which job runs next. The newest goes first, so that a tree is worked on depth first and few directories are open at a
 * time; a bounded number is with the threads, so that none of them ever waits for the next.
 */
import { JOBS_PER_THREAD_MAX } from '../base/limits.ts';

interface Waiting<Job, Result> {
  prepare: () => Job | Promise<Job>;
  resolve: (result: Result) => void;
  reject: (error: unknown) => void;
}

export class Schedule<Job, Result> {
  readonly #waiting: Waiting<Job, Result>[] = [];
  readonly #call: (job: Job) => Promise<Result>;
  readonly #threads: number;
  readonly #width: number;
  readonly #signal: AbortSignal;
  #running = 0;

  constructor(parts: { call: (job: Job) => Promise<Result>; threads: number; signal: AbortSignal }) {
    this.#call = parts.call;
    this.#threads = parts.threads;
    this.#width = parts.threads * JOBS_PER_THREAD_MAX;
    this.#signal = parts.signal;
    this.#signal.addEventListener('abort', () => this.#rejectAll(), { once: true });
  }

  get hasIdleThread(): boolean {
    return this.#running < this.#threads;
  }

  /** `prepare` makes the job when its turn has come, so that what waits in line takes no memory. */
  run(prepare: () => Job | Promise<Job>): Promise<Result> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ prepare, resolve, reject });
      this.#pump();
    });
  }

  #pump(): void {
    while (this.#running < this.#width) {
      const next = this.#waiting.pop();
      if (next === undefined) return;
      if (this.#signal.aborted) {
        next.reject(this.#signal.reason);
        continue;
      }
      this.#running++;
      this.#start(next.prepare)
        .then(next.resolve, next.reject)
        .finally(() => {
          this.#running--;
          this.#pump();
        });
    }
  }

  async #start(prepare: () => Job | Promise<Job>): Promise<Result> {
    return await this.#call(await prepare());
  }

  #rejectAll(): void {
    for (const { reject } of this.#waiting.splice(0)) reject(this.#signal.reason);
  }
}
