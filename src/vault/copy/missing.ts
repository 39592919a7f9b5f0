/** What the destination of a copy lacks. */
import { AppError } from '../../base/errors.ts';
import type { BlobId } from '../../base/ids.ts';
import type { BlobKind, Snapshot } from '../model.ts';
import type { Vault } from '../vault.ts';
import { type WalkEntry, walkTree } from '../walk.ts';

/**
 * Blobs that `snapshots` use and the destination does not have, as numbers in the table of the source, ordered by pack
 * and place. Also looks into trees that the destination has, as what they refer to may be missing there.
 * @throws {AppError} `blob-missing` when the source does not have one; as `Vault.loadTree`
 */
export async function missingBlobs(
  { from, to }: { from: Vault; to: Vault },
  snapshots: readonly Snapshot[],
  signal: AbortSignal,
): Promise<Uint32Array> {
  const { table } = await from.index(signal);
  const there = (await to.index(signal)).table;
  const seen = new Uint8Array(table.count);
  const missing: number[] = [];
  const see = (kind: BlobKind, id: BlobId): boolean => {
    const blob = table.findHex(kind, id);
    if (blob < 0) throw new AppError('blob-missing', { detail: `${kind} blob ${id} in ${from.url}` });
    if (seen[blob] === 1) return false;
    seen[blob] = 1;
    if (there.findHex(kind, id) < 0) missing.push(blob);
    return true;
  };
  const enter = ({ node }: WalkEntry): boolean => node.subtree !== undefined && see('tree', node.subtree);
  for (const { tree } of snapshots) {
    if (!see('tree', tree)) continue;
    for await (const { node } of walkTree(from, tree, { enter, signal })) {
      for (const id of node.content ?? []) see('data', id);
    }
  }
  const byPlace = (a: number, b: number): number =>
    table.packOf(a) - table.packOf(b) || table.offsetOf(a) - table.offsetOf(b);
  return Uint32Array.from(missing).sort(byPlace);
}
