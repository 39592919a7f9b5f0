/**
 * The thread that ends the process of a query, which is deaf while SQLite works: when the process that asked is gone, even
 * by a kill, and when it did not end the query at the time limit.
 */
import { parentPort, workerData } from 'node:worker_threads';

export interface GuardStart {
  /** Number of the process that asked. */
  parent: number;
  timeLimitMs: number;
}

const LOOK_EVERY_MS = 500;
/** Timers take no more, and fire at once beyond; a longer limit is left to who asked. */
const TIMER_MS_MAX = 2 ** 31 - 1;

const { parent, timeLimitMs } = workerData as GuardStart;
// Whose parent dies is given another one at once.
setInterval(() => {
  if (process.ppid !== parent) end();
}, LOOK_EVERY_MS);
if (timeLimitMs <= TIMER_MS_MAX) setTimeout(end, timeLimitMs);
parentPort!.postMessage('begun');

function end(): void {
  process.kill(process.pid, 'SIGKILL');
}
