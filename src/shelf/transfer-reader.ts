/** Reading an archive at its source once, for the target and for both digests. */
import type { Digester, DigestRun } from './digest.ts';
import type { Digests, ShelfEnd } from './model.ts';

export interface ReaderOptions {
  source: ShelfEnd;
  path: string;
  digester: Digester;
  signal: AbortSignal;
}

/** One reading, from the first byte on. Dispose of it. */
export class ArchiveReader implements AsyncDisposable {
  readonly #pieces: AsyncIterator<Uint8Array>;
  readonly #run: DigestRun;
  readonly #signal: AbortSignal;
  /** Read, and behind what was asked for. */
  #ahead: Uint8Array | undefined;
  #ended = false;

  constructor({ source, path, digester, signal }: ReaderOptions) {
    this.#pieces = source.read(path, 0, signal)[Symbol.asyncIterator]();
    this.#run = digester.begin();
    this.#signal = signal;
  }

  /** Reads the first `bytes`, or what there is. @returns the digests of what was read */
  async skip(bytes: number): Promise<Digests> {
    while (this.#run.bytes < bytes) {
      const piece = await this.#next();
      if (piece === undefined) break;
      const wanted = bytes - this.#run.bytes;
      if (piece.length > wanted) this.#ahead = piece.subarray(wanted);
      await this.#run.update(piece.subarray(0, wanted));
    }
    return await this.#run.soFar();
  }

  /** All that was not read yet. @param onBytes told the bytes read from the start on */
  async *rest(onBytes: (bytes: number) => void): AsyncGenerator<Uint8Array> {
    for (let piece = await this.#next(); piece !== undefined; piece = await this.#next()) {
      this.#signal.throwIfAborted();
      await this.#run.update(piece);
      yield piece;
      onBytes(this.#run.bytes);
    }
  }

  /** Of all that was read. */
  async end(): Promise<Digests> {
    this.#ended = true;
    return await this.#run.end();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#pieces.return?.();
    if (!this.#ended) await this.#run.drop();
  }

  async #next(): Promise<Uint8Array | undefined> {
    const ahead = this.#ahead;
    this.#ahead = undefined;
    if (ahead !== undefined) return ahead;
    const { done, value } = await this.#pieces.next();
    return done === true ? undefined : value;
  }
}
