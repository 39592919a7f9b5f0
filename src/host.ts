/**
 * Ports to the machine: clock, randomness, processes, threads, and the system calls and byte codecs Node lacks.
 * Everything above takes these as arguments, so that tests can run in a simulated world.
 */
export { type Cache, directoryCache } from './host/cache.ts';
export { type Clock, systemClock } from './host/clock.ts';
export * as codec from './host/codec.ts';
export { type Identity, systemIdentity } from './host/identity.ts';
export { isProcessAlive, processIdentity } from './host/process-identity.ts';
export { systemProcesses } from './host/processes/system.ts';
export type { Processes } from './host/processes.ts';
export { type Random, systemRandom } from './host/random.ts';
export * as simulated from './host/simulated.ts';
export * as ssh from './host/ssh.ts';
export * as syscalls from './host/syscalls.ts';
export { serveThread, startThreads, type Threads } from './host/threads.ts';
export { startTimer } from './host/timer.ts';
export * as together from './host/together.ts';
