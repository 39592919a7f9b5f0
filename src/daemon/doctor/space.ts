/** Whether space lasts: that of a vault by what runs have added lately. Pure. */
import { formatBytes, GIB, MIB } from '../../base/bytes.ts';
import type { Run } from '../../ledger.ts';
import { doubtful, type Finding, fine, wrong } from './finding.ts';

const DAY_MS = 24 * 60 * 60 * 1000;
/** Below this many days until full it is time to act; below the second, tonight's run may not fit. */
const DAYS_WARNING = 30;
const RUNS_MARGIN = 2;

/**
 * @param runs of all plans of the vault, of any status: what failed has added, too
 * @param freeBytes undefined where it cannot be told
 */
export function judgeSpace(
  vault: string,
  { freeBytes, runs, nowMs }: { freeBytes: number | undefined; runs: readonly Run[]; nowMs: number },
): Finding {
  if (freeBytes === undefined)
    return doubtful('space', vault, { text: 'free space cannot be told', remedy: 'Watch it at the storage itself.' });
  const added = runs.filter(({ figures }) => figures.bytesStored !== undefined);
  const largest = Math.max(0, ...added.map(({ figures }) => figures.bytesStored!));
  const free = `${formatBytes(freeBytes)} free`;
  if (added.length === 0) {
    if (freeBytes > 0) return fine('space', vault, `${free}; nothing ran yet to judge it by`);
    return wrong('space', vault, { text: free, remedy: 'Free space or grow the storage.' });
  }
  if (freeBytes < largest * RUNS_MARGIN)
    return wrong('space', vault, {
      text: `${free}, while the largest run lately stored ${formatBytes(largest)}`,
      remedy: 'Free space or grow the storage before tonight; holdfast run --prune removes what no snapshot needs.',
    });
  const days = daysLeft(added, freeBytes, nowMs);
  const trend = `full in about ${Math.floor(days)} days at this rate`;
  if (days < DAYS_WARNING)
    return doubtful('space', vault, { text: `${free}, ${trend}`, remedy: 'Grow the storage, or keep fewer points.' });
  return fine('space', vault, days > 3650 ? `${free}, which lasts for years` : `${free}, ${trend}`);
}

/** Below this SQLite and the logs of runs have hardly room; a night's ledger, logs and caches of indexes take some MiB. */
const STATE_BYTES_ERROR = 64 * MIB;
const STATE_BYTES_WARNING = GIB;

/** The file system of the state directory: without room no run can be taken down, and none begins. */
export function judgeStateSpace(directory: string, freeBytes: number | undefined): Finding[] {
  if (freeBytes === undefined) return [];
  const text = `${formatBytes(freeBytes)} free`;
  const words = { text, remedy: 'Free space there: old logs of runs go by daemon.logDays, caches may be removed.' };
  if (freeBytes < STATE_BYTES_ERROR) return [wrong('space', directory, words)];
  return [freeBytes < STATE_BYTES_WARNING ? doubtful('space', directory, words) : fine('space', directory, text)];
}

/** By all that was stored between the first of the runs and now. */
function daysLeft(runs: readonly Run[], freeBytes: number, nowMs: number): number {
  const begin = Math.min(...runs.map(({ startedMs }) => startedMs));
  const days = Math.max(1, (nowMs - begin) / DAY_MS);
  const perDay = runs.reduce((sum, { figures }) => sum + figures.bytesStored!, 0) / days;
  return perDay === 0 ? Number.POSITIVE_INFINITY : freeBytes / perDay;
}
