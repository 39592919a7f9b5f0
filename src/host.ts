/**
 * Ports to the machine: clock, randomness, processes, threads, and the system calls and byte codecs Node lacks.
 * Everything above takes these as arguments, so that tests can run in a simulated world.
 */
export { BlockCipher, CtrCipher, Poly1305, sha256Into, Zstd } from './host/codec.ts';
export * as syscalls from './host/syscalls.ts';
