/**
 * Which job runs next. The newest goes first, so that a tree is worked on depth first and few directories are open at a
 * time; a bounded number is with the threads, so that none of them ever waits for the next. A window of a large file takes
 * so long that it is alone with its thread: the next one is for whoever is free first.
 */
import { JOBS_PER_THREAD_MAX } from '../base/limits.ts';

/** What a job takes of a thread's room, out of JOBS_PER_THREAD_MAX. */
export type Weight = 'small' | 'large';

interface Waiting<Job, Result> {
  weight: Weight;
  prepare: () => Job | Promise<Job>;
  resolve: (result: Result) => void;
  reject: (error: unknown) => void;
}

export class Schedule<Job, Result> {
  readonly #waiting: Waiting<Job, Result>[] = [];
  readonly #call: (job: Job, places: number) => Promise<Result>;
  readonly #width: number;
  readonly #signal: AbortSignal;
  /** Places taken. */
  #taken = 0;

  constructor(parts: { call: (job: Job, places: number) => Promise<Result>; threads: number; signal: AbortSignal }) {
    this.#call = parts.call;
    this.#width = parts.threads * JOBS_PER_THREAD_MAX;
    this.#signal = parts.signal;
    this.#signal.addEventListener('abort', () => this.#rejectAll(), { once: true });
  }

  get isEmpty(): boolean {
    return this.#waiting.length === 0;
  }

  /** `prepare` makes the job when its turn has come, so that what waits in line takes no memory. */
  run(prepare: () => Job | Promise<Job>, weight: Weight = 'small'): Promise<Result> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ weight, prepare, resolve, reject });
      this.#pump();
    });
  }

  #pump(): void {
    for (let next = this.#waiting.at(-1); next !== undefined; next = this.#waiting.at(-1)) {
      const places = next.weight === 'large' ? JOBS_PER_THREAD_MAX : 1;
      if (this.#taken + places > this.#width) return;
      this.#waiting.pop();
      if (this.#signal.aborted) next.reject(this.#signal.reason);
      else this.#begin(next, places);
    }
  }

  #begin({ prepare, resolve, reject }: Waiting<Job, Result>, places: number): void {
    this.#taken += places;
    this.#start(prepare, places)
      .then(resolve, reject)
      .finally(() => {
        this.#taken -= places;
        this.#pump();
      });
  }

  async #start(prepare: () => Job | Promise<Job>, places: number): Promise<Result> {
    return await this.#call(await prepare(), places);
  }

  #rejectAll(): void {
    for (const { reject } of this.#waiting.splice(0)) reject(this.#signal.reason);
  }
}
