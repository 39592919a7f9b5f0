/** A pack as a file: where its header lies and how long it must be. */
import { AppError, hasCode } from '../base/errors.ts';
import type { PackId } from '../base/ids.ts';
import { PACK_HEADER_BYTES_MAX } from '../base/limits.ts';
import type { Storage } from '../storage.ts';
import { BlobReader } from './blob-reader.ts';
import type { PackedBlob } from './model.ts';
import { decodePackHeader } from './pack-header.ts';
import { type MasterKey, SEAL_OVERHEAD } from './seal.ts';

/** The word at the end of a pack that says how long the sealed header is. */
export const LENGTH_BYTES = 4;
/** What a pack has beside its blobs and their header entries: the seal of the header and the word with its length. */
export const PACK_FRAME_BYTES = SEAL_OVERHEAD + LENGTH_BYTES;
/** Read from the end of a pack at first: the headers of most packs fit, and a request costs more than the bytes. */
const TAIL_BYTES = 8 * 1024;

/**
 * Reads the header of a stored pack.
 * @param size of the file, bytes
 * @throws {AppError} `file-damaged` naming the pack; `not-found`
 */
export async function loadPackHeader(
  { storage, key }: { storage: Storage; key: MasterKey },
  { name, size }: { name: PackId; size: number },
): Promise<PackedBlob[]> {
  const load = (length: number): Promise<Uint8Array> =>
    storage.load({ kind: 'pack', name }, { offset: size - length, length });
  const tail = await load(Math.min(size, TAIL_BYTES));
  const length = headerLength(tail, size, name) + LENGTH_BYTES;
  const end = length <= tail.length ? tail.subarray(tail.length - length) : await load(length);
  return openHeader(end, new BlobReader(key), { name, size });
}

/** Sealed length of a pack's header. `end` is the last part of the pack. @throws {AppError} `file-damaged` */
export function headerLength(end: Uint8Array, size: number, name: string): number {
  if (end.length < LENGTH_BYTES) throw damaged(name, 'is cut off');
  const length = new DataView(end.buffer, end.byteOffset).getUint32(end.length - LENGTH_BYTES, true);
  if (length < SEAL_OVERHEAD || length + LENGTH_BYTES > size || length > PACK_HEADER_BYTES_MAX)
    throw damaged(name, `says its header has ${length} bytes`);
  return length;
}

/**
 * Opens the header in place; `end` begins with it and ends with the pack.
 * @throws {AppError} `file-damaged` when it is not authentic, or not of a pack of this size
 */
export function openHeader(
  end: Uint8Array,
  reader: BlobReader,
  { name, size }: { name: string; size: number },
): PackedBlob[] {
  const sealed = end.subarray(0, end.length - LENGTH_BYTES);
  const blobs = decodePackHeader(openSealed(sealed, reader, name));
  const blobBytes = blobs.reduce((sum, { length }) => sum + length, 0);
  const expected = blobBytes + end.length;
  if (expected !== size) throw damaged(name, `has ${size} bytes where its header tells of ${expected}`);
  return blobs;
}

function openSealed(sealed: Uint8Array, reader: BlobReader, name: string): Uint8Array {
  try {
    return reader.openUnnamed(sealed, 0, name);
  } catch (error) {
    if (!hasCode(error, 'file-damaged')) throw error;
    throw damaged(name, 'has a header whose authentication tag is wrong');
  }
}

function damaged(name: string, why: string): AppError {
  return new AppError('file-damaged', { detail: `pack ${name} ${why}` });
}
