/**
 * Structured concurrency: work started in a group is awaited by the group, and the first failure cancels the rest.
 */
export class TaskGroup {
  readonly #controller = new AbortController();
  readonly #running = new Set<Promise<void>>();
  #failure: { error: unknown } | undefined;

  constructor(signal?: AbortSignal) {
    if (signal?.aborted) this.#controller.abort(signal.reason);
    signal?.addEventListener('abort', () => this.#controller.abort(signal.reason), {
      once: true,
      signal: this.#controller.signal,
    });
  }

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  get size(): number {
    return this.#running.size;
  }

  /** Starts `work`; its failure cancels the group and is thrown by `join`. */
  run(work: (signal: AbortSignal) => Promise<void>): void {
    const task = work(this.signal)
      .catch((error: unknown) => {
        this.#failure ??= { error };
        this.#controller.abort(error);
      })
      .finally(() => this.#running.delete(task));
    this.#running.add(task);
  }

  /** Resolves when everything started has ended. @throws the first failure. */
  async join(): Promise<void> {
    while (this.#running.size > 0) await Promise.all(this.#running);
    if (this.#failure !== undefined) throw this.#failure.error;
  }
}

/** Runs `work` over `items`, at most `width` at a time; the first failure stops the rest and is thrown. */
export async function forEachLimited<T>(
  items: Iterable<T> | AsyncIterable<T>,
  { width, signal }: { width: number; signal?: AbortSignal | undefined },
  work: (item: T, signal: AbortSignal) => Promise<void>,
): Promise<void> {
  const group = new TaskGroup(signal);
  const gate = new Gate(width);
  try {
    for await (const item of items) {
      await gate.enter();
      if (group.signal.aborted) break;
      group.run((inner) => work(item, inner).finally(() => gate.leave()));
    }
  } finally {
    await group.join();
  }
  signal?.throwIfAborted();
}

/** A counting gate: at most `width` holders; others wait in order. */
export class Gate {
  readonly #waiting: (() => void)[] = [];
  #free: number;

  constructor(width: number) {
    this.#free = width;
  }

  async enter(): Promise<void> {
    if (this.#free > 0) {
      this.#free--;
      return;
    }
    await new Promise<void>((resolve) => this.#waiting.push(resolve));
  }

  leave(): void {
    const next = this.#waiting.shift();
    if (next === undefined) this.#free++;
    else next();
  }
}
