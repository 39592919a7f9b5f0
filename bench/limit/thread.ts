/** One of the threads that run a kernel at the same time. */
import { serveThread } from '../../src/host.ts';
import { type Kernel, loadKernels } from './kernels.ts';
import type { Sample } from './sample.ts';

export interface KernelJob {
  kernel: Kernel;
  durationMs: number;
}

export interface KernelResult {
  bytesPerSecond: number;
  storedShare: number;
}

serveThread<Sample, KernelJob, KernelResult>((sample) => {
  const { rounds, storedShare } = loadKernels(sample);
  return ({ kernel, durationMs }) => {
    const begin = performance.now();
    let bytes = 0;
    while (performance.now() - begin < durationMs) bytes += rounds[kernel]();
    return { bytesPerSecond: (1000 * bytes) / (performance.now() - begin), storedShare };
  };
});
