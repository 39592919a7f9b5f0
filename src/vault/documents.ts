/**
 * The sealed JSON files of a vault (index, snapshots, locks) and its config: name checked against content on the way in,
 * sealed and durable on the way out.
 */
import { createHash } from 'node:crypto';
import { AppError } from '../base/errors.ts';
import { type FileId, fileId } from '../base/ids.ts';
import { DOCUMENT_LOADS_MAX } from '../base/limits.ts';
import { forEachLimited } from '../base/tasks.ts';
import type { FileKind, FileRef, Storage } from '../storage.ts';
import { SEAL_OVERHEAD, type Sealer } from './seal.ts';
import { decodeUnpacked, encodeUnpacked } from './unpacked.ts';

export type DocumentKind = Extract<FileKind, 'index' | 'snapshot' | 'lock'>;

export class Documents {
  readonly #storage: Storage;
  readonly #sealer: Sealer;
  readonly #version: number;

  /** `version` is the vault's: version 1 stores its documents uncompressed. */
  constructor(storage: Storage, sealer: Sealer, version: number) {
    this.#storage = storage;
    this.#sealer = sealer;
    this.#version = version;
  }

  /** Whether what is saved shows in the next list, whoever asks. */
  get listsAtOnce(): boolean {
    return this.#storage.listsAtOnce;
  }

  /** Seals and stores a document, as text or its bytes, durably. @returns its name. */
  async save(kind: DocumentKind, document: string | Uint8Array): Promise<FileId> {
    const plain = typeof document === 'string' ? Buffer.from(document) : document;
    const sealed = sealBytes(this.#sealer, this.#version === 1 ? plain : encodeUnpacked(plain));
    const name = nameOf(sealed);
    await this.#storage.save({ kind, name }, sealed);
    return name;
  }

  /** @throws {AppError} `not-found`; `file-damaged` when name, tag or compression do not fit. */
  async load(kind: DocumentKind, name: FileId, signal?: AbortSignal): Promise<Uint8Array> {
    const sealed = await this.#storage.load({ kind, name }, signal === undefined ? {} : { signal });
    if (nameOf(sealed) !== name) throw damaged({ kind, name }, 'its content does not match its name');
    const plain = this.#sealer.open(sealed);
    if (plain === undefined) throw damaged({ kind, name }, 'its authentication tag is wrong');
    return decodeUnpacked(plain, `${kind} ${name}`);
  }

  /** Names of all files of a kind. */
  async list(kind: DocumentKind, signal?: AbortSignal): Promise<FileId[]> {
    const names: FileId[] = [];
    for await (const file of this.#storage.list(kind, signal)) names.push(fileId(file.name));
    return names;
  }

  /** Loads all files named, several at a time; `use` gets them in no particular order. */
  async loadAll(
    kind: DocumentKind,
    names: readonly FileId[],
    { use, signal }: { use: (name: FileId, plain: Uint8Array) => void; signal?: AbortSignal | undefined },
  ): Promise<void> {
    await forEachLimited(names, { width: DOCUMENT_LOADS_MAX, signal }, async (name, inner) => {
      use(name, await this.load(kind, name, inner));
    });
  }

  async remove(kind: DocumentKind, name: FileId): Promise<void> {
    await this.#storage.remove({ kind, name });
  }
}

export function sealBytes(sealer: Sealer, plain: Uint8Array): Uint8Array {
  const sealed = new Uint8Array(plain.length + SEAL_OVERHEAD);
  sealer.sealFrom(plain, sealed);
  return sealed;
}

export function nameOf(stored: Uint8Array): FileId {
  return createHash('sha256').update(stored).digest('hex') as FileId;
}

export function damaged(ref: FileRef, why: string): AppError {
  return new AppError('file-damaged', { detail: `${ref.kind} ${ref.name}: ${why}` });
}
