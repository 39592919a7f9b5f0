/** Loads trees, and those needed next ahead of time, as each is a request of its own to the storage. */
import type { BlobId } from '../base/ids.ts';
import { RESTORE_TREES_AHEAD_MAX } from '../base/limits.ts';
import { type Tree, treeText, type Vault } from '../vault.ts';

export class TreeLoader {
  readonly #vault: Vault;
  readonly #signal: AbortSignal;
  readonly #ahead = new Map<BlobId, Promise<Uint8Array>>();

  constructor(vault: Vault, signal: AbortSignal) {
    this.#vault = vault;
    this.#signal = signal;
  }

  /** @throws {AppError} as `Vault.loadTree` */
  async load(id: BlobId): Promise<Tree> {
    const known = this.#ahead.get(id);
    this.#ahead.delete(id);
    return treeText.decodeTree(await (known ?? this.#start(id)));
  }

  /** Begins to load what will be asked for next, as long as not much is waiting. */
  expect(id: BlobId): boolean {
    if (this.#ahead.size >= RESTORE_TREES_AHEAD_MAX) return false;
    if (this.#ahead.has(id)) return true;
    const loading = this.#start(id);
    // Whoever asks for it hears of the failure.
    loading.catch(() => undefined);
    this.#ahead.set(id, loading);
    return true;
  }

  async #start(id: BlobId): Promise<Uint8Array> {
    this.#signal.throwIfAborted();
    return await this.#vault.loadTreeText(id, this.#signal);
  }
}
