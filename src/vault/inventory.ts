/**
 * What the index files of a vault say, file by file and pack by pack: the view that checking, pruning and repairing need,
 * where `index.ts` only answers where a blob lies.
 */
import { type AppError, hasCode } from '../base/errors.ts';
import type { FileId, PackId } from '../base/ids.ts';
import { DOCUMENT_LOADS_MAX } from '../base/limits.ts';
import { forEachLimited } from '../base/tasks.ts';
import { BlobTable } from './blob-table.ts';
import { readIndex } from './index-file.ts';
import type { PackedBlob } from './model.ts';
import { PACK_FRAME_BYTES } from './pack-file.ts';
import { headerEntrySize } from './pack-header.ts';
import type { Vault } from './vault.ts';

/** Index entries take about this many bytes once compressed and sealed; only a first guess at the table's size. */
const STORED_BYTES_PER_BLOB = 55;

export interface IndexFile {
  name: FileId;
  /** Numbers of the packs it names. */
  packs: number[];
  blobs: number;
}

export interface DamagedFile {
  name: FileId;
  error: AppError;
}

export interface InventoryOptions {
  /** Hears of index files that cannot be read, which are then left out; without it the first one is thrown. */
  onDamaged?: ((file: DamagedFile) => void) | undefined;
  signal?: AbortSignal | undefined;
}

/** Blobs and packs have numbers here: a blob's is its entry in `table`. */
export class Inventory {
  readonly table: BlobTable;
  readonly packs: readonly PackId[];
  readonly files: readonly IndexFile[];
  /** Numbers of all blobs, ordered by pack and by place in it; shared memory. */
  readonly order: Uint32Array;
  /** Where in `order` the blobs of each pack begin, and the end of the last. */
  readonly starts: Uint32Array;

  constructor(table: BlobTable, packs: readonly PackId[], files: readonly IndexFile[]) {
    this.table = table;
    this.packs = packs;
    this.files = files;
    this.starts = startsOf(table, packs.length);
    this.order = orderOf(table, this.starts);
  }

  /** Numbers of the blobs in a pack, by their place in it. */
  blobsOf(pack: number): Uint32Array {
    return this.order.subarray(this.starts[pack], this.starts[pack + 1]);
  }

  packedBlob(blob: number): PackedBlob {
    const { table } = this;
    return {
      id: table.idOf(blob),
      kind: table.kindOf(blob),
      offset: table.offsetOf(blob),
      length: table.lengthOf(blob),
      uncompressedLength: table.uncompressedLengthOf(blob),
    };
  }

  /** The size a pack file has when what is indexed is all there is in it. */
  sizeOf(pack: number): number {
    let size = PACK_FRAME_BYTES;
    for (const blob of this.blobsOf(pack)) size += this.table.lengthOf(blob) + this.entrySize(blob);
    return size;
  }

  /** What a blob adds to the header of its pack. */
  entrySize(blob: number): number {
    return headerEntrySize({ uncompressedLength: this.table.uncompressedLengthOf(blob) });
  }

  /** The number of the first copy of a blob; the same for all copies. */
  firstCopy(blob: number): number {
    return this.table.find(this.table.kindOf(blob), this.table.idBytesOf(blob));
  }

  /** Packs that more than one index file names. */
  repeatedPacks(): number[] {
    const times = new Uint8Array(this.packs.length);
    for (const file of this.files) for (const pack of file.packs) times[pack] = Math.min(2, times[pack]! + 1);
    return [...times.keys()].filter((pack) => times[pack] === 2);
  }
}

/**
 * Reads every index file. A pack named by several of them has each blob once.
 * @throws {AppError} `file-damaged` naming the file, unless `onDamaged` is there to hear of it
 */
export async function takeInventory(vault: Vault, { onDamaged, signal }: InventoryOptions = {}): Promise<Inventory> {
  const names: FileId[] = [];
  let storedBytes = 0;
  for await (const file of vault.parts.storage.list('index', signal)) {
    names.push(file.name as FileId);
    storedBytes += file.size;
  }
  const reader = new InventoryReader(Math.ceil(storedBytes / STORED_BYTES_PER_BLOB));
  await forEachLimited(names, { width: DOCUMENT_LOADS_MAX, signal }, async (name, inner) => {
    try {
      reader.read(name, await vault.documents.load('index', name, inner));
    } catch (error) {
      if (onDamaged === undefined || !hasCode(error, 'file-damaged')) throw error;
      onDamaged({ name, error });
    }
  });
  return new Inventory(reader.table, reader.packs, reader.files);
}

class InventoryReader {
  readonly table: BlobTable;
  readonly packs: PackId[] = [];
  readonly files: IndexFile[] = [];
  readonly #numbers = new Map<PackId, number>();

  constructor(blobs: number) {
    this.table = new BlobTable(blobs);
  }

  read(name: FileId, plain: Uint8Array): void {
    const file: IndexFile = { name, packs: [], blobs: 0 };
    const named = new Set<number>();
    let pack = 0;
    let isKnown = false;
    readIndex(plain, {
      name: `index ${name}`,
      pack: (id) => {
        const before = this.packs.length;
        pack = this.#numberOf(id);
        isKnown = pack < before;
        if (!named.has(pack)) file.packs.push(pack);
        named.add(pack);
      },
      blob: (id, kind, offset, length, uncompressedLength) => {
        file.blobs++;
        if (isKnown && this.#has(pack, kind, { id, offset })) return;
        this.table.add(id, { kind, pack, offset, length, uncompressedLength });
      },
    });
    this.files.push(file);
  }

  #numberOf(id: PackId): number {
    const known = this.#numbers.get(id);
    if (known !== undefined) return known;
    const number = this.packs.push(id) - 1;
    this.#numbers.set(id, number);
    return number;
  }

  #has(pack: number, kind: PackedBlob['kind'], { id, offset }: { id: Uint8Array; offset: number }): boolean {
    const { table } = this;
    const first = table.find(kind, id);
    if (first < 0) return false;
    const copies = table.findAll(kind, table.idOf(first));
    return copies.some((copy) => table.packOf(copy) === pack && table.offsetOf(copy) === offset);
  }
}

function startsOf(table: BlobTable, packs: number): Uint32Array {
  const starts = new Uint32Array(new SharedArrayBuffer((packs + 1) * 4));
  for (let blob = 0; blob < table.count; blob++) starts[table.packOf(blob) + 1]!++;
  for (let pack = 0; pack < packs; pack++) starts[pack + 1]! += starts[pack]!;
  return starts;
}

function orderOf(table: BlobTable, starts: Uint32Array): Uint32Array {
  const order = new Uint32Array(new SharedArrayBuffer(table.count * 4));
  const next = starts.slice();
  for (let blob = 0; blob < table.count; blob++) order[next[table.packOf(blob)]!++] = blob;
  for (let pack = 0; pack + 1 < starts.length; pack++) {
    const blobs = order.subarray(starts[pack], starts[pack + 1]);
    if (!isOrdered(table, blobs)) blobs.sort((a, b) => table.offsetOf(a) - table.offsetOf(b));
  }
  return order;
}

function isOrdered(table: BlobTable, blobs: Uint32Array): boolean {
  return blobs.every((blob, i) => i === 0 || table.offsetOf(blobs[i - 1]!) <= table.offsetOf(blob));
}
