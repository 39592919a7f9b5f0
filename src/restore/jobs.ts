/** What the main thread asks of a restore worker, and what comes back. Entries and uses are numbers in shared tables. */
import type { blobs } from '../vault.ts';
import type { EntryMemory } from './entries.ts';
import type { EntryAction, OverwritePolicy, RestoreCounts } from './options.ts';
import type { UseMemory } from './uses.ts';

/** Given to every worker once. */
export interface WorkerSeed {
  reader: blobs.BlobReaderSeed;
  entries: EntryMemory;
  uses: UseMemory;
  /** Open descriptor of the target directory; descriptors belong to the process. */
  targetFd: number;
  rules: WriteRules;
}

export interface WriteRules {
  overwrite: OverwritePolicy;
  /** A directory where something else belongs may be removed with what is in it. */
  delete: boolean;
  sparse: boolean;
  listEntries: boolean;
  /** Who we are; only root can give files away. */
  uid: number;
  gid: number;
  /** Permission bits that new files do not get. */
  umask: number;
}

/** Look at what is there in place of these files and decide. */
export interface InspectJob {
  kind: 'inspect';
  entries: Uint32Array;
}

/** Compare files that are there with the snapshot, blob by blob. */
export interface CompareJob {
  kind: 'compare';
  /** Uses in the order of the files. */
  first: number;
  end: number;
}

/** Decide what becomes of compared files. */
export interface SettleJob {
  kind: 'settle';
  entries: Uint32Array;
}

/** Make entries that have no content. */
export interface MakeJob {
  kind: 'make';
  entries: Uint32Array;
}

/** Open the blobs in a part of a pack and write them to where they are used. */
export interface WriteJob {
  kind: 'write';
  sealed: Uint8Array;
  /** Where `sealed` begins in the pack. */
  packOffset: number;
  /** Range of the order of uses. */
  first: number;
  end: number;
}

/** Write a blob that had to be loaded in another way, or mark files whose content cannot be had. */
export interface RescueJob {
  kind: 'rescue';
  uses: readonly number[];
  plain: Uint8Array | undefined;
  /** Why it cannot be had. */
  reason: string;
}

/** Read back what was written: the files of a range of uses. */
export interface VerifyJob {
  kind: 'verify';
  first: number;
  end: number;
}

/** Look at files without content again. */
export interface VerifyEmptyJob {
  kind: 'verifyEmpty';
  entries: Uint32Array;
}

/** Close what is kept open. */
export interface CloseJob {
  kind: 'close';
}

export type Job =
  | InspectJob
  | CompareJob
  | SettleJob
  | MakeJob
  | WriteJob
  | RescueJob
  | VerifyJob
  | VerifyEmptyJob
  | CloseJob;

export interface EntryProblem {
  entry: number;
  message: string;
}

/** What came of a job. */
export interface JobReport {
  counts: RestoreCounts;
  /** Bytes of content that are dealt with, in whatever way. */
  bytesDone: number;
  problems: EntryProblem[];
  /** Entries dealt with, when they are to be listed. */
  listed: { entry: number; action: EntryAction }[];
  /** Uses whose blob could not be opened, and why. */
  failedUses: { use: number; reason: string }[];
}

export function newCounts(): RestoreCounts {
  return { restored: 0, unchanged: 0, skipped: 0, deleted: 0, verified: 0, bytesWritten: 0 };
}

export function newReport(): JobReport {
  return { counts: newCounts(), bytesDone: 0, problems: [], listed: [], failedUses: [] };
}
