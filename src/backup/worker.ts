/** A thread of a backup: captures directories, reads files, fills packs. It decides nothing about order. */
import { errnoOf, textOf } from '../base/errors.ts';
import { hexAt, ID_BYTES } from '../base/ids.ts';
import { DIRECTORY_NAMES_MAX } from '../base/limits.ts';
import { serveThread, syscalls, systemIdentity } from '../host.ts';
import { createSelection, openDirectoryAt, openFileAt, sortedNames } from '../source.ts';
import { BlobReader, BlobWriter, treeText } from '../vault.ts';
import { EntryCapture, type Place, stampOf } from './entries.ts';
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
import { ParentTree } from './parent.ts';
import { ContentReader } from './read.ts';

const { TREE_HEAD, TREE_TAIL } = treeText;

serveThread<WorkerSeed, Job, JobDone, WorkerEvent>((seed, emit) => {
  const writer = new BlobWriter(seed.writer, (pack) => emit({ kind: 'pack', pack }));
  const { key } = seed.writer;
  const worker: Worker = {
    writer,
    opener: new BlobReader(key),
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
  });
  return (job) => run(worker, job);
});

interface Worker {
  writer: BlobWriter;
  opener: BlobReader;
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
    fd = openDirectoryAt(job.path);
  } catch (error) {
    return { kind: 'directory', treeId: undefined, pieces: [], unreadable: true, ...failedAt(job.path, error) };
  }
  try {
    const place: Place = { fd, path: job.path, parent: new ParentTree(parentText(worker, job)), device: job.device };
    const names = job.names === undefined ? sortedNames(fd) : job.names.split('/');
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

function parentText(worker: Worker, { parent }: DirectoryJob): string {
  if (parent === undefined) return '';
  if (typeof parent === 'string') return parent;
  return Buffer.from(worker.opener.open(parent.sealed, parent)).toString('latin1');
}

function captureEntry(worker: Worker, job: EntryJob): EntryDone {
  const report = newReport();
  const slash = job.path.lastIndexOf('/');
  const parentPath = job.path.slice(0, slash) || '/';
  let fd: number;
  try {
    fd = openDirectoryAt(parentPath);
  } catch (error) {
    return { kind: 'entry', piece: undefined, ...failedAt(job.path, error) };
  }
  try {
    const place: Place = { fd, path: parentPath, parent: new ParentTree(job.parent), device: job.device };
    const name = job.path.slice(slash + 1) || '.';
    const piece = worker.capture.captureOne(place, name, { as: job.name, report });
    return { kind: 'entry', piece, ...report };
  } finally {
    syscalls.closeFd(fd);
  }
}

function storeWindow(worker: Worker, job: WindowJob): WindowDone {
  const slash = job.path.lastIndexOf('/');
  let dirFd = -1;
  let fd = -1;
  try {
    dirFd = openDirectoryAt(job.path.slice(0, slash) || '/');
    fd = openFileAt(dirFd, job.path.slice(slash + 1));
    const onCut = (offset: number): void => worker.emit({ kind: 'cut', path: job.path, offset });
    const content = worker.reader.storeWindow(fd, job.offset, onCut);
    const stat = new syscalls.StatRecord();
    syscalls.statInto(fd, '', stat);
    return { kind: 'window', ...content, stamp: stampOf(stat), failed: false, ...newReport() };
  } catch (error) {
    const nothing = { ids: [], bytes: 0, isLast: true, stamp: '' };
    return { kind: 'window', ...nothing, failed: true, ...failedAt(job.path, error) };
  } finally {
    if (fd >= 0) syscalls.closeFd(fd);
    if (dirFd >= 0) syscalls.closeFd(dirFd);
  }
}

function newReport(): JobReport {
  return { counts: noCounts(), problems: [] };
}

function failedAt(path: string, error: unknown): JobReport {
  if (errnoOf(error) === undefined) throw error;
  const vanished = errnoOf(error) === 'ENOENT';
  const message = vanished ? 'vanished before it could be read' : textOf(error);
  return { counts: noCounts(), problems: [{ path, message, harmless: vanished }] };
}
