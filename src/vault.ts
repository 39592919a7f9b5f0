/**
 * The vault: a repository in restic's open format (version 2; version 1 is read). Making and opening one, its documents,
 * its index and its blobs; checking, pruning and repairing it. What a blob's bytes mean to a file system is up to others.
 *
 * The door is wider than others': besides the vault itself it hands threads the parts they do byte work with
 * (`BlobWriter`, `BlobReader`, `Chunker`) and the text form of trees.
 */
export { BlobReader, type BlobReaderSeed } from './vault/blob-reader.ts';
export { BlobTable } from './vault/blob-table.ts';
export { BlobWriter, type BlobWriterSeed, type FilledPack } from './vault/blob-writer.ts';
export * as browse from './vault/browse.ts';
export * as check from './vault/check.ts';
export { CHUNK_BYTES_MIN, Chunker } from './vault/chunk.ts';
export { COMPRESSIONS, type Compression } from './vault/compression.ts';
export { copySnapshots } from './vault/copy.ts';
export { executeForget } from './vault/forget.ts';
export { InputSlots } from './vault/input-slots.ts';
export * as inspect from './vault/inspect.ts';
export * as keys from './vault/key-ring.ts';
export type {
  BlobKind,
  BlobPlace,
  ExtendedAttribute,
  Node,
  NodeType,
  Snapshot,
  SnapshotDocument,
  SnapshotSummary,
  Tree,
} from './vault/model.ts';
export { unixMode } from './vault/node.ts';
export { initVault, openVault } from './vault/open.ts';
export * as prune from './vault/prune.ts';
export * as repair from './vault/repair.ts';
export type { MasterKey } from './vault/seal.ts';
export { filterSnapshots, selectSnapshot } from './vault/select.ts';
export { checkTree, decodeTree, encodeTree } from './vault/tree.ts';
export * as treeText from './vault/tree-text.ts';
export { unlock } from './vault/unlock.ts';
export type { Vault } from './vault/vault.ts';
export type { WriteSession } from './vault/write-session.ts';
