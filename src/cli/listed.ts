/** Snapshots to choose from: a damaged one must not keep the others from being used, least of all in a disaster. */
import { browse, type Snapshot } from '../vault.ts';
import type { Context } from './context.ts';
import type { OpenedVault } from './open.ts';

/** All that can be read, oldest first; warns of each that cannot. */
export async function listSnapshots({ output }: Context, { vault, signal }: OpenedVault): Promise<Snapshot[]> {
  const { snapshots, damaged } = await browse.listReadableSnapshots(vault, signal);
  for (const { id, error } of damaged) output.warn(error.message, { item: id });
  return snapshots;
}
