/** An opened vault: its documents, its index, its blobs. What the other files of the folder do to a vault starts here. */
import { AppError, hasCode } from '../base/errors.ts';
import type { BlobId, FileId, PackId, SnapshotId } from '../base/ids.ts';
import { INDEX_CACHE_BLOBS_MIN } from '../base/limits.ts';
import type { Cache, Clock, Identity } from '../host.ts';
import type { Storage } from '../storage.ts';
import { BlobReader, type BlobReaderSeed } from './blob-reader.ts';
import type { BlobTable } from './blob-table.ts';
import { reasonOf } from './check/finding.ts';
import type { VaultConfig } from './config-file.ts';
import { Documents } from './documents.ts';
import { IndexWriter, loadIndex, type VaultIndex } from './index.ts';
import { loadCachedIndex, saveCachedIndex } from './index-cache.ts';
import { acquireLock, type LockRequest, type VaultLock } from './lock.ts';
import type { BlobKind, BlobPlace, Snapshot, SnapshotDocument, Tree } from './model.ts';
import { NearbyBlobs } from './nearby.ts';
import { type MasterKey, Sealer } from './seal.ts';
import { decodeSnapshot, encodeSnapshot, parseTime } from './snapshot.ts';
import { decodeTree } from './tree.ts';
import { type WriteOptions, WriteSession } from './write-session.ts';

/** What of the machine a vault needs. */
export interface VaultSurroundings {
  clock: Clock;
  identity: Identity;
}

export interface VaultParts extends VaultSurroundings {
  storage: Storage;
  key: MasterKey;
  /** Name of the key file that opened the vault. */
  keyId: FileId;
  config: VaultConfig;
  /** A place of this vault's own to keep what would otherwise be loaded again. */
  cache?: Cache | undefined;
}

/** A tree as it lies in a pack. */
interface SealedTree {
  pack: string;
  sealed: Uint8Array;
  uncompressedLength: number;
}

export class Vault implements AsyncDisposable {
  readonly config: VaultConfig;
  readonly keyId: FileId;
  readonly documents: Documents;
  readonly #parts: VaultParts;
  readonly #reader: BlobReader;
  #index: Promise<VaultIndex> | undefined;
  #trees: NearbyBlobs | undefined;

  constructor(parts: VaultParts) {
    this.#parts = parts;
    this.config = parts.config;
    this.keyId = parts.keyId;
    this.documents = new Documents(parts.storage, new Sealer(parts.key), parts.config.version);
    this.#reader = new BlobReader(parts.key);
  }

  /** Address for messages, without secrets. */
  get url(): string {
    return this.#parts.storage.url;
  }

  /** Name of this machine, for new snapshots. */
  get hostname(): string {
    return this.#parts.identity.hostname;
  }

  /** The parts, for the files of this folder only; the door does not export them. */
  get parts(): VaultParts {
    return this.#parts;
  }

  /** @throws {AppError} `vault-locked` */
  async lock(request: LockRequest): Promise<VaultLock> {
    const { clock, identity } = this.#parts;
    return await acquireLock({ documents: this.documents, clock, identity }, request);
  }

  /** All snapshots, oldest first. @throws {AppError} `file-damaged` naming the snapshot. */
  async listSnapshots(signal?: AbortSignal): Promise<Snapshot[]> {
    const snapshots: Snapshot[] = [];
    const use = (id: FileId, plain: Uint8Array): void => {
      const document = decodeSnapshot(plain, id);
      snapshots.push({ ...document, id, timeMs: parseTime(document.time) });
    };
    await this.documents.loadAll('snapshot', await this.documents.list('snapshot', signal), { use, signal });
    return snapshots.sort((a, b) => a.timeMs - b.timeMs || (a.id < b.id ? -1 : 1));
  }

  async saveSnapshot(document: SnapshotDocument): Promise<SnapshotId> {
    return await this.documents.save('snapshot', encodeSnapshot(document));
  }

  async removeSnapshot(id: SnapshotId): Promise<void> {
    await this.documents.remove('snapshot', id);
  }

  /** The index, loaded once. List snapshots before this: then everything they need is in it. */
  async index(signal?: AbortSignal): Promise<VaultIndex> {
    this.#index ??= this.#loadIndex(signal);
    return await this.#index;
  }

  /**
   * Keeps an index that was loaded before our lock was certain only if all its files are still there: what others removed
   * before that must not be taken for stored. Packs go after the index files that name them, so this tells.
   */
  async confirmIndex(signal?: AbortSignal): Promise<void> {
    const index = await this.#index?.catch(() => undefined);
    const present = new Set(await this.documents.list('index', signal));
    if (index === undefined || index.files.some((file) => !present.has(file))) this.dropIndex();
  }

  /** Forgets the loaded index, after the vault was changed by us. */
  dropIndex(): void {
    this.#index = undefined;
    this.#trees = undefined;
  }

  /** What threads need to open blobs: the key, and where each blob lies, on shared memory. */
  async readerSeed(signal?: AbortSignal): Promise<BlobReaderSeed> {
    const { table } = await this.index(signal);
    return { key: this.#parts.key, table: table.share() };
  }

  /** Begins adding blobs; the caller holds a lock. */
  async beginWriting(options: WriteOptions): Promise<WriteSession> {
    return await WriteSession.begin(this, options);
  }

  /** A writer of index files for packs that are durable. */
  indexWriter(): IndexWriter {
    return new IndexWriter(this.documents, this.#parts.clock);
  }

  /** Where a blob lies. @throws {AppError} `blob-missing` */
  async placeOf(kind: BlobKind, id: BlobId): Promise<BlobPlace> {
    const { table, packs } = await this.index();
    return table.placeOf(entryOf(table, kind, id), packs);
  }

  /**
   * A blob's plaintext, tried from each pack that has it.
   * @throws {AppError} `blob-missing` when no index names it; `file-damaged` or `not-found` when no copy is good.
   */
  async loadBlob(kind: BlobKind, id: BlobId, signal?: AbortSignal): Promise<Uint8Array> {
    const { table, packs } = await this.index(signal);
    let failure: AppError | undefined;
    for (const entry of table.findAll(kind, id)) {
      try {
        return await this.loadBlobAt(id, table.placeOf(entry, packs), signal);
      } catch (error) {
        if (!hasCode(error, 'file-damaged', 'not-found')) throw error;
        failure ??= error;
      }
    }
    throw failure ?? missing(kind, id);
  }

  /** The plaintext of the blob at a known place. @throws {AppError} `file-damaged`, `not-found` */
  async loadBlobAt(id: BlobId, place: BlobPlace, signal?: AbortSignal): Promise<Uint8Array> {
    const { pack: name, offset, length, uncompressedLength } = place;
    const options = signal === undefined ? { offset, length } : { offset, length, signal };
    const sealed = await this.#parts.storage.load({ kind: 'pack', name }, options);
    try {
      return this.#reader.open(sealed, { id, uncompressedLength }).slice();
    } catch (error) {
      if (!hasCode(error, 'file-damaged')) throw error;
      throw new AppError('file-damaged', { detail: `pack ${name}, ${reasonOf(error)}`, cause: error });
    }
  }

  /** A tree's text; its neighbours come cheap afterwards. @throws {AppError} as `loadBlob` */
  async loadTreeText(id: BlobId, signal?: AbortSignal): Promise<Uint8Array> {
    signal?.throwIfAborted();
    try {
      const found = await this.loadSealedTree(id);
      if (found !== undefined) return this.#reader.open(found.sealed, { id, ...found }).slice();
    } catch (error) {
      if (!hasCode(error, 'file-damaged', 'not-found')) throw error;
    }
    // Once more by itself: a segment may have been torn in transit, and there may be another copy.
    return await this.loadBlob('tree', id, signal);
  }

  /** @throws {AppError} as `loadBlob`; `tree-invalid` */
  async loadTree(id: BlobId, signal?: AbortSignal): Promise<Tree> {
    return decodeTree(await this.loadTreeText(id, signal));
  }

  /**
   * A tree as it lies in the vault, in memory of its own; its neighbours come cheap afterwards.
   * @returns undefined when no index names it. @throws {AppError} `not-found`, `file-damaged`
   */
  async loadSealedTree(id: BlobId): Promise<SealedTree | undefined> {
    const index = await this.index();
    const entry = index.table.findHex('tree', id);
    if (entry < 0) return undefined;
    this.#trees ??= new NearbyBlobs(this.#parts.storage, index);
    const { pack, uncompressedLength } = index.table.placeOf(entry, index.packs);
    return { pack, sealed: await this.#trees.load(entry), uncompressedLength };
  }

  /** Sealed bytes as they lie in the storage, into a buffer of the caller; workers open them. */
  async loadSealed(pack: PackId, range: { offset: number; length: number; into?: Uint8Array }): Promise<Uint8Array> {
    return await this.#parts.storage.load({ kind: 'pack', name: pack }, range);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#parts.storage.close();
  }

  async #loadIndex(signal: AbortSignal | undefined): Promise<VaultIndex> {
    const { storage, cache } = this.#parts;
    const files: FileId[] = [];
    let storedBytes = 0;
    for await (const file of storage.list('index', signal)) {
      files.push(file.name as FileId);
      storedBytes += file.size;
    }
    const sealer = new Sealer(this.#parts.key);
    const cached = cache === undefined ? undefined : await loadCachedIndex(cache, sealer, files);
    const before = cached?.table.count ?? 0;
    const index = await loadIndex(this.documents, { files, storedBytes, cached, signal });
    const isGrown = index.table.count - before >= INDEX_CACHE_BLOBS_MIN;
    if (cache !== undefined && isGrown) await saveCachedIndex(cache, sealer, index);
    return index;
  }
}

function entryOf(table: BlobTable, kind: BlobKind, id: BlobId): number {
  const entry = table.findHex(kind, id);
  if (entry < 0) throw missing(kind, id);
  return entry;
}

function missing(kind: BlobKind, id: BlobId): AppError {
  return new AppError('blob-missing', { detail: `${kind} blob ${id}` });
}
