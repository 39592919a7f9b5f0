/** The work of one backup: threads, jobs, and the tree that comes out of them. */
import { AppError } from '../base/errors.ts';
import { JOBS_PER_THREAD_MAX } from '../base/limits.ts';
import { startThreads, syscalls } from '../host.ts';
import { capture } from '../source.ts';
import { type Snapshot, treeText, type Vault, type WriteSession } from '../vault.ts';
import { Assembler, loadParentTree } from './assemble.ts';
import {
  addCounts,
  type Counts,
  type Job,
  type JobDone,
  type JobReport,
  noCounts,
  type WorkerEvent,
  type WorkerSeed,
} from './jobs.ts';
import type { BackupOptions } from './options.ts';
import { type ParentTree, subtreeOf } from './parent.ts';
import { Schedule } from './schedule.ts';
import type { NamedNode } from './stream-node.ts';
import { joined, joinStreams, nodeOf, type PlacedNode } from './stream-tree.ts';
import { type Beside, besideStreams, refuseClash } from './streams.ts';
import { absolute, planTargets, type TargetNode } from './targets.ts';

export class BackupRun {
  readonly #vault: Vault;
  readonly #session: WriteSession;
  readonly #options: BackupOptions;
  readonly #parent: Snapshot | undefined;
  readonly #cuts = new Map<string, (offset: number) => void>();
  readonly counts: Counts = noCounts();
  errors = 0;
  /** Targets that made it into the snapshot. */
  #captured = 0;

  constructor(parts: { vault: Vault; session: WriteSession; parent: Snapshot | undefined }, options: BackupOptions) {
    this.#vault = parts.vault;
    this.#session = parts.session;
    this.#parent = parts.parent;
    this.#options = options;
  }

  /** Captures targets and streams. @returns the id of the snapshot's tree, once all blobs are with the session */
  async capture(): Promise<string> {
    const { targets, streams = [], signal, timeMs, identity } = this.#options;
    const root = targets.length === 0 && streams.length > 0 ? undefined : this.#plan();
    if (streams.length === 0) return await this.#captureFiles(root!, undefined);
    refuseClash(streams, root?.children ?? new Map());
    const onBytes = (name: string, bytes: number): void => {
      this.counts.bytes += bytes;
      this.#progress(name);
    };
    return await besideStreams(
      { vault: this.#vault, session: this.#session, streams, signal, timeMs, identity, onBytes },
      async (beside) => {
        if (root !== undefined) return await this.#captureFiles(root, beside);
        const parent = await this.#parentTree('/', this.#parent?.tree ?? '');
        const nodes = await this.#joinStreams(await beside.nodes, parent, beside);
        return await beside.storeTree(treeText.TREE_HEAD + joined(nodes) + treeText.TREE_TAIL);
      },
    );
  }

  async #captureFiles(root: TargetNode, beside: Beside | undefined): Promise<string> {
    const { threads } = this.#options;
    await using pool = startThreads<Job, JobDone, WorkerEvent>({
      entry: new URL('./worker.ts', import.meta.url),
      count: threads,
      init: this.#seed(),
      jobsInFlightMax: JOBS_PER_THREAD_MAX,
    });
    pool.onEvent((event) => this.#onEvent(event));
    const signal = AbortSignal.any([beside?.signal ?? this.#options.signal, this.#session.signal]);
    const schedule = new Schedule<Job, JobDone>({
      call: (job, places) => pool.call(job, ownMemoryOf(job), places),
      threads,
      signal,
    });
    const treeId = await this.#captureRoot(root, schedule, beside);
    if (treeId === undefined) {
      throw new AppError('source-missing', { detail: 'none of the paths given could be read' });
    }
    await pool.broadcast({ kind: 'flush' });
    return treeId;
  }

  /** Leaves out what is not there, and tells of it. */
  #plan(): TargetNode {
    const { targets, workingDirectory, selection, streams = [] } = this.#options;
    const existing = targets.filter((target) => {
      const path = absolute(target, workingDirectory);
      if (capture.exists(path)) return true;
      this.#report({ counts: noCounts(), problems: [{ path, message: 'does not exist', harmless: false }] });
      return false;
    });
    const oneFileSystem = selection.oneFileSystem ?? false;
    const hasOthers = streams.length > 0;
    return planTargets(existing, { workingDirectory, oneFileSystem, hasOthers, list: capture.listDirectory });
  }

  /** @returns the root tree's id, or undefined when nothing could be captured */
  async #captureRoot(
    root: TargetNode,
    schedule: Schedule<Job, JobDone>,
    beside: Beside | undefined,
  ): Promise<string | undefined> {
    const parentId = this.#parent?.tree ?? '';
    const assembler = this.#assembler(schedule, this.#device(root.given));
    if (root.isTarget) return await assembler.captureTree(root.path, parentId);
    const parentTree = await this.#parentTree(root.path, parentId);
    const nodes = await this.#captureChildren(root, parentTree, schedule);
    if (this.#captured === 0) return undefined;
    if (beside !== undefined) nodes.push(...(await this.#joinStreams(await beside.nodes, parentTree, beside)));
    return await assembler.storeTree(joined(nodes));
  }

  async #captureChildren(
    node: TargetNode,
    parentTree: ParentTree,
    schedule: Schedule<Job, JobDone>,
  ): Promise<NamedNode[]> {
    const children = [...node.children.values()].sort((a, b) => capture.byBytes(a.name, b.name));
    const nodes = children.map(async (child) => {
      const text = await this.#captureNode(child, nodeOf(parentTree, child.name), schedule);
      return text === undefined ? [] : [{ name: child.name, text }];
    });
    return (await Promise.all(nodes)).flat();
  }

  async #joinStreams(placed: readonly PlacedNode[], parent: ParentTree, { storeTree }: Beside): Promise<NamedNode[]> {
    const parts = {
      origin: this.#options,
      loadParent: (path: string, id: string) => this.#parentTree(path, id),
      storeTree,
      onFile: (news: keyof Counts) => this.#report({ counts: { ...noCounts(), [news]: 1 }, problems: [] }),
    };
    return await joinStreams(placed, parts, { path: '/', parent });
  }

  async #captureNode(
    node: TargetNode,
    parentNode: string,
    schedule: Schedule<Job, JobDone>,
  ): Promise<string | undefined> {
    const { path, name, isTarget } = node;
    const device = isTarget ? this.#device(node.given) : undefined;
    const parent =
      parentNode === ''
        ? ''
        : `{"nodes":[${parentNode}]}
`;
    const done = await schedule.run(() => ({
      kind: 'entry',
      path,
      name,
      parent,
      device,
      role: isTarget ? 'target' : 'above',
    }));
    if (done.kind !== 'entry') throw new TypeError('unexpected answer of a worker');
    this.#report(done);
    const { piece } = done;
    if (isTarget) {
      const text = await this.#assembler(schedule, device).finishEntry(piece, path.slice(0, path.lastIndexOf('/')));
      if (text !== undefined) this.#captured++;
      return text;
    }
    if (piece === undefined || typeof piece === 'string' || piece.kind !== 'directory') return undefined;
    const parentTree = await this.#parentTree(path, subtreeOf(parentNode));
    const nodes = await this.#captureChildren(node, parentTree, schedule);
    if (nodes.length === 0) return undefined;
    const treeId = await this.#assembler(schedule, undefined).storeTree(joined(nodes));
    return piece.core + treeText.directoryTail(treeId);
  }

  async #parentTree(path: string, id: string): Promise<ParentTree> {
    return await loadParentTree(this.#vault, { path, id }, (done) => this.#report(done));
  }

  #assembler(schedule: Schedule<Job, JobDone>, device: bigint | undefined): Assembler {
    return new Assembler({
      vault: this.#vault,
      run: (prepare, weight) => schedule.run(prepare, weight),
      onNextCut: (path, found) => this.#cuts.set(path, found),
      report: (done) => this.#report(done),
      isAlone: () => schedule.isEmpty,
      device,
    });
  }

  /** The file system a target lies on, when the backup is to stay on it. */
  #device(path: string): bigint | undefined {
    if (!this.#options.selection.oneFileSystem || path === '') return undefined;
    const stat = new syscalls.StatRecord();
    return syscalls.statInto(syscalls.CWD, path, stat) ? stat.device : undefined;
  }

  #seed(): WorkerSeed {
    const { selection, force, ignoreCtime, ignoreInode, withAtime, identity } = this.#options;
    const sameReader = this.#parent !== undefined && this.#parent.uid === identity.uid;
    return {
      writer: this.#session.seed,
      polynomial: this.#vault.config.chunkerPolynomial,
      selection,
      policy: { force, ignoreCtime, ignoreInode, withAtime, sameReader },
    };
  }

  #onEvent(event: WorkerEvent): void {
    if (event.kind === 'pack') this.#session.accept(event.pack);
    else if (event.kind === 'cut') this.#cuts.get(event.path)?.(event.offset);
    else this.#progress(event.current);
  }

  #report(done: JobReport): void {
    addCounts(this.counts, done.counts);
    for (const problem of done.problems) {
      if (!problem.harmless) this.errors++;
      this.#options.onEvent({ kind: 'problem', problem });
    }
    this.#progress('');
  }

  #progress(current: string): void {
    const { filesNew, filesChanged, filesUnmodified, bytes } = this.counts;
    const files = filesNew + filesChanged + filesUnmodified;
    this.#options.onEvent({ kind: 'progress', files, bytes, current, errors: this.errors });
  }
}

/** What a job brings in memory of its own, which moves to the thread. */
function ownMemoryOf(job: Job): ArrayBuffer[] {
  return job.kind === 'directory' && typeof job.parent === 'object' ? [job.parent.sealed.buffer as ArrayBuffer] : [];
}
