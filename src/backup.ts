/**
 * Backing up: scan → compare with the parent → read → chunk → pack → snapshot.
 * Threads capture directories and read files (`backup/worker`); the main thread only decides what comes next, joins the
 * pieces to trees (`backup/assemble`) and, when all of it is durable, writes the snapshot.
 */

import type { BackupOptions, BackupResult } from './backup/options.ts';
import { BackupRun } from './backup/run.ts';
import { absolutePaths, parentPaths, saveSnapshot } from './backup/snapshot.ts';
import { checkNames } from './backup/streams.ts';
import { browse, type Snapshot, type Vault } from './vault.ts';

export type { Problem } from './backup/jobs.ts';
export type { BackupEvent, BackupOptions, BackupResult } from './backup/options.ts';
export { backupStream } from './backup/stream.ts';
export type { CapturedStream } from './backup/streams.ts';

/**
 * Backs up `options.targets` and `options.streams` as one snapshot. The caller holds a shared lock.
 * What reached the vault before a failure is indexed and spares the next run that work.
 * @throws {AppError} `usage` for names of streams that cannot be; `source-missing` when there are targets and none can be
 *   read; what a stream throws; what storage and vault throw. There is no snapshot then.
 */
export async function backup(vault: Vault, options: BackupOptions): Promise<BackupResult> {
  const startedMs = options.clock.monotonicMs();
  const { streams = [], threads } = options;
  checkNames(streams);
  const { snapshots, damaged } = await browse.listReadableSnapshots(vault, options.signal);
  for (const { error } of damaged) {
    // What is new must not stay unprotected because something old is damaged; but it must not go unnoticed either.
    const problem = { path: vault.url, message: error.message, harmless: false };
    options.onEvent({ kind: 'problem', problem });
  }
  const parent = chooseParent(snapshots, options);
  options.onEvent({ kind: 'parent', snapshot: parent });
  await using session = await vault.beginWriting({ ...options, threads: threads + (streams.length > 0 ? 1 : 0) });
  const run = new BackupRun({ vault, session, parent }, options);
  const treeId = await run.capture().catch((error: unknown) => {
    throw session.causeOf(error);
  });
  const totals = await session.finish();
  const result: BackupResult = {
    snapshotId: undefined,
    parent: parent?.id,
    counts: run.counts,
    dataBlobs: totals.dataBlobs,
    treeBlobs: totals.treeBlobs,
    dataAdded: totals.plainBytes,
    dataAddedPacked: totals.packBytes,
    errors: run.errors + damaged.length,
    durationMs: options.clock.monotonicMs() - startedMs,
  };
  options.signal.throwIfAborted();
  if (options.dryRun || (options.skipIfUnchanged && parent?.tree === treeId)) return result;
  const tags = [...options.tags, ...(options.tagsFor?.(result) ?? [])];
  const parts = { treeId, paths: absolutePaths(options), result, options: { ...options, tags } };
  const snapshotId = await saveSnapshot(vault, parts);
  return { ...result, snapshotId };
}

/** The newest snapshot of the same host that has all these paths, and is not younger than this one claims to be. */
function chooseParent(snapshots: readonly Snapshot[], options: BackupOptions): Snapshot | undefined {
  if (options.force) return undefined;
  if (options.parent !== undefined) return browse.selectSnapshot(snapshots, options.parent);
  const paths = parentPaths(options);
  return snapshots.findLast(
    ({ hostname, timeMs, paths: has }) =>
      hostname === options.hostname && timeMs <= options.timeMs && paths.every((path) => has.includes(path)),
  );
}
