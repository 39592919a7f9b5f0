/** What crosses between a copy and its threads. */
import type { BlobId } from '../../base/ids.ts';
import type { BlobWriterSeed } from '../blob-writer.ts';
import type { BlobKind, PackedBlob } from '../model.ts';
import type { MasterKey } from '../seal.ts';

export interface CopySeed {
  /** Of the source. */
  key: MasterKey;
  /** Of the destination. */
  writer: BlobWriterSeed;
}

export type CopyJob =
  /** Part of a pack; places of the blobs are within `bytes`. */
  | { kind: 'sealed'; bytes: Uint8Array; blobs: PackedBlob[] }
  /** One blob that is open already and has proven to be what it should be. */
  | { kind: 'plain'; id: BlobId; blobKind: BlobKind; bytes: Uint8Array }
  | { kind: 'flush' };

export interface CopyDone {
  /** Blobs that did not open, or are not what they should be; they were not stored. */
  damaged: { kind: BlobKind; id: BlobId }[];
}
