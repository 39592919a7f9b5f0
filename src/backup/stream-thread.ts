/** The thread that streams are stored by, each from beginning to end: chunks are cut where those before them ended. */
import { assert } from '../base/assert.ts';
import { startThreads } from '../host.ts';
import type { Vault, WriteSession } from '../vault.ts';
import type { Job, JobDone, WorkerEvent, WorkerSeed } from './jobs.ts';

export interface StoredStream {
  ids: string[];
  bytes: number;
}

export interface StreamReading {
  signal: AbortSignal;
  /** Called with the bytes that were read since the last call. */
  onBytes: (bytes: number) => void;
}

export class StreamThread implements AsyncDisposable {
  readonly #session: WriteSession;
  readonly #pool: ReturnType<typeof startThreads<Job, JobDone, WorkerEvent>>;

  private constructor(session: WriteSession, seed: WorkerSeed) {
    this.#session = session;
    const entry = new URL('./worker.ts', import.meta.url);
    this.#pool = startThreads<Job, JobDone, WorkerEvent>({ entry, count: 1, init: seed });
    this.#pool.onEvent((event) => {
      if (event.kind === 'pack') session.accept(event.pack);
    });
  }

  /** The session has room for one thread more than there are others. */
  static start(vault: Vault, session: WriteSession): StreamThread {
    return new StreamThread(session, {
      writer: session.seed,
      polynomial: vault.config.chunkerPolynomial,
      selection: {},
      policy: { force: true, ignoreCtime: false, ignoreInode: false, withAtime: false, sameReader: false },
    });
  }

  /**
   * Reads a stream to its end; while a part is stored, the next one is waited for, and no more is read ahead.
   * @throws what the stream throws; the reason of the signal, also while the stream is silent
   */
  async store(stream: AsyncIterable<Uint8Array>, { signal, onBytes }: StreamReading): Promise<StoredStream> {
    const ids: string[] = [];
    let bytes = 0;
    const feed = async (part: Uint8Array, isLast: boolean): Promise<void> => {
      const done = await this.#call({ kind: 'stream', bytes: part, isLast });
      assert(done.kind === 'stream', 'a worker answered something else to a stream');
      ids.push(...done.ids);
    };
    let feeding = Promise.resolve();
    for await (const part of partsOf(stream, signal)) {
      await feeding;
      feeding = feed(part, false);
      // Its failure is met with the next part.
      feeding.catch(() => {});
      bytes += part.length;
      onBytes(part.length);
    }
    await feeding;
    await feed(new Uint8Array(0), true);
    return { ids, bytes };
  }

  /** Stores a tree, given as its text. @returns its id */
  async storeTree(text: string): Promise<string> {
    const done = await this.#call({ kind: 'tree', text });
    assert(done.kind === 'tree', 'a worker answered something else to a tree');
    return done.treeId;
  }

  /** Hands over the packs that are begun. */
  async flush(): Promise<void> {
    await this.#call({ kind: 'flush' });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#pool[Symbol.asyncDispose]();
  }

  async #call(job: Job): Promise<JobDone> {
    this.#session.signal.throwIfAborted();
    try {
      return await this.#pool.call(job);
    } catch (error) {
      throw this.#session.causeOf(error);
    }
  }
}

async function* partsOf(stream: AsyncIterable<Uint8Array>, signal: AbortSignal): AsyncGenerator<Uint8Array, void> {
  const parts = stream[Symbol.asyncIterator]();
  let isAtRest = false;
  try {
    for (;;) {
      signal.throwIfAborted();
      const next = await nextOf(parts, signal);
      if (next.done === true) return;
      isAtRest = true;
      yield next.value;
      isAtRest = false;
    }
  } finally {
    // One that is silent cannot be closed before its next part; whoever opened it stops it with the same signal.
    const closed = parts.return?.().catch(() => undefined);
    if (isAtRest) await closed;
  }
}

/** A listener for each part: races with one long-lived promise would leave something behind for each of millions. */
function nextOf(parts: AsyncIterator<Uint8Array>, signal: AbortSignal): Promise<IteratorResult<Uint8Array>> {
  return new Promise((resolve, reject) => {
    const stop = (): void => reject(signal.reason);
    signal.addEventListener('abort', stop, { once: true });
    parts
      .next()
      .then(resolve, reject)
      .finally(() => signal.removeEventListener('abort', stop));
  });
}
