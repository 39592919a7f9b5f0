/** What the main thread asks of a backup worker, and what comes back. All texts are byte strings, one char per byte. */
import type { SelectionOptions } from '../source.ts';
import type { blobs } from '../vault.ts';

/** Given to every worker once. */
export interface WorkerSeed {
  writer: blobs.BlobWriterSeed;
  /** Chunker polynomial, hex. */
  polynomial: string;
  selection: SelectionOptions;
  policy: ComparePolicy;
}

/** When a file counts as unchanged, compared with the parent snapshot. */
export interface ComparePolicy {
  /** Read everything again. */
  force: boolean;
  ignoreCtime: boolean;
  ignoreInode: boolean;
  withAtime: boolean;
  /** The parent was made by the same user, so its list of extended attributes is what we would see. */
  sameReader: boolean;
}

/** All entries of a directory, or, of a large one, a run of them. */
export interface DirectoryJob {
  kind: 'directory';
  /** Absolute raw path. */
  path: string;
  /** Entries to take; all when absent. */
  names: string | undefined;
  /** The parent's tree as it lies in the vault, or the text of those of its nodes that can concern `names`. */
  parent: SealedTree | string | undefined;
  /** The file system to stay on, or undefined. */
  device: bigint | undefined;
}

export interface SealedTree {
  id: string;
  /** Name of the pack it lies in. */
  pack: string;
  sealed: Uint8Array;
  uncompressedLength: number;
}

/** The next window of a large file. */
export interface WindowJob {
  kind: 'window';
  path: string;
  /** Where the window's first chunk starts, bytes. */
  offset: number;
  /** Report the cut where the next window starts as early as possible: a thread is free to go on from there. */
  isShared: boolean;
}

/** The metadata of single entries: of the targets, and of the directories above them. */
export interface EntryJob {
  kind: 'entry';
  path: string;
  /** Name in the snapshot. */
  name: string;
  /** Parent's node of the same name; empty when there is none. */
  parent: string;
  device: bigint | undefined;
  /**
   * `target`: given by the user, so it must exist and selection applies. `above`: a directory on the way to targets;
   * symbolic links are followed. `again`: moved while it was read, and is now read whole through one descriptor.
   */
  role: 'target' | 'above' | 'again';
}

/** Store a tree whose entries are known. */
export interface TreeJob {
  kind: 'tree';
  text: string;
}

/** The next bytes of a stream, which is stored by one thread from beginning to end. */
export interface StreamJob {
  kind: 'stream';
  bytes: Uint8Array;
  isLast: boolean;
}

/** Hand over the packs that are begun. */
export interface FlushJob {
  kind: 'flush';
}

export type Job = DirectoryJob | WindowJob | EntryJob | TreeJob | StreamJob | FlushJob;

/** A place in a tree's text that is filled once a part of the work that comes later is done. */
export type Hole =
  | { kind: 'directory'; name: string; core: string; parentId: string }
  | { kind: 'file'; name: string; as: string; core: string; attributes: string; stamp: string; isNew: boolean }
  | { kind: 'names'; names: string; parent: string };

/** Runs of finished nodes joined by commas, and holes between them, in the order of the tree. */
export type Piece = string | Hole;

export interface Counts {
  filesNew: number;
  filesChanged: number;
  filesUnmodified: number;
  dirsNew: number;
  dirsChanged: number;
  dirsUnmodified: number;
  /** Bytes of files, read or known to be unchanged. */
  bytes: number;
}

/** One thing that could not be done; the run goes on and ends as incomplete. */
export interface Problem {
  path: string;
  message: string;
  /** A remark only: the entry is in the snapshot, whole. */
  harmless: boolean;
}

export interface JobReport {
  counts: Counts;
  problems: Problem[];
}

export interface DirectoryDone extends JobReport {
  kind: 'directory';
  /** Set when the tree is stored; otherwise `pieces` has holes. */
  treeId: string | undefined;
  pieces: Piece[];
  /** The directory itself could not be read; it is left out. */
  unreadable: boolean;
}

export interface EntryDone extends JobReport {
  kind: 'entry';
  piece: Piece | undefined;
}

export interface WindowDone extends JobReport {
  kind: 'window';
  ids: string[];
  /** Bytes of file in this window. */
  bytes: number;
  /** Set by the window that met the end of the file. */
  isLast: boolean;
  /** Changes whenever the file does, as far as its metadata tells; taken after reading. */
  stamp: string;
  /** The file is gone, is no file any more, or could not be read: another look tells. */
  failed: boolean;
}

export interface TreeDone extends JobReport {
  kind: 'tree';
  treeId: string;
}

export interface StreamDone extends JobReport {
  kind: 'stream';
  ids: string[];
}

export interface FlushDone extends JobReport {
  kind: 'flush';
}

export type JobDone = DirectoryDone | EntryDone | WindowDone | TreeDone | StreamDone | FlushDone;

/** Sent while a job runs. */
export type WorkerEvent =
  | { kind: 'pack'; pack: blobs.FilledPack }
  /** The next window of the file of job `path` can be started at `offset`. */
  | { kind: 'cut'; path: string; offset: number }
  | { kind: 'progress'; files: number; bytes: number; current: string };

export function noCounts(): Counts {
  return {
    filesNew: 0,
    filesChanged: 0,
    filesUnmodified: 0,
    dirsNew: 0,
    dirsChanged: 0,
    dirsUnmodified: 0,
    bytes: 0,
  };
}

export function addCounts(to: Counts, from: Counts): void {
  for (const key of Object.keys(to) as (keyof Counts)[]) to[key] += from[key];
}
