/** What the destination of a copy lacks. */
import { AppError } from '../../base/errors.ts';
import type { BlobId } from '../../base/ids.ts';
import type { BlobKind, Snapshot } from '../model.ts';
import type { Vault } from '../vault.ts';
import { type WalkEntry, walkTree } from '../walk.ts';

/** Snapshots that are copied together, and what they need. */
export interface Batch {
  snapshots: Snapshot[];
  /** Numbers in the table of the source, ordered by pack and place. */
  blobs: Uint32Array;
  /** As they lie in the source. */
  bytes: number;
}

export interface MissingOptions {
  /** A batch ends with the snapshot that makes it this large. */
  batchBytes: number;
  signal: AbortSignal;
}

/**
 * Blobs that `snapshots` use and the destination does not have, each in the batch of the first snapshot that uses it.
 * Also looks into trees that the destination has, as what they refer to may be missing there.
 * @throws {AppError} `blob-missing` when the source does not have one; as `Vault.loadTree`
 */
export async function missingBatches(
  { from, to }: { from: Vault; to: Vault },
  snapshots: readonly Snapshot[],
  { batchBytes, signal }: MissingOptions,
): Promise<Batch[]> {
  const { table } = await from.index(signal);
  const there = (await to.index(signal)).table;
  const seen = new Uint8Array(table.count);
  const batches: Batch[] = [];
  let current = { snapshots: [] as Snapshot[], missing: [] as number[], bytes: 0 };
  const see = (kind: BlobKind, id: BlobId): boolean => {
    const blob = table.findHex(kind, id);
    if (blob < 0) throw new AppError('blob-missing', { detail: `${kind} blob ${id} in ${from.url}` });
    if (seen[blob] === 1) return false;
    seen[blob] = 1;
    if (there.findHex(kind, id) < 0) {
      current.missing.push(blob);
      current.bytes += table.lengthOf(blob);
    }
    return true;
  };
  const byPlace = (a: number, b: number): number =>
    table.packOf(a) - table.packOf(b) || table.offsetOf(a) - table.offsetOf(b);
  const end = (): void => {
    if (current.snapshots.length === 0) return;
    const { snapshots: together, missing, bytes } = current;
    batches.push({ snapshots: together, blobs: Uint32Array.from(missing).sort(byPlace), bytes });
    current = { snapshots: [], missing: [], bytes: 0 };
  };
  const enter = ({ node }: WalkEntry): boolean => node.subtree !== undefined && see('tree', node.subtree);
  for (const snapshot of snapshots) {
    current.snapshots.push(snapshot);
    if (see('tree', snapshot.tree)) {
      for await (const { node } of walkTree(from, snapshot.tree, { enter, signal })) {
        for (const id of node.content ?? []) see('data', id);
      }
    }
    if (current.bytes >= batchBytes) end();
  }
  end();
  return batches;
}
