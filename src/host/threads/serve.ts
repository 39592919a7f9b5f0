/** The thread's side of a pool. */
import { parentPort, type Transferable, workerData } from 'node:worker_threads';
import { assert } from '../../base/assert.ts';
import { toWire } from '../../base/errors.ts';
import type { PoolMessage, ThreadMessage, ThreadStart } from './message.ts';

/** Sends something to the pool's `onEvent` in between results; order among them is kept. */
export type Emit<Event> = (event: Event, transfer?: Transferable[]) => void;

/** Does one job. What it throws rejects the call; an AppError arrives with its code. */
export type Handler<Job, Result> = (
  job: Job,
) => Result | Transferred<Result> | Promise<Result> | Promise<Transferred<Result>>;

class Transferred<Result> {
  readonly result: Result;
  readonly list: Transferable[];

  constructor(result: Result, list: Transferable[]) {
    this.result = result;
    this.list = list;
  }
}

export type { Transferred };

/** A result whose buffers in `list` move to the pool instead of being copied; the thread cannot use them any more. */
export function withTransfer<Result>(result: Result, list: Transferable[]): Transferred<Result> {
  return new Transferred(result, list);
}

/**
 * Called once by a thread's module. `begin` gets the pool's `init` and makes the handler; jobs wait until it is there.
 * A handler that is asynchronous may be given further jobs before it is done with the first.
 */
export function serveThread<Init, Job, Result, Event = never>(
  begin: (init: Init, emit: Emit<Event>) => Handler<Job, Result> | Promise<Handler<Job, Result>>,
): void {
  const port = parentPort;
  assert(port !== null, 'serveThread outside a thread');
  const post = (message: ThreadMessage<Result, Event>, transfer: Transferable[] = []): void =>
    port.postMessage(message, transfer);
  const { init, stopped } = workerData as ThreadStart<Init>;
  const open = async (): Promise<void> => {
    const handler = await begin(init, (event, transfer) => post({ event }, transfer));
    port.on('message', (message: PoolMessage<Job>) => {
      if (message === 'stop') port.close();
      else if (Atomics.load(stopped, 0) === 0) void answer(message.id, () => handler(message.job));
    });
  };
  const answer = async (id: number, work: () => ReturnType<Handler<Job, Result>>): Promise<void> => {
    try {
      const given = await work();
      if (given instanceof Transferred) post({ id, result: given.result }, given.list);
      else post({ id, result: given });
    } catch (error) {
      post({ id, error: toWire(error) });
    }
  };
  // Without a handler no job is ever answered: the pool must know why.
  open().catch((error: unknown) => post({ failed: toWire(error) }));
}
