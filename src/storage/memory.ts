/** A vault in this process's memory, for tests and simulations. */
import { AppError } from '../base/errors.ts';
import type { FileKind, FileRef, LoadOptions, Storage, StoredFile } from '../storage.ts';
import { pathOf } from './layout.ts';
import { rangeWithin } from './range.ts';

const CONNECTIONS = 4;

export function memoryStorage(url = 'memory:'): Storage {
  return new MemoryStorage(url);
}

interface Held {
  kind: FileKind;
  name: string;
  bytes: Uint8Array;
}

class MemoryStorage implements Storage {
  readonly url: string;
  readonly connections = CONNECTIONS;
  /** It stands in for the storages that are less prompt. */
  readonly listsAtOnce = false;
  readonly #files = new Map<string, Held>();

  constructor(url: string) {
    this.url = url;
  }

  async create(): Promise<void> {}

  async *list(kind: FileKind, signal?: AbortSignal): AsyncIterable<StoredFile> {
    signal?.throwIfAborted();
    for (const held of [...this.#files.values()]) {
      signal?.throwIfAborted();
      if (held.kind === kind) yield { name: held.name, size: held.bytes.length };
    }
  }

  async stat(ref: FileRef): Promise<StoredFile> {
    return { name: ref.name, size: this.#held(ref, 'looking at').length };
  }

  async load(ref: FileRef, options: LoadOptions = {}): Promise<Uint8Array> {
    const path = pathOf(ref);
    options.signal?.throwIfAborted();
    const held = this.#held(ref, 'loading');
    const { offset, length } = rangeWithin(`${this.url}${path}`, options, held.length);
    const wanted = held.subarray(offset, offset + length);
    if (options.into === undefined) return wanted.slice();
    options.into.set(wanted);
    return options.into.subarray(0, length);
  }

  async save(ref: FileRef, bytes: Uint8Array, signal?: AbortSignal): Promise<void> {
    const path = pathOf(ref);
    signal?.throwIfAborted();
    // Not slice(), which of a Buffer is no copy.
    this.#files.set(path, { kind: ref.kind, name: ref.name, bytes: new Uint8Array(bytes) });
  }

  async replace(ref: FileRef, bytes: Uint8Array): Promise<void> {
    await this.save(ref, bytes);
  }

  async remove(ref: FileRef): Promise<void> {
    this.#held(ref, 'removing');
    this.#files.delete(pathOf(ref));
  }

  async sweep(): Promise<number> {
    return 0;
  }

  async close(): Promise<void> {}

  #held(ref: FileRef, doing: string): Uint8Array {
    const path = pathOf(ref);
    const held = this.#files.get(path);
    if (held === undefined) throw new AppError('not-found', { detail: `${doing} ${this.url}${path}: no such file` });
    return held.bytes;
  }
}
