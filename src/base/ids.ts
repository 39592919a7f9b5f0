import { AppError } from './errors.ts';

declare const brand: unique symbol;
type Branded<Name extends string> = string & { readonly [brand]: Name };

/** 64 lowercase hex digits: SHA-256 of a blob's plaintext. */
export type BlobId = Branded<'blob'>;
/** 64 lowercase hex digits: SHA-256 of a stored file's bytes, which is also its name. */
export type FileId = Branded<'file'>;
export type PackId = FileId;
export type SnapshotId = FileId;

/** Length of an id in bytes. */
export const ID_BYTES = 32;

const HEX_ID = /^[0-9a-f]{64}$/;

export function isId(text: string): boolean {
  return HEX_ID.test(text);
}

/** Checks the form and brands it. @throws {AppError} `file-damaged` when `text` is not an id. */
export function blobId(text: string): BlobId {
  if (!HEX_ID.test(text))
    throw new AppError('file-damaged', { detail: `not a blob id: ${JSON.stringify(text.slice(0, 80))}` });
  return text as BlobId;
}

/** Checks the form and brands it. @throws {AppError} `file-damaged` when `text` is not an id. */
export function fileId(text: string): FileId {
  if (!HEX_ID.test(text))
    throw new AppError('file-damaged', { detail: `not a file id: ${JSON.stringify(text.slice(0, 80))}` });
  return text as FileId;
}

/** Hex text of the 32 bytes at `offset`. */
export function hexAt(bytes: Uint8Array, offset = 0): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset + offset, ID_BYTES).toString('hex');
}

/** The 32 bytes of a hex id. */
export function idBytes(id: string): Uint8Array {
  return Buffer.from(id, 'hex');
}
