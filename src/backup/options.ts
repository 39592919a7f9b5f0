/** What a backup is told, what it tells on the way, and what it has done in the end. */
import type { SnapshotId } from '../base/ids.ts';
import type { Clock, Identity } from '../host.ts';
import type { SelectionOptions } from '../source.ts';
import type { blobs, Snapshot } from '../vault.ts';
import type { Counts, Problem } from './jobs.ts';
import type { CapturedStream } from './streams.ts';

export interface BackupOptions {
  /** Raw paths (one char per byte), absolute or relative to `workingDirectory`. */
  targets: readonly string[];
  workingDirectory: string;
  /**
   * Become files at the top of the same snapshot; none when absent. With them there may be no targets. When one ends with
   * an error there is no snapshot; `skipIfUnchanged` never skips with them, as they are as young as the snapshot.
   */
  streams?: readonly CapturedStream[] | undefined;
  selection: SelectionOptions;
  hostname: string;
  tags: readonly string[];
  /** More tags, from what the backup turned out to be: asked for when all is captured, before the snapshot is written. */
  tagsFor?: ((result: BackupResult) => readonly string[]) | undefined;
  /** Time of the snapshot, ms since 1970. */
  timeMs: number;
  /** Id or start of an id; the newest snapshot of the same host and paths when absent. */
  parent: string | undefined;
  force: boolean;
  ignoreCtime: boolean;
  ignoreInode: boolean;
  withAtime: boolean;
  skipIfUnchanged: boolean;
  compression: blobs.Compression;
  packBytesTarget: number;
  threads: number;
  dryRun: boolean;
  programVersion: string;
  clock: Clock;
  /** Who makes the snapshot, and whose files these are. */
  identity: Identity;
  signal: AbortSignal;
  onEvent: (event: BackupEvent) => void;
}

export interface StreamOptions
  extends Pick<
    BackupOptions,
    | 'hostname'
    | 'tags'
    | 'timeMs'
    | 'compression'
    | 'packBytesTarget'
    | 'dryRun'
    | 'programVersion'
    | 'clock'
    | 'identity'
    | 'signal'
    | 'onEvent'
  > {
  /** Name of the file in the snapshot; may have directories in it. Text. */
  filename: string;
  /** The bytes; ends with an error when they are not to be believed, and then there is no snapshot. */
  stream: AsyncIterable<Uint8Array>;
}

export type BackupEvent =
  | { kind: 'parent'; snapshot: Snapshot | undefined }
  | { kind: 'progress'; files: number; bytes: number; current: string; errors: number }
  | { kind: 'problem'; problem: Problem };

export interface BackupResult {
  /** Absent for a dry run, and when nothing had changed and that was to be skipped. */
  snapshotId: SnapshotId | undefined;
  parent: SnapshotId | undefined;
  counts: Counts;
  /** Blobs new to the vault and their bytes, before and after compression. */
  dataBlobs: number;
  treeBlobs: number;
  dataAdded: number;
  dataAddedPacked: number;
  /** Things that could not be captured; harmless remarks do not count. */
  errors: number;
  durationMs: number;
}
