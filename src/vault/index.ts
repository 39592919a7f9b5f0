/** The index of a vault in memory, and the way new packs get into it. */
import type { FileId, PackId } from '../base/ids.ts';
import { INDEX_AGE_MS_MAX, INDEX_BLOBS_MAX, INDEX_NEW_BYTES_MIN, INDEX_NEW_DIVISOR } from '../base/limits.ts';
import type { Clock } from '../host.ts';
import { BlobTable } from './blob-table.ts';
import type { Documents } from './documents.ts';
import { encodeIndex, readIndex } from './index-file.ts';
import type { PackedBlob } from './model.ts';

/** Index entries take about this many bytes once compressed and sealed; only a first guess at the table's size. */
const STORED_BYTES_PER_BLOB = 55;

export interface VaultIndex {
  table: BlobTable;
  /** Pack names by the numbers the table uses. */
  packs: PackId[];
  /** The index files it was made from. */
  files: FileId[];
}

export interface IndexRequest {
  /** Every index file there is. */
  files: FileId[];
  /** Their sizes in the storage together, bytes. */
  storedBytes: number;
  /** What an earlier run kept of some of them; added to. */
  cached?: VaultIndex | undefined;
  signal?: AbortSignal | undefined;
}

/** Loads every index file that is not in what is cached. @throws {AppError} `file-damaged` naming the file. */
export async function loadIndex(documents: Documents, request: IndexRequest): Promise<VaultIndex> {
  const { files, cached, signal } = request;
  const table = cached?.table ?? new BlobTable(Math.ceil(request.storedBytes / STORED_BYTES_PER_BLOB));
  const packs: PackId[] = cached?.packs ?? [];
  const numbers = new Map<PackId, number>(packs.map((pack, number) => [pack, number]));
  const numberOf = (pack: PackId): number => {
    let number = numbers.get(pack);
    if (number === undefined) {
      number = packs.push(pack) - 1;
      numbers.set(pack, number);
    }
    return number;
  };
  const known = new Set(cached?.files);
  const missing = files.filter((file) => !known.has(file));
  const use = (name: FileId, plain: Uint8Array): void => readInto(table, numberOf, { name, plain });
  await documents.loadAll('index', missing, { use, signal });
  return { table, packs, files };
}

function readInto(
  table: BlobTable,
  numberOf: (pack: PackId) => number,
  file: { name: FileId; plain: Uint8Array },
): void {
  let current = 0;
  readIndex(file.plain, {
    name: `index ${file.name}`,
    pack: (id) => {
      current = numberOf(id);
    },
    blob: (id, kind, offset, length, uncompressedLength) => {
      table.add(id, { kind, pack: current, offset, length, uncompressedLength });
    },
  });
}

export interface IndexedPack {
  pack: PackId;
  readonly blobs: readonly PackedBlob[];
  /** How many they are, where `blobs` is made when asked for. */
  blobCount?: number;
  /** Size of a pack that this run has stored; absent for one that the vault had before. */
  newBytes?: number;
}

/**
 * Collects durable packs and writes index files: when enough have come together, when they get old, and at the end.
 * New packs are indexed early enough that a run that is killed has to repeat at most an eighth of what it had stored,
 * or 1 GiB; as that grows with the run, even a large first backup gets only a few dozen index files more.
 */
export class IndexWriter {
  readonly #documents: Documents;
  readonly #clock: Clock;
  #waiting: IndexedPack[] = [];
  #blobs = 0;
  #oldestMs = 0;
  /** Bytes of new packs that wait, and that are indexed. */
  #newBytes = 0;
  #indexedBytes = 0;
  readonly written: FileId[] = [];

  constructor(documents: Documents, clock: Clock) {
    this.#documents = documents;
    this.#clock = clock;
  }

  /** `pack` must be durable already. */
  async add(pack: IndexedPack): Promise<void> {
    if (this.#waiting.length === 0) this.#oldestMs = this.#clock.nowMs();
    this.#waiting.push(pack);
    this.#blobs += pack.blobCount ?? pack.blobs.length;
    this.#newBytes += pack.newBytes ?? 0;
    const isOld = this.#clock.nowMs() - this.#oldestMs > INDEX_AGE_MS_MAX;
    const isMuch = this.#newBytes >= Math.max(INDEX_NEW_BYTES_MIN, this.#indexedBytes / INDEX_NEW_DIVISOR);
    if (this.#blobs >= INDEX_BLOBS_MAX || isOld || isMuch) await this.flush();
  }

  /** Packs whose index file could not be stored go on waiting, for the next attempt. */
  async flush(): Promise<void> {
    if (this.#waiting.length === 0) return;
    const [packs, blobs, bytes] = [this.#waiting, this.#blobs, this.#newBytes];
    this.#waiting = [];
    this.#blobs = 0;
    this.#newBytes = 0;
    try {
      this.written.push(await this.#documents.save('index', encodeIndex(packs)));
    } catch (error) {
      this.#waiting.push(...packs);
      this.#blobs += blobs;
      this.#newBytes += bytes;
      throw error;
    }
    this.#indexedBytes += bytes;
  }
}
