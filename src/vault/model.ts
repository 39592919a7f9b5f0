/** What a vault holds, as values. The JSON forms are in `snapshot.ts`, `node.ts` and `tree.ts`. */
import type { BlobId, SnapshotId } from '../base/ids.ts';

export type BlobKind = 'data' | 'tree';

export type NodeType = 'file' | 'dir' | 'symlink' | 'dev' | 'chardev' | 'fifo' | 'socket' | 'irregular';

export interface ExtendedAttribute {
  name: string;
  value: Uint8Array;
}

/** One directory entry with its metadata. */
export interface Node {
  /** Raw bytes of the name, as the filesystem has them; one char per byte (latin1), so that any name fits a string. */
  name: string;
  type: NodeType;
  /** Format's own mode word (Go os.FileMode): permissions in the low nine bits, type and special bits above. */
  mode: number;
  /** Nanoseconds since 1970-01-01T00:00:00Z. */
  mtimeNs: bigint;
  atimeNs: bigint;
  ctimeNs: bigint;
  uid: number;
  gid: number;
  user: string;
  group: string;
  inode: bigint;
  deviceId: bigint;
  /** Bytes; files only. */
  size: number;
  links: number;
  /** Raw bytes as latin1, like `name`; symlinks only. */
  linkTarget: string;
  extendedAttributes: ExtendedAttribute[];
  /** Device number of dev and chardev nodes, as st_rdev. */
  device: bigint;
  /** Blobs of a file, in order; undefined where the document has null (everything but files). */
  content: BlobId[] | undefined;
  subtree: BlobId | undefined;
  /** Text the writer left when the entry could not be read whole; empty otherwise. */
  error: string;
  /** Attributes of other systems (`generic_attributes`), kept verbatim as JSON text; empty when absent. */
  genericAttributes: string;
}

export interface Tree {
  /** Strictly ascending by name bytes. */
  nodes: Node[];
}

export interface SnapshotSummary {
  backupStart: string;
  backupEnd: string;
  filesNew: number;
  filesChanged: number;
  filesUnmodified: number;
  dirsNew: number;
  dirsChanged: number;
  dirsUnmodified: number;
  dataBlobs: number;
  treeBlobs: number;
  /** Bytes before compression. */
  dataAdded: number;
  /** Bytes in packs. */
  dataAddedPacked: number;
  totalFilesProcessed: number;
  totalBytesProcessed: number;
}

/** What a snapshot document says. */
export interface SnapshotDocument {
  /** RFC 3339 text, kept as read. */
  time: string;
  parent: SnapshotId | undefined;
  tree: BlobId;
  paths: string[];
  hostname: string;
  username: string;
  uid: number;
  gid: number;
  excludes: string[];
  tags: string[];
  original: SnapshotId | undefined;
  programVersion: string;
  summary: SnapshotSummary | undefined;
}

/** A snapshot as listed: the document and the name of its file. */
export interface Snapshot extends SnapshotDocument {
  id: SnapshotId;
  /** `time` as milliseconds since 1970. */
  timeMs: number;
}

/** Where a blob lies. */
export interface BlobPlace {
  /** Name of the pack. */
  pack: string;
  /** First byte of the sealed blob in the pack. */
  offset: number;
  /** Sealed length, bytes. */
  length: number;
  /** Plaintext length when compressed, 0 when stored as it is. */
  uncompressedLength: number;
}

/** An entry of a pack's header, or of an index. */
export interface PackedBlob {
  id: BlobId;
  kind: BlobKind;
  offset: number;
  length: number;
  uncompressedLength: number;
}
