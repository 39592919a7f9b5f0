/** What crosses between a pool and its threads, by structured clone. */
import type { WireError } from '../../base/errors.ts';

/** `stop`: begin nothing more, and end. */
export type PoolMessage<Job> = { id: number; job: Job } | 'stop';

/** What a thread is started with. */
export interface ThreadStart<Init> {
  init: Init;
  /** Not 0 once the thread is to begin no more jobs, also none it has been given already. */
  stopped: Int32Array;
}

export type ThreadMessage<Result, Event> =
  | { id: number; result: Result }
  | { id: number; error: WireError }
  | { event: Event }
  /** The thread could not begin its work. */
  | { failed: WireError };
