/** The thread that the pool's tests start. */
import { parentPort } from 'node:worker_threads';
import { AppError } from '../../base/errors.ts';
import { sha256Into } from '../codec.ts';
import { serveThread, withTransfer } from './serve.ts';

export interface EchoInit {
  shared: SharedArrayBuffer;
  failToBegin?: boolean;
}

export type EchoJob =
  | { kind: 'echo' | 'emit'; value: unknown }
  | { kind: 'wait'; ms: number }
  | { kind: 'transfer'; bytes: Uint8Array<ArrayBuffer> }
  | { kind: 'count' | 'refuse' | 'bug' | 'uncaught' | 'exit' | 'uncloneable' };

serveThread<EchoInit, EchoJob, unknown, unknown>((init, emit) => {
  if (init.failToBegin) throw new AppError('vault-version', { detail: 'too new' });
  // Loads native code, as every thread of ours does.
  sha256Into(new Uint8Array(1), new Uint8Array(32));
  const counter = new Int32Array(init.shared);
  let running = 0;
  return async (job) => {
    switch (job.kind) {
      case 'echo':
        return job.value;
      case 'emit':
        emit(job.value);
        return 'emitted';
      case 'wait': {
        running++;
        await new Promise((resolve) => setTimeout(resolve, job.ms));
        return running--;
      }
      case 'transfer':
        job.bytes[0]!++;
        return withTransfer(job.bytes, [job.bytes.buffer]);
      case 'count':
        return Atomics.add(counter, 0, 1);
      case 'refuse':
        throw new AppError('refused', { detail: 'not today', hint: 'Ask tomorrow.' });
      case 'bug':
        throw new TypeError('a mistake');
      case 'uncaught':
        setImmediate(() => {
          throw new Error('nobody caught this');
        });
        return new Promise(() => {});
      case 'exit':
        parentPort?.close();
        return new Promise(() => {});
      case 'uncloneable':
        return () => {};
    }
  };
});
