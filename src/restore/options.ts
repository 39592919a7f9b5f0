/** What a restore is told, what it tells on the way, and what it has done in the end. */
import type { BlobId } from '../base/ids.ts';
import type { RestoreFilterOptions } from '../source.ts';

/** What happens to a file that is there already; the words and their meaning are restic's. */
export const OVERWRITE_POLICIES = ['always', 'if-changed', 'if-newer', 'never'] as const;
export type OverwritePolicy = (typeof OVERWRITE_POLICIES)[number];

export interface PlanOptions {
  /** The snapshot's tree. */
  tree: BlobId;
  /** Restore only what is at or below this path (text) of the snapshot, as if that were the root; everything when empty. */
  subpath: string;
  filter: RestoreFilterOptions;
  signal: AbortSignal;
}

export interface RestoreOptions {
  /** Raw path of the directory to restore into; made when missing. */
  target: string;
  overwrite: OverwritePolicy;
  /** Remove what is in restored directories and not in the snapshot, as far as the filter selects it. */
  delete: boolean;
  /** Leave blocks of zeros out, as holes. */
  sparse: boolean;
  /** Read everything again afterwards and compare it with the snapshot. */
  verify: boolean;
  /** Tell of every entry. */
  listEntries: boolean;
  /** Who we are: only root gives files to others. */
  uid: number;
  gid: number;
  /** Permission bits the process keeps from new files. */
  umask: number;
  threads: number;
  signal: AbortSignal;
  onEvent: (event: RestoreEvent) => void;
}

/** One thing that could not be done; the run goes on and ends as incomplete. */
export interface Problem {
  /** Raw path within the snapshot, or below the target for what is only there. */
  path: string;
  message: string;
}

/** `skipped`: left as it was by the overwrite policy. */
export type EntryAction = 'restored' | 'unchanged' | 'skipped' | 'deleted';

export type RestorePhase = 'comparing' | 'writing' | 'verifying';

export type RestoreEvent =
  | {
      kind: 'progress';
      filesDone: number;
      filesTotal: number;
      bytesDone: number;
      bytesTotal: number;
      /** Raw path. */
      current: string;
      errors: number;
    }
  | { kind: 'phase'; phase: RestorePhase }
  | { kind: 'entry'; action: EntryAction; path: string }
  | { kind: 'problem'; problem: Problem };

export interface RestoreCounts {
  /** Files, links and special files written or changed. */
  restored: number;
  /** Those found to be right already. */
  unchanged: number;
  /** Those left as they were by the overwrite policy. */
  skipped: number;
  /** Entries removed from the target. */
  deleted: number;
  /** Files read again and found right. */
  verified: number;
  /** Bytes of content written. */
  bytesWritten: number;
}

export interface RestoreResult extends RestoreCounts {
  /** Problems, those of the plan included. */
  errors: number;
}
