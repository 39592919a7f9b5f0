/** Cuts work into jobs for threads. */
import { RESTORE_JOB_BYTES_MAX, RESTORE_JOB_ENTRIES_MAX } from '../base/limits.ts';
import type { blobs } from '../vault.ts';
import { type EntryTable, ROOT } from './entries.ts';
import type { UseTable } from './uses.ts';

/** Numbers of the entries that are wanted, some hundred at a time; asked about when they are reached. */
export function* batchesOf(entries: EntryTable, isWanted: (entry: number) => boolean): Generator<Uint32Array> {
  let batch: number[] = [];
  for (let entry = ROOT + 1; entry < entries.count; entry++) {
    if (!isWanted(entry)) continue;
    batch.push(entry);
    if (batch.length < RESTORE_JOB_ENTRIES_MAX) continue;
    yield Uint32Array.from(batch);
    batch = [];
  }
  if (batch.length > 0) yield Uint32Array.from(batch);
}

/** Ranges of uses, in the order of the files, that hold those of wanted entries; others may be among them. */
export function* useRanges(
  { uses, table }: { uses: UseTable; table: blobs.BlobTable },
  isWanted: (entry: number) => boolean,
): Generator<{ first: number; end: number }> {
  let first = -1;
  let end = 0;
  let bytes = 0;
  let count = 0;
  for (let use = 0; use < uses.count; use++) {
    if (!isWanted(uses.entryOf(use))) continue;
    if (first < 0) first = use;
    end = use + 1;
    bytes += table.plainLengthOf(uses.blobOf(use));
    if (bytes < RESTORE_JOB_BYTES_MAX && ++count < RESTORE_JOB_ENTRIES_MAX) continue;
    yield { first, end };
    first = -1;
    bytes = 0;
    count = 0;
  }
  if (first >= 0) yield { first, end };
}
