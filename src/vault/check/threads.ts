/** Where the byte work of a check is done. */
import { startThreads } from '../../host.ts';
import { type CheckDone, type CheckJob, type CheckSeed, createChecker } from './jobs.ts';

export interface CheckThreads extends AsyncDisposable {
  call(job: CheckJob): Promise<CheckDone>;
}

/** `count` threads; with 0 the work is done right here, which suits small vaults. */
export function startCheckThreads(seed: CheckSeed, count: number): CheckThreads {
  if (count > 0)
    return startThreads<CheckJob, CheckDone>({ entry: new URL('./worker.ts', import.meta.url), count, init: seed });
  const check = createChecker(seed);
  return { call: async (job) => check(job), [Symbol.asyncDispose]: async () => {} };
}
