/** Standard input, or the output of a command, as one file of a snapshot. */
import { AppError } from '../base/errors.ts';
import { startThreads } from '../host.ts';
import { treeText, type Vault } from '../vault.ts';
import { type Job, type JobDone, noCounts, type WorkerEvent, type WorkerSeed } from './jobs.ts';
import type { BackupResult, StreamOptions } from './options.ts';
import { saveSnapshot } from './snapshot.ts';
import { clean } from './targets.ts';

const { directoryTail, encodeTimeParts, fileTail } = treeText;

/** A stream has no mode of its own: readable by its owner and group. */
const FILE_MODE = 0o644;
const DIRECTORY_MODE = 0x8000_0000 + 0o755;

/**
 * Backs up `options.stream`. The caller holds a shared lock.
 * @throws what the stream throws: then there is no snapshot, though the bytes read so far may stay in the vault unused
 */
export async function backupStream(vault: Vault, options: StreamOptions): Promise<BackupResult> {
  const startedMs = options.clock.monotonicMs();
  await using session = await vault.beginWriting({ ...options, threads: 1 });
  const seed: WorkerSeed = {
    writer: session.seed,
    polynomial: vault.config.chunkerPolynomial,
    selection: {},
    policy: { force: true, ignoreCtime: false, ignoreInode: false, withAtime: false, sameReader: false },
  };
  await using pool = startThreads<Job, JobDone, WorkerEvent>({
    entry: new URL('./worker.ts', import.meta.url),
    count: 1,
    init: seed,
  });
  pool.onEvent((event) => {
    if (event.kind === 'pack') session.accept(event.pack);
  });
  const call = async (job: Job): Promise<JobDone> => {
    session.signal.throwIfAborted();
    try {
      return await pool.call(job);
    } catch (error) {
      throw session.causeOf(error);
    }
  };
  const { ids, bytes } = await storeStream(options, call);
  const treeId = await storePath({ options, ids, bytes, call });
  await pool.broadcast({ kind: 'flush' });
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
  options.signal.throwIfAborted();
  if (options.dryRun) return result;
  const paths = [`/${options.filename.replace(/^\/+/, '')}`];
  return { ...result, snapshotId: await saveSnapshot(vault, { treeId, paths, result, options }) };
}

type Call = (job: Job) => Promise<JobDone>;

async function storeStream(options: StreamOptions, call: Call): Promise<{ ids: string[]; bytes: number }> {
  const ids: string[] = [];
  let bytes = 0;
  const feed = async (part: Uint8Array, isLast: boolean): Promise<void> => {
    const done = await call({ kind: 'stream', bytes: part, isLast });
    if (done.kind === 'stream') ids.push(...done.ids);
  };
  for await (const part of options.stream) {
    options.signal.throwIfAborted();
    await feed(part, false);
    bytes += part.length;
    options.onEvent({ kind: 'progress', files: 0, bytes, current: options.filename, errors: 0 });
  }
  await feed(new Uint8Array(0), true);
  return { ids, bytes };
}

interface StreamFile {
  options: StreamOptions;
  ids: string[];
  bytes: number;
  call: Call;
}

/** Trees from the file up to the root, each directory of the name holding just the next. */
async function storePath({ options, ids, bytes, call }: StreamFile): Promise<string> {
  const names = clean(`/${Buffer.from(options.filename).toString('latin1')}`)
    .slice(1)
    .split('/')
    .reverse();
  if (names[0] === '') throw new AppError('usage', { detail: `not a file name: ${options.filename}` });
  const seconds = Math.floor(options.timeMs / 1000);
  const time = encodeTimeParts(seconds, (options.timeMs - seconds * 1000) * 1_000_000);
  const { uid, gid } = options.identity;
  let tail = fileTail(ids);
  let tree = '';
  for (const [depth, name] of names.entries()) {
    const isFile = depth === 0;
    const node =
      treeText.namedHead(name, isFile ? 'file' : 'dir') +
      `"mode":${isFile ? FILE_MODE : DIRECTORY_MODE},"mtime":"${time}","atime":"${time}","ctime":"${time}",` +
      `"uid":${uid},"gid":${gid},${isFile && bytes > 0 ? `"size":${bytes},` : ''}${tail}`;
    const done = await call({ kind: 'tree', text: treeText.TREE_HEAD + node + treeText.TREE_TAIL });
    if (done.kind === 'tree') tree = done.treeId;
    tail = directoryTail(tree);
  }
  return tree;
}
