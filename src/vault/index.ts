/** The index of a vault in memory, and the way new packs get into it. */
import type { FileId, PackId } from '../base/ids.ts';
import { INDEX_AGE_MS_MAX, INDEX_BLOBS_MAX } from '../base/limits.ts';
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

/** Loads every index file. @throws {AppError} `file-damaged` naming the file. */
export async function loadIndex(
  documents: Documents,
  { files, storedBytes, signal }: { files: FileId[]; storedBytes: number; signal?: AbortSignal | undefined },
): Promise<VaultIndex> {
  const table = new BlobTable(Math.ceil(storedBytes / STORED_BYTES_PER_BLOB));
  const packs: PackId[] = [];
  const numbers = new Map<PackId, number>();
  const numberOf = (pack: PackId): number => {
    let number = numbers.get(pack);
    if (number === undefined) {
      number = packs.push(pack) - 1;
      numbers.set(pack, number);
    }
    return number;
  };
  const use = (name: FileId, plain: Uint8Array): void => readInto(table, numberOf, { name, plain });
  await documents.loadAll('index', files, { use, signal });
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
  blobs: PackedBlob[];
}

/** Collects durable packs and writes index files: when enough have come together, when they get old, and at the end. */
export class IndexWriter {
  readonly #documents: Documents;
  readonly #clock: Clock;
  #waiting: IndexedPack[] = [];
  #blobs = 0;
  #oldestMs = 0;
  readonly written: FileId[] = [];

  constructor(documents: Documents, clock: Clock) {
    this.#documents = documents;
    this.#clock = clock;
  }

  /** `pack` must be durable already. */
  async add(pack: IndexedPack): Promise<void> {
    if (this.#waiting.length === 0) this.#oldestMs = this.#clock.nowMs();
    this.#waiting.push(pack);
    this.#blobs += pack.blobs.length;
    const isOld = this.#clock.nowMs() - this.#oldestMs > INDEX_AGE_MS_MAX;
    if (this.#blobs >= INDEX_BLOBS_MAX || isOld) await this.flush();
  }

  async flush(): Promise<void> {
    if (this.#waiting.length === 0) return;
    const packs = this.#waiting;
    this.#waiting = [];
    this.#blobs = 0;
    this.written.push(await this.#documents.save('index', encodeIndex(packs)));
  }
}
