/**
 * Where a vault's files live. This door is the port; adapters (`storage/local`, …) and decorators (`storage/retry`,
 * `storage/fault`, …) are in the folder. Names and layout follow the restic format: `config`, and flat sets of
 * files named by the SHA-256 of their bytes. The port knows nothing of what is inside a file.
 *
 * Guarantees every adapter gives, kept by `storage/contract.ts`:
 * - `save` resolves only when the file is durable under its final name, whole and with all its bytes; until then no
 *   reader sees it, whatever crashes. Saving a name that exists is allowed for equal content and never harms the old file.
 * - `list` yields only finished files with well-formed names, each once; strangers and temporary files are left out.
 * - Errors carry a registry code: `not-found`, `storage-full`, `storage-denied`, `storage-failed`; only the last can be retried.
 */
export type FileKind = 'config' | 'key' | 'snapshot' | 'index' | 'lock' | 'pack';

export interface FileRef {
  kind: FileKind;
  /** 64 hex digits; `config` for the one file of kind `config`. */
  name: string;
}

export interface StoredFile {
  name: string;
  /** Bytes. */
  size: number;
}

export interface LoadOptions {
  /** First byte; 0 when absent. */
  offset?: number;
  /** Bytes to read; up to the end of the file when absent. */
  length?: number;
  /** Read into the start of this buffer instead of a new one; it must have room for `length` (then required) bytes. */
  into?: Uint8Array;
  signal?: AbortSignal;
}

export interface Storage {
  /** Address for messages, without secrets. */
  readonly url: string;
  /** How many requests at a time this storage likes; callers keep to it. */
  readonly connections: number;
  /**
   * Whether every list that begins after a save has ended shows what was saved, to whoever asks: directories promise
   * that (also on NFS, where making a file renews what the client knows of the directory), object stores may not.
   */
  readonly listsAtOnce: boolean;
  /** Makes the empty layout. Idempotent. */
  create(): Promise<void>;
  list(kind: FileKind, signal?: AbortSignal): AsyncIterable<StoredFile>;
  /** @throws {AppError} `not-found` */
  stat(ref: FileRef): Promise<StoredFile>;
  /** @throws {AppError} `not-found`; `file-damaged` when the file ends before `offset + length`. */
  load(ref: FileRef, options?: LoadOptions): Promise<Uint8Array>;
  /** The bytes must not change until this resolves. */
  save(ref: FileRef, bytes: Uint8Array, signal?: AbortSignal): Promise<void>;
  /** Replaces the one file that may be replaced, `config`, atomically where the storage can. */
  replace(ref: FileRef, bytes: Uint8Array): Promise<void>;
  /** @throws {AppError} `not-found` */
  remove(ref: FileRef): Promise<void>;
  /**
   * Removes what saves that were killed have left behind and no listing shows, on storages where there is such a thing.
   * The caller is alone with the vault. @returns bytes freed
   */
  sweep(): Promise<number>;
  close(): Promise<void>;
}

export { faultStorage } from './storage/fault.ts';
export { memoryStorage } from './storage/memory.ts';
export { openStorage } from './storage/open.ts';
