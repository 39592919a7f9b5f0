/** The document that makes captured trees a restore point. Written last: everything it names is durable by then. */
import { type BlobId, blobId, type SnapshotId } from '../base/ids.ts';
import { type SnapshotSummary, treeText, type Vault } from '../vault.ts';
import type { BackupOptions, BackupResult, StreamOptions } from './options.ts';
import { rawName, topOf } from './streams.ts';
import { absolute } from './targets.ts';

const { formatTime } = treeText;

export interface SnapshotParts {
  treeId: string;
  /** Absolute, as text. */
  paths: string[];
  result: BackupResult;
  options: Pick<StreamOptions, 'timeMs' | 'hostname' | 'tags' | 'programVersion' | 'identity'> &
    Partial<Pick<BackupOptions, 'selection'>>;
}

export async function saveSnapshot(vault: Vault, parts: SnapshotParts): Promise<SnapshotId> {
  const { options, result } = parts;
  const { identity } = options;
  const tree: BlobId = blobId(parts.treeId);
  return await vault.saveSnapshot({
    time: formatTime(options.timeMs),
    parent: result.parent,
    tree,
    paths: parts.paths,
    hostname: options.hostname,
    username: identity.username,
    uid: identity.uid,
    gid: identity.gid,
    excludes: [...(options.selection?.excludes ?? []), ...(options.selection?.iexcludes ?? [])],
    tags: [...options.tags],
    original: undefined,
    programVersion: options.programVersion,
    summary: summaryOf(result, options.timeMs),
  });
}

type Sources = Pick<BackupOptions, 'targets' | 'workingDirectory' | 'streams'>;

/** The targets and streams as the snapshot names them. */
export function absolutePaths({ targets, workingDirectory, streams = [] }: Sources): string[] {
  const raw = targets.map((target) => absolute(target, workingDirectory));
  raw.push(...streams.map((stream) => `/${rawName(topOf(stream))}`));
  return [...new Set(raw)].sort().map((path) => Buffer.from(path, 'latin1').toString());
}

/** The paths that a parent must have: those of the targets, as streams are read whole anyway; else those of the streams. */
export function parentPaths(sources: Sources): string[] {
  return absolutePaths(sources.targets.length === 0 ? sources : { ...sources, streams: [] });
}

function summaryOf(result: BackupResult, startMs: number): SnapshotSummary {
  const { counts } = result;
  return {
    backupStart: formatTime(startMs),
    backupEnd: formatTime(startMs + Math.round(result.durationMs)),
    filesNew: counts.filesNew,
    filesChanged: counts.filesChanged,
    filesUnmodified: counts.filesUnmodified,
    dirsNew: counts.dirsNew,
    dirsChanged: counts.dirsChanged,
    dirsUnmodified: counts.dirsUnmodified,
    dataBlobs: result.dataBlobs,
    treeBlobs: result.treeBlobs,
    dataAdded: result.dataAdded,
    dataAddedPacked: result.dataAddedPacked,
    totalFilesProcessed: counts.filesNew + counts.filesChanged + counts.filesUnmodified,
    totalBytesProcessed: counts.bytes,
  };
}
