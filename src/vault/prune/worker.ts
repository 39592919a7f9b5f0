/** A thread that writes blobs anew: opens each, proves that it is what its id says, and puts it into a new pack. */
import { serveThread } from '../../host.ts';
import { BlobReader } from '../blob-reader.ts';
import { BlobTable, type BlobTableMemory } from '../blob-table.ts';
import { BlobWriter, type BlobWriterSeed, type FilledPack } from '../blob-writer.ts';

export interface RepackSeed {
  writer: BlobWriterSeed;
  table: BlobTableMemory;
}

/** Blobs that lie in `bytes`, which begin at `offset` of their pack; or: hand over the packs begun. */
export type RepackJob = { bytes: Uint8Array; offset: number; blobs: Uint32Array } | 'flush';

serveThread<RepackSeed, RepackJob, null, FilledPack>((seed, emit) => {
  const table = new BlobTable(0, seed.table);
  const reader = new BlobReader(seed.writer.key);
  const writer = new BlobWriter(seed.writer, (pack) => emit(pack));
  return (job) => {
    if (job === 'flush') writer.flush();
    else {
      for (const blob of job.blobs) {
        const start = table.offsetOf(blob) - job.offset;
        const sealed = job.bytes.subarray(start, start + table.lengthOf(blob));
        const uncompressedLength = table.uncompressedLengthOf(blob);
        const plain = reader.open(sealed, { id: table.idOf(blob), uncompressedLength });
        writer.append(table.kindOf(blob), plain, table.idBytesOf(blob));
      }
    }
    return null;
  };
});
