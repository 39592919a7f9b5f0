/** Threads for the byte work: a pool that gives out jobs, and what a thread's own module calls. */
export { startThreads, type Threads } from './threads/pool.ts';
export { serveThread } from './threads/serve.ts';
