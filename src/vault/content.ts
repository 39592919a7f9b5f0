/** The bytes of files in order, loaded ahead of whoever takes them. */
import type { BlobId } from '../base/ids.ts';
import { BLOBS_AHEAD_MAX } from '../base/limits.ts';
import { ordered } from '../base/ordered.ts';
import type { BlobKind, Node } from './model.ts';
import { SEAL_OVERHEAD } from './seal.ts';
import type { Vault } from './vault.ts';

/** The content of a file, blob by blob. @throws {AppError} as `Vault.loadBlob` */
export function contentOf(vault: Vault, { content }: Node, signal?: AbortSignal): AsyncIterable<Uint8Array> {
  return blobsOf(vault, content ?? [], signal);
}

/** Data blobs in the order given. @throws {AppError} as `Vault.loadBlob` */
export function blobsOf(
  vault: Vault,
  ids: Iterable<BlobId> | AsyncIterable<BlobId>,
  signal?: AbortSignal,
): AsyncIterable<Uint8Array> {
  return ordered(ids, { width: BLOBS_AHEAD_MAX, signal }, (id, inner) => vault.loadBlob('data', id, inner));
}

/** Bytes of a blob before compression. @throws {AppError} `blob-missing` */
export async function blobSize(vault: Vault, kind: BlobKind, id: BlobId): Promise<number> {
  const { length, uncompressedLength } = await vault.placeOf(kind, id);
  return uncompressedLength === 0 ? length - SEAL_OVERHEAD : uncompressedLength;
}
