/** The pool's side of its threads. */
import { setTimeout } from 'node:timers/promises';
import { SHARE_ENV, type Transferable, Worker, type WorkerOptions } from 'node:worker_threads';
import { assert } from '../../base/assert.ts';
import { AppError, fromWire, textOf } from '../../base/errors.ts';
import { Gate } from '../../base/tasks.ts';
import type { PoolMessage, ThreadMessage, ThreadStart } from './message.ts';

/** Two, so that a thread finds the next job waiting when it has finished one. */
const JOBS_IN_FLIGHT_MAX = 2;

export interface ThreadOptions {
  /** The module that calls `serveThread`, as a URL relative to the module that names it: the build rewrites it. */
  entry: URL;
  count: number;
  /** Given to every thread by structured clone; SharedArrayBuffers in it are shared. */
  init: unknown;
  /** Jobs given to one thread before it has answered; further calls wait in order. 2 when absent. */
  jobsInFlightMax?: number;
}

/**
 * Starts threads that wait for jobs. Returns at once; calls made before the threads are up are queued.
 * Measured for two threads up to the first reply: 65 ms of CPU in the built program; 200 ms from source, where each thread
 * loads Node's type stripper. A job there and back costs about 30 µs on both sides together: send batches.
 */
export function startThreads<Job, Result, Event = never>(options: ThreadOptions): Threads<Job, Result, Event> {
  return new Threads(options);
}

/**
 * Threads that do byte work, each in the order it was given.
 * Once a thread has died (uncaught error, exit) the pool is broken: its own calls and all later ones fail with
 * `worker-failed`, calls on other threads still end by themselves. Until disposed of, the pool keeps the process alive.
 */
export class Threads<Job, Result, Event = never> implements AsyncDisposable {
  readonly #threads: PoolThread<Job, Result, Event>[];
  readonly #gate: Gate;
  #listener: ((event: Event, thread: number) => void) | undefined;

  constructor({ entry, count, init, jobsInFlightMax = JOBS_IN_FLIGHT_MAX }: ThreadOptions) {
    assert(count > 0 && jobsInFlightMax > 0, 'at least one thread and one job');
    this.#gate = new Gate(count * jobsInFlightMax);
    this.#threads = Array.from({ length: count }, (_, index) => {
      const stopped = new Int32Array(new SharedArrayBuffer(4));
      const workerData: ThreadStart<unknown> = { init, stopped };
      const worker = new Worker(entry, { workerData, ...WORKER_OPTIONS });
      return new PoolThread<Job, Result, Event>({ worker, stopped }, (event) => this.#listener?.(event, index));
    });
  }

  get count(): number {
    return this.#threads.length;
  }

  /**
   * Gives the job to the least busy thread, waiting while all are busy. Buffers in `transfer` move there.
   * @param weight how many ordinary jobs it is as long as
   */
  async call(job: Job, transfer?: Transferable[], weight = 1): Promise<Result> {
    await this.#gate.enter();
    try {
      return await this.#leastBusy().call(job, transfer, weight);
    } finally {
      this.#gate.leave();
    }
  }

  /** Gives the job to one thread, 0 ≤ `thread` < `count`, behind what it already has; never waits for room. */
  callOn(thread: number, job: Job, transfer?: Transferable[]): Promise<Result> {
    const chosen = this.#threads[thread];
    assert(chosen !== undefined, 'thread number');
    return chosen.call(job, transfer);
  }

  /** Gives the job to every thread. @returns their results in the order of the threads. */
  broadcast(job: Job): Promise<Result[]> {
    return Promise.all(this.#threads.map((thread) => thread.call(job)));
  }

  /** Sets who hears what threads emit; events nobody listens for are dropped. */
  onEvent(listener: (event: Event, thread: number) => void): void {
    this.#listener = listener;
  }

  /**
   * Ends the threads, each after the job it is at, or where it is when that takes seconds; calls still open fail with
   * `interrupted`.
   */
  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.#threads.map((thread) => thread.stop()));
  }

  /** @throws the failure of a thread that has died. */
  #leastBusy(): PoolThread<Job, Result, Event> {
    let chosen = this.#threads[0]!;
    for (const thread of this.#threads) {
      if (thread.failure !== undefined) throw thread.failure;
      if (thread.busy < chosen.busy) chosen = thread;
    }
    return chosen;
  }
}

/**
 * Output goes straight to the process's own, the environment is shared instead of copied, flags of the process are not
 * repeated, and descriptors are the thread's own business: Node would warn of those that system calls opened.
 * Strings made by the million die young; more room for them takes memory and saves no time that could be measured.
 */
const YOUNG_GENERATION_MIB = 16;

const WORKER_OPTIONS: WorkerOptions = {
  stdout: false,
  stderr: false,
  execArgv: [],
  env: SHARE_ENV,
  trackUnmanagedFds: false,
  resourceLimits: { maxYoungGenerationSizeMb: YOUNG_GENERATION_MIB },
};

/**
 * A thread that is terminated while it loads native code takes the whole process with it, so that is for those that are
 * stuck: a job takes a tenth of a second, loading the program from source on a busy machine a few.
 */
const STOP_GRACE_MS = 5_000;

interface OpenCall<Result> {
  resolve: (result: Result) => void;
  reject: (error: Error) => void;
  weight: number;
}

class PoolThread<Job, Result, Event> {
  readonly #worker: Worker;
  readonly #stopped: Int32Array;
  readonly #exited: Promise<void>;
  readonly #emit: (event: Event) => void;
  readonly #open = new Map<number, OpenCall<Result>>();
  #nextId = 0;
  #busy = 0;
  #failure: Error | undefined;

  constructor({ worker, stopped }: { worker: Worker; stopped: Int32Array }, emit: (event: Event) => void) {
    this.#worker = worker;
    this.#stopped = stopped;
    this.#exited = new Promise((resolve) => worker.once('exit', () => resolve()));
    this.#emit = emit;
    worker.on('message', (message: ThreadMessage<Result, Event>) => this.#receive(message));
    worker.on('messageerror', (error) => this.#fail(died(textOf(error))));
    worker.on('error', (error) => this.#fail(died(error instanceof Error ? (error.stack ?? error.message) : error)));
    worker.on('exit', (code) => this.#fail(died(`it ended with code ${code}`)));
  }

  /** Weight of the jobs given and not yet answered. */
  get busy(): number {
    return this.#busy;
  }

  get failure(): Error | undefined {
    return this.#failure;
  }

  call(job: Job, transfer: Transferable[] = [], weight = 1): Promise<Result> {
    return new Promise((resolve, reject) => {
      if (this.#failure !== undefined) throw this.#failure;
      const id = this.#nextId++;
      this.#worker.postMessage({ id, job } satisfies PoolMessage<Job>, transfer);
      this.#open.set(id, { resolve, reject, weight });
      this.#busy += weight;
    });
  }

  async stop(): Promise<void> {
    this.#fail(new AppError('interrupted', { detail: 'the threads were stopped' }));
    Atomics.store(this.#stopped, 0, 1);
    this.#worker.postMessage('stop' satisfies PoolMessage<Job>);
    const ended = new AbortController();
    const grace = setTimeout(STOP_GRACE_MS, undefined, { signal: ended.signal }).catch(() => undefined);
    await Promise.race([this.#exited, grace]);
    ended.abort();
    await this.#worker.terminate();
  }

  #receive(message: ThreadMessage<Result, Event>): void {
    if ('event' in message) this.#emit(message.event);
    else if ('failed' in message) this.#fail(fromWire(message.failed));
    else if ('error' in message) this.#take(message.id)?.reject(fromWire(message.error));
    else this.#take(message.id)?.resolve(message.result);
  }

  #take(id: number): OpenCall<Result> | undefined {
    const call = this.#open.get(id);
    this.#open.delete(id);
    this.#busy -= call?.weight ?? 0;
    return call;
  }

  /** The first failure is the cause; what follows it is not told. */
  #fail(error: Error): void {
    this.#failure ??= error;
    for (const call of this.#open.values()) call.reject(this.#failure);
    this.#open.clear();
  }
}

function died(detail: unknown): AppError {
  return new AppError('worker-failed', { detail: String(detail) });
}
