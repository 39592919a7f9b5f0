/** How much there is, counted in the four ways that restic's users know. */
import { type BlobId, hexAt, ID_BYTES } from '../base/ids.ts';
import { codec } from '../host.ts';
import type { BlobTable } from './blob-table.ts';
import type { BlobKind, Node, Snapshot } from './model.ts';
import { SEAL_OVERHEAD } from './seal.ts';
import type { Vault } from './vault.ts';
import { type WalkEntry, walkTree } from './walk.ts';

/**
 * `restore-size`: what restoring takes, hard links once in each snapshot. `files-by-contents`: files that differ in
 * content. `blobs-per-file`: the blobs of those, once for each path. `raw-data`: blobs as they lie in the vault.
 */
export type MeasureMode = 'restore-size' | 'files-by-contents' | 'blobs-per-file' | 'raw-data';

export const MEASURE_MODES: readonly MeasureMode[] = [
  'restore-size',
  'files-by-contents',
  'blobs-per-file',
  'raw-data',
];

export interface Measure {
  snapshots: number;
  /** Bytes. */
  size: number;
  /** Entries of any type for `restore-size`, else files. */
  files: number;
  blobs: number;
  /** Bytes before compression; only for `raw-data`. */
  uncompressedSize: number;
}

interface Counting {
  vault: Vault;
  mode: MeasureMode;
  signal?: AbortSignal | undefined;
}

/** @throws {AppError} as `Vault.loadTree`; `blob-missing` */
export async function measure(snapshots: readonly Snapshot[], counting: Counting): Promise<Measure> {
  const { table } = await counting.vault.index(counting.signal);
  const total: Measure = { snapshots: snapshots.length, size: 0, files: 0, blobs: 0, uncompressedSize: 0 };
  if (counting.mode === 'raw-data') await countBlobs(snapshots, { ...counting, table, total });
  else await countFiles(snapshots, { ...counting, table, total });
  return total;
}

interface Count extends Counting {
  table: BlobTable;
  total: Measure;
}

async function countFiles(snapshots: readonly Snapshot[], { vault, mode, signal, table, total }: Count): Promise<void> {
  const contents = new Set<string>();
  const blobsOfPath = new Map<string, Set<BlobId>>();
  for (const snapshot of snapshots) {
    const inodes = new Set<string>();
    for await (const entry of walkTree(vault, snapshot.tree, { signal })) {
      if (mode === 'restore-size') countEntry(entry.node, inodes, total);
      else if (entry.node.type === 'file' && isNew(contents, keyOf(entry.node))) {
        if (mode === 'files-by-contents') countFile(entry.node, total);
        else countFileBlobs(entry, blobsOfPath, { table, total });
      }
    }
  }
}

function countEntry({ inode, deviceId, size }: Node, inodes: Set<string>, total: Measure): void {
  total.files++;
  if (inode === 0n || isNew(inodes, `${deviceId} ${inode}`)) total.size += size;
}

function countFile({ size }: Node, total: Measure): void {
  total.files++;
  total.size += size;
}

function countFileBlobs(
  { path, node }: WalkEntry,
  blobsOfPath: Map<string, Set<BlobId>>,
  { table, total }: { table: BlobTable; total: Measure },
): void {
  for (const id of node.content ?? []) {
    let known = blobsOfPath.get(path);
    if (known === undefined) {
      known = new Set();
      blobsOfPath.set(path, known);
      total.files++;
    }
    if (known.has(id)) continue;
    known.add(id);
    total.blobs++;
    total.size += plainSize(table, table.findHex('data', id));
  }
}

/** Each tree is looked into once, whoever refers to it. */
async function countBlobs(snapshots: readonly Snapshot[], { vault, signal, table, total }: Count): Promise<void> {
  const seen = new Uint8Array(table.count);
  const use = (kind: BlobKind, id: BlobId): boolean => {
    const entry = table.findHex(kind, id);
    if (entry < 0 || seen[entry] === 1) return entry < 0;
    seen[entry] = 1;
    total.blobs++;
    total.size += table.lengthOf(entry);
    total.uncompressedSize += plainSize(table, entry);
    return true;
  };
  const enter = ({ node }: WalkEntry): boolean => node.subtree !== undefined && use('tree', node.subtree);
  for (const { tree } of snapshots) {
    if (!use('tree', tree)) continue;
    for await (const { node } of walkTree(vault, tree, { enter, signal })) {
      for (const id of node.content ?? []) use('data', id);
    }
  }
}

function plainSize(table: BlobTable, entry: number): number {
  if (entry < 0) return 0;
  return table.uncompressedLengthOf(entry) || table.lengthOf(entry) - SEAL_OVERHEAD;
}

function isNew(known: Set<string>, key: string): boolean {
  if (known.has(key)) return false;
  known.add(key);
  return true;
}

/** One id is its own key; many become one digest, as they may be thousands. */
function keyOf({ content = [] }: Node): string {
  if (content.length < 2) return content[0] ?? '';
  const digest = new Uint8Array(ID_BYTES);
  codec.sha256Into(Buffer.from(content.join('')), digest);
  return hexAt(digest);
}
