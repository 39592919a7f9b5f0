/**
 * The loaded index, kept between runs: reading it back takes a tenth of the time of reading the index files.
 * It is sealed with the vault's key, so that it tells nobody anything, and whatever was changed in it shows.
 *
 * Layout before sealing, little-endian: u32 version, blobs, slots, packs, files · ids of the index files it was made from ·
 * names of the packs · ids, places and slots of the blob table.
 */
import { type FileId, hexAt, ID_BYTES, idBytes, type PackId } from '../base/ids.ts';
import { INDEX_CACHE_BLOBS_MAX, INDEX_CACHE_BLOBS_MIN } from '../base/limits.ts';
import type { Cache } from '../host.ts';
import { BlobTable } from './blob-table.ts';
import { sealBytes } from './documents.ts';
import type { VaultIndex } from './index.ts';
import type { Sealer } from './seal.ts';

const VERSION = 1;
const HEADER_WORDS = 5;
const NAME = 'index';

/** The index as it was cached, when all files it was made from are still there. */
export async function loadCachedIndex(
  cache: Cache,
  sealer: Sealer,
  files: readonly FileId[],
): Promise<VaultIndex | undefined> {
  const sealed = await cache.load(NAME);
  const plain = sealed === undefined ? undefined : sealer.open(sealed);
  const index = plain === undefined ? undefined : decode(plain);
  const present = new Set(files);
  return index?.files.every((file) => present.has(file)) ? index : undefined;
}

/** Keeps an index that is large enough to be worth it and small enough to be held twice. */
export async function saveCachedIndex(cache: Cache, sealer: Sealer, index: VaultIndex): Promise<void> {
  const { count } = index.table;
  if (count < INDEX_CACHE_BLOBS_MIN || count > INDEX_CACHE_BLOBS_MAX) return;
  await cache.save(NAME, sealBytes(sealer, encode(index)));
}

function encode({ table, packs, files }: VaultIndex): Uint8Array {
  const { ids, places, slots, count } = table.share();
  const parts = [
    Uint32Array.of(VERSION, count, slots.byteLength / 4, packs.length, files.length),
    ...files.map(idBytes),
    ...packs.map(idBytes),
    new Uint8Array(ids, 0, count * BlobTable.idBytes),
    new Uint8Array(places, 0, count * BlobTable.placeBytes),
    new Uint8Array(slots),
  ].map((part) => Buffer.from(part.buffer, part.byteOffset, part.byteLength));
  return Buffer.concat(parts);
}

/** @returns undefined when it is of another version or its lengths do not add up */
function decode(plain: Uint8Array): VaultIndex | undefined {
  if (plain.length < HEADER_WORDS * 4) return undefined;
  const header = new DataView(plain.buffer, plain.byteOffset);
  const [version, count, slotCount, packCount, fileCount] = Array.from({ length: HEADER_WORDS }, (_, word) =>
    header.getUint32(word * 4, true),
  ) as [number, number, number, number, number];
  const names = (packCount + fileCount) * ID_BYTES;
  const blobs = count * (BlobTable.idBytes + BlobTable.placeBytes);
  if (version !== VERSION || plain.length !== HEADER_WORDS * 4 + names + blobs + slotCount * 4) return undefined;
  let at = HEADER_WORDS * 4;
  const take = (length: number): Uint8Array => {
    at += length;
    return plain.subarray(at - length, at);
  };
  const files = namesIn(take(fileCount * ID_BYTES)) as FileId[];
  const packs = namesIn(take(packCount * ID_BYTES)) as PackId[];
  const ids = shared(take(count * BlobTable.idBytes));
  const places = shared(take(count * BlobTable.placeBytes));
  const table = new BlobTable(0, { ids, places, slots: shared(take(slotCount * 4)), count });
  return { table, packs, files };
}

function namesIn(bytes: Uint8Array): string[] {
  return Array.from({ length: bytes.length / ID_BYTES }, (_, name) => hexAt(bytes, name * ID_BYTES));
}

function shared(bytes: Uint8Array): SharedArrayBuffer {
  const memory = new SharedArrayBuffer(bytes.length);
  new Uint8Array(memory).set(bytes);
  return memory;
}
