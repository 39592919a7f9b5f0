/** What crosses between a pool and its threads, by structured clone. */
import type { WireError } from '../../base/errors.ts';

export interface JobMessage<Job> {
  id: number;
  job: Job;
}

export type ThreadMessage<Result, Event> =
  | { id: number; result: Result }
  | { id: number; error: WireError }
  | { event: Event }
  /** The thread could not begin its work. */
  | { failed: WireError };
