/** Snapshot documents, in the form and order restic writes them. */
import { AppError } from '../base/errors.ts';
import type { BlobId, SnapshotId } from '../base/ids.ts';
import { Fields, objectJson } from './fields.ts';
import { jsonString } from './go-quote.ts';
import type { SnapshotDocument, SnapshotSummary } from './model.ts';
import { encodeTimeParts, parseInstant } from './time.ts';

const U32_MAX = 0xffff_ffff;

/** Fields whose value is empty are left out; what time says is kept as it is. */
export function encodeSnapshot(snapshot: SnapshotDocument): string {
  return objectJson({
    time: jsonString(snapshot.time),
    parent: idJson(snapshot.parent),
    tree: idJson(snapshot.tree),
    paths: listJson(snapshot.paths),
    hostname: textJson(snapshot.hostname),
    username: textJson(snapshot.username),
    uid: snapshot.uid || undefined,
    gid: snapshot.gid || undefined,
    excludes: snapshot.excludes.length === 0 ? undefined : listJson(snapshot.excludes),
    tags: snapshot.tags.length === 0 ? undefined : listJson(snapshot.tags),
    original: idJson(snapshot.original),
    program_version: textJson(snapshot.programVersion),
    summary: snapshot.summary === undefined ? undefined : encodeSummary(snapshot.summary),
  });
}

/** `name` is the snapshot's, for messages. @throws {AppError} `file-damaged` */
export function decodeSnapshot(plain: Uint8Array, name: string): SnapshotDocument {
  const fields = Fields.parse(Buffer.from(plain).toString(), `snapshot ${name}`);
  const time = fields.string('time');
  if (parseInstant(time) === undefined)
    throw new AppError('file-damaged', { detail: `snapshot ${name} has no proper time` });
  const summary = fields.inside('summary');
  return {
    time,
    parent: fields.idIfAny('parent') as SnapshotId | undefined,
    tree: fields.id('tree') as BlobId,
    paths: fields.strings('paths'),
    hostname: fields.string('hostname'),
    username: fields.string('username'),
    uid: fields.integer('uid', U32_MAX),
    gid: fields.integer('gid', U32_MAX),
    excludes: fields.strings('excludes'),
    tags: fields.strings('tags'),
    original: fields.idIfAny('original') as SnapshotId | undefined,
    programVersion: fields.string('program_version'),
    summary: summary === undefined ? undefined : decodeSummary(summary),
  };
}

/** Milliseconds since 1970, rounded down, of an RFC 3339 time with any offset. @throws {AppError} `file-damaged` */
export function parseTime(text: string): number {
  const instant = parseInstant(text);
  if (instant === undefined)
    throw new AppError('file-damaged', { detail: `not a time: ${JSON.stringify(text.slice(0, 80))}` });
  return instant.seconds * 1000 + Math.floor(instant.nanos / 1_000_000);
}

/** RFC 3339 in UTC of milliseconds since 1970 and `nanos`, 0..999,999, after that. */
export function formatTime(ms: number, nanos = 0): string {
  const whole = Math.floor(ms);
  const seconds = Math.floor(whole / 1000);
  return encodeTimeParts(seconds, (whole - seconds * 1000) * 1_000_000 + nanos);
}

function encodeSummary(summary: SnapshotSummary): string {
  return objectJson({
    backup_start: jsonString(summary.backupStart),
    backup_end: jsonString(summary.backupEnd),
    files_new: summary.filesNew,
    files_changed: summary.filesChanged,
    files_unmodified: summary.filesUnmodified,
    dirs_new: summary.dirsNew,
    dirs_changed: summary.dirsChanged,
    dirs_unmodified: summary.dirsUnmodified,
    data_blobs: summary.dataBlobs,
    tree_blobs: summary.treeBlobs,
    data_added: summary.dataAdded,
    data_added_packed: summary.dataAddedPacked,
    total_files_processed: summary.totalFilesProcessed,
    total_bytes_processed: summary.totalBytesProcessed,
  });
}

function decodeSummary(fields: Fields): SnapshotSummary {
  return {
    backupStart: fields.string('backup_start'),
    backupEnd: fields.string('backup_end'),
    filesNew: fields.integer('files_new'),
    filesChanged: fields.integer('files_changed'),
    filesUnmodified: fields.integer('files_unmodified'),
    dirsNew: fields.integer('dirs_new'),
    dirsChanged: fields.integer('dirs_changed'),
    dirsUnmodified: fields.integer('dirs_unmodified'),
    dataBlobs: fields.integer('data_blobs'),
    treeBlobs: fields.integer('tree_blobs'),
    dataAdded: fields.integer('data_added'),
    dataAddedPacked: fields.integer('data_added_packed'),
    totalFilesProcessed: fields.integer('total_files_processed'),
    totalBytesProcessed: fields.integer('total_bytes_processed'),
  };
}

function idJson(id: string | undefined): string | undefined {
  return id === undefined ? undefined : `"${id}"`;
}

function textJson(text: string): string | undefined {
  return text === '' ? undefined : jsonString(text);
}

function listJson(texts: string[]): string {
  return `[${texts.map(jsonString).join(',')}]`;
}
