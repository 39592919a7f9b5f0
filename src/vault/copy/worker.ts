/** A thread of a copy: opens blobs of the source, and seals them for the destination. */
import { hasCode } from '../../base/errors.ts';
import { idBytes } from '../../base/ids.ts';
import { serveThread } from '../../host.ts';
import { BlobReader } from '../blob-reader.ts';
import { BlobWriter, type FilledPack } from '../blob-writer.ts';
import type { PackedBlob } from '../model.ts';
import type { CopyDone, CopyJob, CopySeed } from './jobs.ts';

serveThread<CopySeed, CopyJob, CopyDone, FilledPack>((seed, emit) => {
  const reader = new BlobReader(seed.key);
  const writer = new BlobWriter(seed.writer, (pack) => emit(pack));
  const copy = (bytes: Uint8Array, blob: PackedBlob): boolean => {
    const sealed = bytes.subarray(blob.offset, blob.offset + blob.length);
    const plain = openedBy(reader, sealed, blob);
    if (plain !== undefined) writer.append(blob.kind, plain, idBytes(blob.id));
    return plain !== undefined;
  };
  return (job) => {
    if (job.kind === 'flush') writer.flush();
    else if (job.kind === 'plain') writer.append(job.blobKind, job.bytes, idBytes(job.id));
    else return { damaged: job.blobs.filter((blob) => !copy(job.bytes, blob)).map(({ kind, id }) => ({ kind, id })) };
    return { damaged: [] };
  };
});

function openedBy(reader: BlobReader, sealed: Uint8Array, blob: PackedBlob): Uint8Array | undefined {
  try {
    return reader.open(sealed, blob);
  } catch (error) {
    if (hasCode(error, 'file-damaged')) return undefined;
    throw error;
  }
}
