/**
 * Which job runs next. The newest goes first, so that a tree is worked on depth first and few directories are open at a
 * time; a bounded number is with the threads, so that none of them ever waits for the next.
 */
import { JOBS_PER_THREAD_MAX } from '../base/limits.ts';

interface Waiting<Job, Result> {
  job: Job;
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

  run(job: Job): Promise<Result> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ job, resolve, reject });
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
      this.#call(next.job)
        .then(next.resolve, next.reject)
        .finally(() => {
          this.#running--;
          this.#pump();
        });
    }
  }

  #rejectAll(): void {
    for (const { reject } of this.#waiting.splice(0)) reject(this.#signal.reason);
  }
}
