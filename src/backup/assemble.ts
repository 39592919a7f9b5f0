/** From directory to tree: asks for its pieces, waits for what they lack, and has the finished text stored. */
import { assert } from '../base/assert.ts';
import { hasCode } from '../base/errors.ts';
import type { BlobId } from '../base/ids.ts';
import { treeText, type Vault } from '../vault.ts';
import { join } from './entries.ts';
import {
  type DirectoryJob,
  type Hole,
  type Job,
  type JobDone,
  type JobReport,
  noCounts,
  type Piece,
  type Problem,
  type SealedTree,
  type WindowDone,
} from './jobs.ts';
import { sameInode } from './moving.ts';
import { damagedParent, ParentTree } from './parent.ts';
import type { Weight } from './schedule.ts';

/** What the assembler needs of the run around it. */
export interface AssemblerParts {
  vault: Vault;
  run: (prepare: () => Job | Promise<Job>, weight?: Weight) => Promise<JobDone>;
  /** Calls back once with the start of the next window of the file at `path`, as soon as a thread has found it. */
  onNextCut: (path: string, found: (offset: number) => void) => void;
  report: (done: JobReport) => void;
  /** Whether a thread has nothing to do at present. */
  /** Whether nothing but the jobs with the threads is there to be done. */
  isAlone: () => boolean;
  /** The file system to stay on for the target being captured, or undefined. */
  device: bigint | undefined;
}

const { directoryTail, fileTail, TREE_HEAD, TREE_TAIL, withSize } = treeText;

type HoleOf<Kind extends Hole['kind']> = Extract<Hole, { kind: Kind }>;

export class Assembler {
  readonly #parts: AssemblerParts;

  constructor(parts: AssemblerParts) {
    this.#parts = parts;
  }

  /** The finished node of a target. @returns undefined when it could not be captured */
  async finishEntry(piece: Piece | undefined, directory: string): Promise<string | undefined> {
    if (piece === undefined || typeof piece === 'string') return piece;
    return await this.#fill(piece, directory);
  }

  /** Stores the tree of the directory at `path`. @returns its id, or undefined when the directory could not be read */
  async captureTree(path: string, parentId: string): Promise<string | undefined> {
    const done = await this.#directory(async () => ({
      ...this.#wholeDirectory(path),
      parent: await this.#parentTree(path, parentId),
    }));
    if (done.unreadable) return undefined;
    return done.treeId ?? (await this.storeTree(await this.#join(done.pieces, path)));
  }

  /** Stores a tree of finished nodes. */
  async storeTree(nodes: string): Promise<string> {
    const done = await this.#parts.run(() => ({ kind: 'tree', text: TREE_HEAD + nodes + TREE_TAIL }));
    return expect(done, 'tree').treeId;
  }

  async #fill(hole: Hole, directory: string): Promise<string | undefined> {
    switch (hole.kind) {
      case 'directory':
        return await this.#fillDirectory(hole, join(directory, hole.name));
      case 'file':
        return await this.#fillFile(hole, join(directory, hole.name));
      case 'names': {
        const done = await this.#directory(() => ({
          ...this.#wholeDirectory(directory),
          names: hole.names,
          parent: hole.parent,
        }));
        return await this.#join(done.pieces, directory);
      }
    }
  }

  async #fillDirectory(hole: HoleOf<'directory'>, path: string): Promise<string | undefined> {
    const treeId = await this.captureTree(path, hole.parentId);
    if (treeId === undefined) return undefined;
    this.#countDirectory(hole.parentId, treeId);
    return hole.core + directoryTail(treeId);
  }

  async #fillFile(hole: HoleOf<'file'>, path: string): Promise<string | undefined> {
    const windows = await this.#windows(path);
    // Windows of two files that followed each other under one name would make a third that never was.
    const isOneFile = windows.every((window) => !window.failed && sameInode(window.stamp, hole.stamp));
    const bytes = windows.reduce((sum, window) => sum + window.bytes, 0);
    if (!isOneFile) {
      this.#parts.report({ counts: { ...noCounts(), bytes: -bytes }, problems: [] });
      return await this.#captureAgain(hole, path);
    }
    const ids = windows.flatMap((window) => window.ids);
    const moved = windows.some((window) => window.stamp !== hole.stamp);
    const message = 'changed while it was read; what was read is in the snapshot';
    const problems: Problem[] = moved ? [{ path, message, harmless: true }] : [];
    const counts = { ...noCounts(), filesNew: hole.isNew ? 1 : 0, filesChanged: hole.isNew ? 0 : 1 };
    this.#parts.report({ counts, problems });
    return withSize(hole.core, bytes) + hole.attributes + fileTail(ids);
  }

  /** A file that was replaced while it was read is captured as what it is by now, if need be through one descriptor. */
  async #captureAgain(hole: HoleOf<'file'>, path: string): Promise<string | undefined> {
    const { run, device, report } = this.#parts;
    const done = expect(
      await run(() => ({ kind: 'entry', path, name: hole.as, parent: '', device, role: 'again' })),
      'entry',
    );
    if (!hole.isNew) {
      done.counts.filesChanged += done.counts.filesNew;
      done.counts.filesNew = 0;
    }
    report(done);
    return await this.finishEntry(done.piece, path.slice(0, path.lastIndexOf('/')) || '/');
  }

  /** Each window begins where the one before found its last cut, which may be known long before that one is done. */
  async #windows(path: string): Promise<WindowDone[]> {
    const all: Promise<WindowDone>[] = [];
    for (let offset: number | undefined = 0; offset !== undefined; ) {
      const cut = new Promise<number>((found) => this.#parts.onNextCut(path, found));
      const done = this.#window(path, offset);
      // Until the last window is known, nobody waits for these.
      done.catch(() => {});
      all.push(done);
      const start: number = offset;
      offset = await Promise.race([cut, done.then((window) => (window.isLast ? undefined : start + window.bytes))]);
    }
    return await Promise.all(all);
  }

  async #window(path: string, offset: number): Promise<WindowDone> {
    const done = expect(
      await this.#parts.run(() => ({ kind: 'window', path, offset, isShared: this.#parts.isAlone() }), 'large'),
      'window',
    );
    this.#parts.report({ counts: { ...noCounts(), bytes: done.bytes }, problems: [] });
    return done;
  }

  async #directory(
    prepare: () => DirectoryJob | Promise<DirectoryJob>,
  ): Promise<Extract<JobDone, { kind: 'directory' }>> {
    const done = expect(await this.#parts.run(prepare), 'directory');
    this.#parts.report(done);
    return done;
  }

  #wholeDirectory(path: string): DirectoryJob {
    return { kind: 'directory', path, names: undefined, parent: undefined, device: this.#parts.device };
  }

  async #join(pieces: readonly Piece[], directory: string): Promise<string> {
    const texts = await Promise.all(
      pieces.map((piece) => (typeof piece === 'string' ? piece : this.#fill(piece, directory))),
    );
    return texts.filter((text) => text !== undefined && text !== '').join(',');
  }

  /** The parent's tree as it lies in the vault; a worker opens it. One that is missing is as none. */
  async #parentTree(path: string, id: string): Promise<SealedTree | undefined> {
    if (id === '') return undefined;
    const { vault } = this.#parts;
    try {
      const found = await vault.loadSealedTree(id as BlobId);
      return found && { id, ...found };
    } catch (error) {
      if (!hasCode(error, 'file-damaged', 'not-found')) throw error;
      (await vault.index()).table.hide('tree', id as BlobId);
      this.#parts.report({ counts: noCounts(), problems: [damagedParent(path, error.message)] });
      return undefined;
    }
  }

  #countDirectory(parentId: string, treeId: string): void {
    const which = parentId === '' ? 'dirsNew' : parentId === treeId ? 'dirsUnmodified' : 'dirsChanged';
    this.#parts.report({ counts: { ...noCounts(), [which]: 1 }, problems: [] });
  }
}

/**
 * Nodes of the parent's tree with this id, of the directory at `path`, for looking up single entries; none when it is
 * missing, or damaged, which is told.
 */
export async function loadParentTree(
  vault: Vault,
  { path, id }: { path: string; id: string },
  report: (done: JobReport) => void,
): Promise<ParentTree> {
  const { table } = await vault.index();
  if (id === '' || table.findHex('tree', id as BlobId) < 0) return new ParentTree('');
  try {
    const bytes = await vault.loadBlob('tree', id as BlobId);
    return new ParentTree(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('latin1'));
  } catch (error) {
    if (!hasCode(error, 'file-damaged', 'not-found', 'tree-invalid')) throw error;
    table.hide('tree', id as BlobId);
    report({ counts: noCounts(), problems: [damagedParent(path, error.message)] });
    return new ParentTree('');
  }
}

function expect<Kind extends JobDone['kind']>(done: JobDone, kind: Kind): Extract<JobDone, { kind: Kind }> {
  assert(done.kind === kind, `a worker answered ${done.kind} to ${kind}`);
  return done as Extract<JobDone, { kind: Kind }>;
}
