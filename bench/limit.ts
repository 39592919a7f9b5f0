/**
 * The arithmetic limit: how long the byte work of a backup or a check must take at the least, if all cores did nothing
 * else. Reading, writing, system calls, trees and the index are not in it, and neither is deduplication, which can
 * make a run faster than its limit.
 */
import { availableParallelism } from 'node:os';
import { startThreads } from '../src/host.ts';
import { KERNELS, type Kernel } from './limit/kernels.ts';
import type { InputFacts, Sample } from './limit/sample.ts';
import type { KernelJob, KernelResult } from './limit/thread.ts';

const DURATION_MS = 200;
const REPEATS = 3;

export interface Rates {
  /** Of all cores together; the best of a few measurements. */
  bytesPerSecond: Record<Kernel, number>;
  /** Stored bytes for each byte of the data, without duplicates being left out. */
  storedShare: number;
}

/** Seconds of each step, added up over all bytes. */
export type Steps = Record<string, number>;

export async function measureRates(sample: Sample): Promise<Rates> {
  await using threads = startThreads<KernelJob, KernelResult>({
    entry: new URL('limit/thread.ts', import.meta.url),
    count: availableParallelism(),
    init: sample,
  });
  const bytesPerSecond = Object.fromEntries(KERNELS.map((kernel) => [kernel, 0])) as Record<Kernel, number>;
  let storedShare = 1;
  for (let repeat = 0; repeat < REPEATS; repeat++) {
    for (const kernel of KERNELS) {
      const results = await threads.broadcast({ kernel, durationMs: DURATION_MS });
      const together = results.reduce((sum, result) => sum + result.bytesPerSecond, 0);
      bytesPerSecond[kernel] = Math.max(bytesPerSecond[kernel], together);
      storedShare = results[0]!.storedShare;
    }
  }
  return { bytesPerSecond, storedShare };
}

/** Every blob is hashed, and cut out where its file is large; compressed or looked at; sealed; and its pack is hashed. */
export function backupSteps({ bytes, cutShare }: InputFacts, { bytesPerSecond, storedShare }: Rates): Steps {
  const stored = bytes * storedShare;
  return {
    'hash blobs': bytes / bytesPerSecond.sha256,
    cut: (bytes * cutShare) / bytesPerSecond.chunk,
    compress: bytes / bytesPerSecond.compress,
    encrypt: stored / bytesPerSecond.aes,
    authenticate: stored / bytesPerSecond.poly1305,
    'hash packs': stored / bytesPerSecond.sha256,
  };
}

export function checkSteps({ bytes }: InputFacts, { bytesPerSecond, storedShare }: Rates): Steps {
  const stored = bytes * storedShare;
  return {
    'hash packs': stored / bytesPerSecond.sha256,
    authenticate: stored / bytesPerSecond.poly1305,
    decrypt: stored / bytesPerSecond.aes,
    decompress: bytes / bytesPerSecond.decompress,
    'hash blobs': bytes / bytesPerSecond.sha256,
  };
}

export function total(steps: Steps): number {
  return Object.values(steps).reduce((sum, seconds) => sum + seconds, 0);
}
