/** The byte work on blobs, for threads: one name to import at the door. */
export { BlobReader, type BlobReaderSeed } from './blob-reader.ts';
export { BlobTable } from './blob-table.ts';
export { BlobWriter, type BlobWriterSeed, type FilledPack } from './blob-writer.ts';
export { Chunker } from './chunk.ts';
export { COMPRESSIONS, type Compression } from './compression.ts';
export { InputSlots } from './input-slots.ts';
