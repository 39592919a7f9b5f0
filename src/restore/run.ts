/** Carries out a plan: directories, what is there already, what has no content, content, links, and directories again. */
import { hasCode } from '../base/errors.ts';
import type { BlobId } from '../base/ids.ts';
import { RESTORE_PIECES_PER_THREAD, RESTORE_SLOT_BYTES } from '../base/limits.ts';
import { forEachLimited, TaskGroup } from '../base/tasks.ts';
import { startThreads, type Threads } from '../host.ts';
import { blobs, type Vault } from '../vault.ts';
import { batchesOf, useRanges } from './batches.ts';
import { type DirectoryShop, finishDirectories, makeDirectories } from './directories.ts';
import { ROOT } from './entries.ts';
import { putAside } from './files.ts';
import type { Job, JobReport, WorkerSeed, WriteRules } from './jobs.ts';
import { Kind, State } from './kinds.ts';
import { OpenDirectories } from './open-directories.ts';
import type { RestoreOptions, RestoreResult } from './options.ts';
import { type Piece, piecesOf, SegmentQueues } from './pieces.ts';
import type { RestorePlan } from './plan.ts';
import { Tally } from './tally.ts';
import { openTarget, refuseDeletingAll, type Target } from './target.ts';
import { removeUnexpected } from './unexpected.ts';

/**
 * Does what the plan says. What cannot be done to one entry is told as a problem and the run goes on.
 *
 * Whatever happens, no file is left under its name with only a part of its content: one that cannot be finished is moved
 * to `NAME.holdfast-incomplete`. The one exception are files that were there before and are updated in place; the run
 * tells of those.
 * @throws {AppError} `refused`; `failed` when the target takes no more; what the storage throws
 */
export async function executeRestore(vault: Vault, plan: RestorePlan, options: RestoreOptions): Promise<RestoreResult> {
  options.signal.throwIfAborted();
  using target = openTarget(options.target);
  if (options.delete) refuseDeletingAll(target, plan.filter);
  if (target.existed) plan.entries.markExisted(ROOT);
  using directories = new OpenDirectories(plan.entries, target.fd);
  const run = new RestoreRun({ vault, plan, target, directories }, options);
  return await run.execute();
}

class RestoreRun {
  readonly #vault: Vault;
  readonly #plan: RestorePlan;
  readonly #options: RestoreOptions;
  readonly #target: Target;
  readonly #directories: OpenDirectories;
  readonly #tally: Tally;
  readonly #rules: WriteRules;
  #pool: Threads<Job, JobReport> | undefined;

  constructor(
    parts: { vault: Vault; plan: RestorePlan; target: Target; directories: OpenDirectories },
    options: RestoreOptions,
  ) {
    this.#vault = parts.vault;
    this.#plan = parts.plan;
    this.#target = parts.target;
    this.#directories = parts.directories;
    this.#options = options;
    const { entries, totals } = parts.plan;
    const filesTotal = totals.files + totals.others;
    const { onEvent, overwrite, delete: isDeleting, sparse, listEntries, uid, gid, umask } = options;
    this.#tally = new Tally({ entries, totals: { files: filesTotal, bytes: totals.bytes }, onEvent });
    this.#rules = { overwrite, delete: isDeleting, sparse, listEntries, uid, gid, umask };
  }

  async execute(): Promise<RestoreResult> {
    for (const { path, message } of this.#plan.problems) this.#tally.complain(path, message);
    let isFinished = false;
    await using pool = startThreads<Job, JobReport>({
      entry: new URL('./worker.ts', import.meta.url),
      count: this.#options.threads,
      init: await this.#seed(),
    });
    this.#pool = pool;
    try {
      await this.#write();
      if (this.#options.verify) await this.#verify();
      isFinished = true;
    } finally {
      await pool.broadcast({ kind: 'close' });
      if (!isFinished) this.#putUnfinishedAside();
    }
    return { ...this.#tally.counts, errors: this.#tally.errors };
  }

  async #write(): Promise<void> {
    const { entries } = this.#plan;
    makeDirectories(this.#directoryShop());
    await this.#survey();
    this.#tally.begin('writing');
    const isOpen = (entry: number): boolean =>
      [State.fresh, State.replace].some((state) => state === entries.stateOf(entry));
    const isOther = (entry: number): boolean => {
      const kind = entries.kindOf(entry);
      if (kind === Kind.file) return entries.useCountOf(entry) === 0 && isOpen(entry);
      return kind !== Kind.directory && kind !== Kind.link && kind !== Kind.none;
    };
    await this.#forBatches('make', isOther);
    await this.#writeContent();
    await this.#forBatches('make', (entry) => entries.kindOf(entry) === Kind.link);
    if (this.#options.delete) this.#removeUnexpected();
    finishDirectories(this.#directoryShop());
  }

  /** Each thread works on a segment of its own, for which pieces are loaded ahead. */
  async #writeContent(): Promise<void> {
    const { uses, table } = this.#plan;
    const { threads, signal } = this.#options;
    const width = RESTORE_PIECES_PER_THREAD;
    const slots = new blobs.InputSlots({ count: threads * width, slotBytes: RESTORE_SLOT_BYTES });
    const queues = new SegmentQueues(uses.count, threads);
    const group = new TaskGroup(signal);
    for (let thread = 0; thread < threads; thread++) {
      const pieces = piecesOf(queues.take(thread), uses, table);
      group.run((inner) =>
        forEachLimited(pieces, { width, signal: inner }, (piece) => this.#writePiece(piece, { slots, thread })),
      );
    }
    await group.join();
    signal.throwIfAborted();
  }

  /** Looks at files in directories that were there before. */
  async #survey(): Promise<void> {
    const { entries } = this.#plan;
    const mayBeThere = (entry: number): boolean =>
      entries.kindOf(entry) === Kind.file && entries.existed(entries.parentOf(entry));
    if (!batchesOf(entries, mayBeThere).next().value) return;
    this.#tally.begin('comparing');
    await this.#forBatches('inspect', mayBeThere);
    const isCompared = (entry: number): boolean => entries.stateOf(entry) === State.compare;
    await this.#forUses('compare', isCompared);
    await this.#forBatches('settle', isCompared);
  }

  async #verify(): Promise<void> {
    const { entries } = this.#plan;
    this.#tally.begin('verifying');
    const isDone = (entry: number): boolean =>
      entries.kindOf(entry) === Kind.file && entries.stateOf(entry) === State.done;
    const wrong = this.#tally.errors;
    await this.#forUses('verify', isDone);
    await this.#forBatches('verifyEmpty', (entry) => isDone(entry) && entries.useCountOf(entry) === 0);
    let files = 0;
    for (let entry = ROOT + 1; entry < entries.count; entry++) if (isDone(entry)) files++;
    this.#tally.counts.verified = files - (this.#tally.errors - wrong);
  }

  async #forBatches(
    kind: 'inspect' | 'settle' | 'make' | 'verifyEmpty',
    isWanted: (entry: number) => boolean,
  ): Promise<void> {
    const { entries } = this.#plan;
    await this.#forAll(batchesOf(entries, isWanted), async (batch) => {
      const report = await this.#call({ kind, entries: batch });
      this.#tally.add(report, entries.pathOf(batch[0]!));
    });
  }

  async #forUses(kind: 'compare' | 'verify', isWanted: (entry: number) => boolean): Promise<void> {
    const { entries, uses, table } = this.#plan;
    await this.#forAll(useRanges({ uses, table }, isWanted), async (range) => {
      const report = await this.#call({ kind, ...range });
      this.#tally.add(report, entries.pathOf(uses.entryOf(range.first)));
    });
  }

  async #forAll<T>(items: Iterable<T>, work: (item: T) => Promise<void>): Promise<void> {
    const width = this.#options.threads * RESTORE_PIECES_PER_THREAD;
    await forEachLimited(items, { width, signal: this.#options.signal }, work);
  }

  async #writePiece(piece: Piece, { slots, thread }: { slots: blobs.InputSlots; thread: number }): Promise<void> {
    const { entries, uses, packs } = this.#plan;
    const { pack, offset, length, first, end } = piece;
    const slot = await slots.take(length);
    let failed: JobReport['failedUses'];
    try {
      await this.#vault.loadSealed(packs[pack]!, { offset, length, into: slot.bytes });
      const report = await this.#pool!.callOn(thread, {
        kind: 'write',
        sealed: slot.bytes,
        packOffset: offset,
        first,
        end,
      });
      this.#tally.add(report, entries.pathOf(uses.entryOf(uses.order[first]!)));
      failed = report.failedUses;
    } catch (error) {
      if (!hasCode(error, 'not-found', 'file-damaged')) throw error;
      const unsettled = uses.order.subarray(first, end).filter((use) => uses.settled[use] !== 1);
      failed = Array.from(unsettled, (use) => ({ use, reason: error.message }));
    } finally {
      slot.release();
    }
    if (failed.length > 0) await this.#rescue(failed);
  }

  /** Tries every blob that could not be opened once more, from wherever else it lies. */
  async #rescue(failed: JobReport['failedUses']): Promise<void> {
    const { uses, table } = this.#plan;
    const byBlob = Map.groupBy(failed, ({ use }) => uses.blobOf(use));
    for (const [blob, group] of byBlob) {
      this.#options.signal.throwIfAborted();
      const { plain, reason } = await this.#loadAgain(table.idOf(blob));
      const report = await this.#call({ kind: 'rescue', uses: group.map(({ use }) => use), plain, reason });
      this.#tally.add(report, '');
    }
  }

  async #loadAgain(id: BlobId): Promise<{ plain: Uint8Array | undefined; reason: string }> {
    try {
      return { plain: await this.#vault.loadBlob('data', id, this.#options.signal), reason: '' };
    } catch (error) {
      if (!hasCode(error, 'not-found', 'file-damaged', 'blob-missing')) throw error;
      return { plain: undefined, reason: error.message };
    }
  }

  #removeUnexpected(): void {
    const { entries, filter } = this.#plan;
    removeUnexpected({
      entries,
      filter,
      targetFd: this.#target.fd,
      dryRun: false,
      onRemoved: (path) => {
        this.#tally.counts.deleted++;
        if (this.#rules.listEntries) this.#tally.tell('deleted', path);
      },
      onFailed: (path, message) => this.#tally.complain(path, message),
    });
  }

  /** After a run that was stopped: files that are not whole do not keep their names. */
  #putUnfinishedAside(): void {
    const { entries } = this.#plan;
    for (let entry = ROOT + 1; entry < entries.count; entry++) {
      if (entries.kindOf(entry) !== Kind.file || entries.stateOf(entry) !== State.open) continue;
      if (!entries.existed(entry)) putAside({ entries, directories: this.#directories }, entry);
      else this.#tally.complain(entries.pathOf(entry), 'is only partly brought up to date, as the run was stopped');
    }
  }

  #directoryShop(): DirectoryShop {
    const { entries } = this.#plan;
    return {
      entries,
      directories: this.#directories,
      rules: this.#rules,
      complain: (entry, message) => this.#tally.complain(entries.pathOf(entry), message),
    };
  }

  async #seed(): Promise<WorkerSeed> {
    const { entries, uses } = this.#plan;
    return {
      reader: await this.#vault.readerSeed(this.#options.signal),
      entries: entries.share(),
      uses: uses.share(),
      targetFd: this.#target.fd,
      rules: this.#rules,
    };
  }

  #call(job: Job): Promise<JobReport> {
    return this.#pool!.call(job);
  }
}
