/** Whether the target has room for what is to come. */
import { formatBytes } from '../base/bytes.ts';
import { AppError } from '../base/errors.ts';
import type { Archive, ShelfEnd } from './model.ts';

/** What the target said last, less what has gone there since. */
export class TargetRoom {
  readonly #target: ShelfEnd;
  #freeBytes = 0;

  constructor(target: ShelfEnd) {
    this.#target = target;
  }

  /** Asks the target when what is known does not make sure of room for `bytes`. */
  async look(bytes: number): Promise<void> {
    if (this.#freeBytes < bytes) this.#freeBytes = await this.#target.freeBytes();
  }

  /** After `look`: counts `bytes` of the archive as taken. @throws {AppError} `storage-full` before anything was sent in vain */
  need({ path }: Archive, bytes: number): void {
    if (this.#freeBytes < bytes)
      throw new AppError('storage-full', {
        detail: `${this.#target.address}: ${formatBytes(this.#freeBytes)} free, ${path} needs ${formatBytes(bytes)}`,
        hint: 'Free space there, or purge: holdfast shelf purge',
      });
    this.#freeBytes -= bytes;
  }
}
