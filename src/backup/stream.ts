/** Standard input, or the output of a command, as one file of a snapshot. */
import { AppError } from '../base/errors.ts';
import { treeText, type Vault } from '../vault.ts';
import { noCounts } from './jobs.ts';
import type { BackupResult, StreamOptions } from './options.ts';
import { saveSnapshot } from './snapshot.ts';
import { directoryNode, streamNode } from './stream-node.ts';
import { type StoredStream, StreamThread } from './stream-thread.ts';
import { rawName } from './streams.ts';
import { clean } from './targets.ts';

/**
 * Backs up `options.stream`. The caller holds a shared lock.
 * @throws what the stream throws: then there is no snapshot, though the bytes read so far may stay in the vault unused
 */
export async function backupStream(vault: Vault, options: StreamOptions): Promise<BackupResult> {
  const startedMs = options.clock.monotonicMs();
  const { filename: current, onEvent } = options;
  await using session = await vault.beginWriting({ ...options, threads: 1 });
  const signal = AbortSignal.any([options.signal, session.signal]);
  await using thread = StreamThread.start(vault, session);
  let bytes = 0;
  const onBytes = (count: number): void => {
    bytes += count;
    onEvent({ kind: 'progress', files: 0, bytes, current, errors: 0 });
  };
  const stored = await thread.store(options.stream, { signal, onBytes });
  const treeId = await storePath(thread, stored, options);
  await thread.flush();
  const totals = await session.finish();
  const result: BackupResult = {
    snapshotId: undefined,
    parent: undefined,
    counts: { ...noCounts(), filesNew: 1, bytes },
    dataBlobs: totals.dataBlobs,
    treeBlobs: totals.treeBlobs,
    dataAdded: totals.plainBytes,
    dataAddedPacked: totals.packBytes,
    errors: 0,
    durationMs: options.clock.monotonicMs() - startedMs,
  };
  signal.throwIfAborted();
  if (options.dryRun) return result;
  const paths = [`/${options.filename.replace(/^\/+/, '')}`];
  return { ...result, snapshotId: await saveSnapshot(vault, { treeId, paths, result, options }) };
}

/** Trees from the file up to the root, each directory of the name holding just the next. */
async function storePath(thread: StreamThread, stored: StoredStream, options: StreamOptions): Promise<string> {
  const [file, ...directories] = clean(`/${rawName(options.filename)}`)
    .slice(1)
    .split('/')
    .reverse();
  if (file === undefined || file === '')
    throw new AppError('usage', { detail: `not a file name: ${options.filename}` });
  let node = streamNode(file, stored, options);
  for (const name of directories) node = directoryNode(name, await thread.storeTree(treeOf(node.text)), options);
  return await thread.storeTree(treeOf(node.text));
}

function treeOf(node: string): string {
  return treeText.TREE_HEAD + node + treeText.TREE_TAIL;
}
