/**
 * The header at the end of a pack: one entry a blob, in the order they lie there.
 * An entry is a type byte, the sealed length, the plaintext length of a compressed blob, and the id; numbers are 32-bit
 * little-endian. Places are not stored: each blob begins where the one before ends.
 */
import { assert } from '../base/assert.ts';
import { AppError } from '../base/errors.ts';
import { type BlobId, hexAt, ID_BYTES, idBytes } from '../base/ids.ts';
import { PACK_BYTES_MAX, PACK_HEADER_BYTES_MAX } from '../base/limits.ts';
import type { PackedBlob } from './model.ts';
import { SEAL_OVERHEAD } from './seal.ts';

const PLAIN_ENTRY_BYTES = 1 + 4 + ID_BYTES;
const COMPRESSED_ENTRY_BYTES = PLAIN_ENTRY_BYTES + 4;
/** Bits of the type byte. */
const TREE = 1;
const COMPRESSED = 2;

/** Bytes a blob takes in a header's plaintext. */
export function headerEntrySize({ uncompressedLength }: { uncompressedLength: number }): number {
  return uncompressedLength === 0 ? PLAIN_ENTRY_BYTES : COMPRESSED_ENTRY_BYTES;
}

/** Plaintext of the header of a pack that holds `blobs` one after the other, the first at 0. */
export function encodePackHeader(blobs: readonly PackedBlob[]): Uint8Array {
  const size = blobs.reduce((sum, blob) => sum + headerEntrySize(blob), 0);
  const bytes = new Uint8Array(size);
  const view = new DataView(bytes.buffer);
  let at = 0;
  let offset = 0;
  for (const blob of blobs) {
    assert(blob.offset === offset, 'blobs of a pack lie one after the other');
    bytes[at] = (blob.kind === 'tree' ? TREE : 0) | (blob.uncompressedLength === 0 ? 0 : COMPRESSED);
    view.setUint32(at + 1, blob.length, true);
    if (blob.uncompressedLength !== 0) view.setUint32(at + 5, blob.uncompressedLength, true);
    at += headerEntrySize(blob);
    bytes.set(idBytes(blob.id), at - ID_BYTES);
    offset += blob.length;
  }
  assert(offset <= PACK_BYTES_MAX, 'pack size');
  return bytes;
}

/** @throws {AppError} `file-damaged` when an entry is cut off, of an unknown type, or cannot be true */
export function decodePackHeader(plaintext: Uint8Array): PackedBlob[] {
  if (plaintext.length > PACK_HEADER_BYTES_MAX) throw damaged(`${plaintext.length} bytes are too many`);
  const view = new DataView(plaintext.buffer, plaintext.byteOffset, plaintext.length);
  const blobs: PackedBlob[] = [];
  let offset = 0;
  for (let at = 0; at < plaintext.length; ) {
    const blob = decodeEntry(view, at, offset);
    blobs.push(blob);
    offset += blob.length;
    at += headerEntrySize(blob);
  }
  if (offset > PACK_BYTES_MAX) throw damaged('blobs of more than 4 GiB');
  return blobs;
}

function decodeEntry(view: DataView, at: number, offset: number): PackedBlob {
  const type = view.getUint8(at);
  if (type > (TREE | COMPRESSED)) throw damaged(`entry of unknown type ${type} at byte ${at}`);
  const isCompressed = (type & COMPRESSED) !== 0;
  const idAt = at + (isCompressed ? COMPRESSED_ENTRY_BYTES : PLAIN_ENTRY_BYTES) - ID_BYTES;
  if (idAt + ID_BYTES > view.byteLength) throw damaged(`entry cut off at byte ${at}`);
  const length = view.getUint32(at + 1, true);
  if (length < SEAL_OVERHEAD) throw damaged(`blob of ${length} bytes at byte ${at}`);
  const uncompressedLength = isCompressed ? view.getUint32(at + 5, true) : 0;
  if (isCompressed && uncompressedLength === 0) throw damaged(`compressed blob of no content at byte ${at}`);
  const id = hexAt(new Uint8Array(view.buffer, view.byteOffset), idAt) as BlobId;
  return { id, kind: (type & TREE) === 0 ? 'data' : 'tree', offset, length, uncompressedLength };
}

function damaged(why: string): AppError {
  return new AppError('file-damaged', { detail: `header of a pack: ${why}` });
}
