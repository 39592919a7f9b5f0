import { open } from 'node:fs/promises';

/**
 * Makes renames and removals in directories durable (fsync of the directory). Callers that arrive while a directory is
 * being synced share the next sync: the running one may have begun before their change.
 */
export class DirectorySync {
  readonly #running = new Map<string, Promise<void>>();
  readonly #next = new Map<string, Promise<void>>();

  /** Resolves when a sync of `directory` that began after this call has ended. @throws the system error */
  sync(directory: string): Promise<void> {
    const running = this.#running.get(directory);
    if (running === undefined) return this.#start(directory);
    const waiting = this.#next.get(directory);
    if (waiting !== undefined) return waiting;
    const follow = (): Promise<void> => {
      this.#next.delete(directory);
      return this.#start(directory);
    };
    // The failure of the running sync belongs to those who wait for it; the next one answers for itself.
    const next = running.then(follow, follow);
    this.#next.set(directory, next);
    return next;
  }

  #start(directory: string): Promise<void> {
    const running = syncDirectory(directory).finally(() => {
      if (this.#running.get(directory) === running) this.#running.delete(directory);
    });
    this.#running.set(directory, running);
    return running;
  }
}

async function syncDirectory(directory: string): Promise<void> {
  const handle = await open(directory, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
