/** Loaded before the program that is profiled: writes a CPU profile of each of its threads when the pool stops them. */
import { writeFileSync } from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
import { join } from 'node:path';
import workerThreads, { isMainThread, type WorkerOptions } from 'node:worker_threads';

const SAMPLE_MS = 0.5;
const folder = process.env['BENCH_PROFILES'];

let count = 0;

class ProfiledWorker extends workerThreads.Worker {
  readonly #number = ++count;
  #profile: ReturnType<workerThreads.Worker['startCpuProfile']> | undefined;

  constructor(entry: string | URL, options?: WorkerOptions) {
    super(entry, options);
    // Profiling cannot begin before the thread runs; what its module does on loading is seen from then on.
    this.once('online', () => {
      this.#profile = this.startCpuProfile({ sampleInterval: SAMPLE_MS });
    });
  }

  /** The pool asks a thread to end with the one message that is a string; afterwards there is nothing to take a profile from. */
  override postMessage(message: unknown, transfer?: Parameters<workerThreads.Worker['postMessage']>[1]): void {
    if (message === 'stop') void this.#keep().then(() => super.postMessage(message));
    else super.postMessage(message, transfer as never);
  }

  async #keep(): Promise<void> {
    const profile = await (await this.#profile)?.stop();
    this.#profile = undefined;
    if (profile !== undefined) writeFileSync(join(folder!, `thread-${this.#number}.cpuprofile`), String(profile));
  }
}

if (isMainThread && folder !== undefined) {
  workerThreads.Worker = ProfiledWorker;
  syncBuiltinESMExports();
}
