/** A thread of a backup: captures directories, reads files, fills packs. It decides nothing about order. */
import { errnoOf, hasCode, textOf } from '../base/errors.ts';
import { type BlobId, hexAt, ID_BYTES } from '../base/ids.ts';
import { DIRECTORY_NAMES_MAX, READ_WINDOW_BYTES } from '../base/limits.ts';
import { serveThread, syscalls, systemIdentity } from '../host.ts';
import { capture, createSelection } from '../source.ts';
import { blobs, treeText } from '../vault.ts';
import { EntryCapture, type Place, problemOf } from './entries.ts';
import {
  type DirectoryDone,
  type DirectoryJob,
  type EntryDone,
  type EntryJob,
  type Hole,
  type Job,
  type JobDone,
  type JobReport,
  noCounts,
  type Piece,
  type TreeDone,
  type WindowDone,
  type WindowJob,
  type WorkerEvent,
  type WorkerSeed,
} from './jobs.ts';
import { stampOf } from './moving.ts';
import { damagedParent, ParentTree } from './parent.ts';
import { ContentReader } from './read.ts';

const { TREE_HEAD, TREE_TAIL } = treeText;

serveThread<WorkerSeed, Job, JobDone, WorkerEvent>((seed, emit) => {
  const writer = new blobs.BlobWriter(seed.writer, (pack) => emit({ kind: 'pack', pack }));
  const { key } = seed.writer;
  const worker: Worker = {
    writer,
    opener: new blobs.BlobReader(key),
    reader: new ContentReader(writer, seed.polynomial),
    emit,
    capture: undefined as never,
    id: new Uint8Array(ID_BYTES),
  };
  worker.capture = new EntryCapture({
    identity: systemIdentity(),
    reader: worker.reader,
    table: writer.table,
    selection: createSelection(seed.selection),
    policy: seed.policy,
    storeEmptyTree: () => storeTree(worker, TREE_HEAD + TREE_TAIL),
  });
  return (job) => run(worker, job);
});

interface Worker {
  writer: blobs.BlobWriter;
  opener: blobs.BlobReader;
  reader: ContentReader;
  capture: EntryCapture;
  emit: (event: WorkerEvent) => void;
  id: Uint8Array;
}

function run(worker: Worker, job: Job): JobDone {
  switch (job.kind) {
    case 'directory':
      return captureDirectory(worker, job);
    case 'window':
      return storeWindow(worker, job);
    case 'entry':
      return captureEntry(worker, job);
    case 'tree':
      return { kind: 'tree', treeId: storeTree(worker, job.text), ...newReport() } satisfies TreeDone;
    case 'stream':
      return { kind: 'stream', ids: worker.reader.feed(job.bytes, job.isLast), ...newReport() };
    case 'flush':
      worker.writer.flush();
      return { kind: 'flush', ...newReport() };
  }
}

function captureDirectory(worker: Worker, job: DirectoryJob): DirectoryDone {
  const report = newReport();
  let fd: number;
  try {
    fd = capture.openDirectoryAt(job.path);
  } catch (error) {
    return { kind: 'directory', treeId: undefined, pieces: [], unreadable: true, ...failedAt(job.path, error) };
  }
  try {
    const place: Place = { fd, path: job.path, parent: parentTree(worker, job, report), device: job.device };
    const names = job.names === undefined ? capture.sortedNames(fd) : job.names.split('/');
    if (names.length > DIRECTORY_NAMES_MAX) return { ...shared(names, place), ...report };
    const pieces = worker.capture.captureAll(place, names, report);
    if (pieces === undefined) return unchanged(job, place.parent, report);
    const isWhole = job.names === undefined && pieces.every((piece) => typeof piece === 'string');
    if (!isWhole) return { kind: 'directory', treeId: undefined, pieces, unreadable: false, ...report };
    const treeId = storeTree(worker, TREE_HEAD + pieces.join(',') + TREE_TAIL);
    return { kind: 'directory', treeId, pieces: [], unreadable: false, ...report };
  } catch (error) {
    return { kind: 'directory', treeId: undefined, pieces: [], unreadable: true, ...failedAt(job.path, error) };
  } finally {
    syscalls.closeFd(fd);
  }
}

/** Splits a large directory into runs of names, to be captured by whichever threads are free. */
function shared(
  names: readonly string[],
  place: Place,
): Pick<DirectoryDone, 'kind' | 'treeId' | 'pieces' | 'unreadable'> {
  const pieces: Piece[] = [];
  for (let at = 0; at < names.length; at += DIRECTORY_NAMES_MAX) {
    const run = names.slice(at, at + DIRECTORY_NAMES_MAX);
    const parent = place.parent.slice(run[0]!, run.at(-1)!);
    pieces.push({ kind: 'names', names: run.join('/'), parent } satisfies Hole);
  }
  return { kind: 'directory', treeId: undefined, pieces, unreadable: false };
}

/** An unchanged tree keeps its id without being made again; of a run of names, the parent's text is the result. */
function unchanged(job: DirectoryJob, parent: ParentTree, report: JobReport): DirectoryDone {
  const { parent: before } = job;
  if (typeof before === 'object') {
    return { kind: 'directory', treeId: before.id, pieces: [], unreadable: false, ...report };
  }
  const nodes = parent.text.slice(TREE_HEAD.length, -TREE_TAIL.length);
  return { kind: 'directory', treeId: undefined, pieces: [nodes], unreadable: false, ...report };
}

function storeTree(worker: Worker, text: string): string {
  worker.writer.store('tree', Buffer.from(text, 'latin1'), worker.id);
  return hexAt(worker.id);
}

/** The parent's tree; none when it is damaged. */
function parentTree(worker: Worker, { path, parent }: DirectoryJob, report: JobReport): ParentTree {
  if (parent === undefined) return new ParentTree('');
  if (typeof parent === 'string') return new ParentTree(parent);
  try {
    return new ParentTree(Buffer.from(worker.opener.open(parent.sealed, parent)).toString('latin1'));
  } catch (error) {
    if (!hasCode(error, 'file-damaged', 'tree-invalid')) throw error;
    worker.writer.table.hide('tree', parent.id as BlobId);
    report.problems.push(damagedParent(path, `pack ${parent.pack}, ${textOf(error)}`));
    return new ParentTree('');
  }
}

function captureEntry(worker: Worker, job: EntryJob): EntryDone {
  const report = newReport();
  let fd = -1;
  try {
    const path = job.role === 'above' ? capture.resolveDirectory(job.path) : job.path;
    const { directory, name } = partsOf(path);
    fd = capture.openPlaceAt(directory);
    const place: Place = { fd, path: directory, parent: new ParentTree(job.parent), device: job.device };
    const piece = worker.capture.captureOne(place, name, { as: job.name, report, role: job.role });
    return { kind: 'entry', piece, ...report };
  } catch (error) {
    return { kind: 'entry', piece: undefined, counts: noCounts(), problems: [problemOf(job.path, error, job.role)] };
  } finally {
    if (fd >= 0) syscalls.closeFd(fd);
  }
}

function partsOf(path: string): { directory: string; name: string } {
  const slash = path.lastIndexOf('/');
  return { directory: path.slice(0, slash) || '/', name: path.slice(slash + 1) || '.' };
}

function storeWindow(worker: Worker, job: WindowJob): WindowDone {
  const { directory, name } = partsOf(job.path);
  let dirFd = -1;
  let fd = -1;
  try {
    dirFd = capture.openPlaceAt(directory);
    fd = capture.openFileAt(dirFd, name);
    const report = (offset: number): void => worker.emit({ kind: 'cut', path: job.path, offset });
    const content = worker.reader.storeWindow(fd, {
      offset: job.offset,
      length: READ_WINDOW_BYTES,
      onCut: job.isShared ? report : undefined,
    });
    const stat = new syscalls.StatRecord();
    syscalls.statInto(fd, '', stat);
    return { kind: 'window', ...content, stamp: stampOf(stat), failed: false, ...newReport() };
  } catch (error) {
    if (errnoOf(error) === undefined) throw error;
    return { kind: 'window', ids: [], bytes: 0, isLast: true, stamp: '', failed: true, ...newReport() };
  } finally {
    if (fd >= 0) syscalls.closeFd(fd);
    if (dirFd >= 0) syscalls.closeFd(dirFd);
  }
}

function newReport(): JobReport {
  return { counts: noCounts(), problems: [] };
}

function failedAt(path: string, error: unknown): JobReport {
  return { counts: noCounts(), problems: [problemOf(path, error)] };
}
