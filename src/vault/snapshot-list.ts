/** Listing snapshots where some may be damaged. */
import { type AppError, hasCode } from '../base/errors.ts';
import type { SnapshotId } from '../base/ids.ts';
import { DOCUMENT_LOADS_MAX } from '../base/limits.ts';
import { forEachLimited } from '../base/tasks.ts';
import type { Snapshot } from './model.ts';
import { decodeSnapshot, parseTime } from './snapshot.ts';
import type { Vault } from './vault.ts';

export interface ListedSnapshots {
  /** Oldest first. */
  snapshots: Snapshot[];
  damaged: { id: SnapshotId; error: AppError }[];
}

export async function listReadableSnapshots(vault: Vault, signal?: AbortSignal): Promise<ListedSnapshots> {
  const listed: ListedSnapshots = { snapshots: [], damaged: [] };
  const names = await vault.documents.list('snapshot', signal);
  await forEachLimited(names, { width: DOCUMENT_LOADS_MAX, signal }, async (id, inner) => {
    try {
      const document = decodeSnapshot(await vault.documents.load('snapshot', id, inner), id);
      listed.snapshots.push({ ...document, id, timeMs: parseTime(document.time) });
    } catch (error) {
      if (!hasCode(error, 'file-damaged')) throw error;
      listed.damaged.push({ id, error });
    }
  });
  listed.snapshots.sort((a, b) => a.timeMs - b.timeMs || (a.id < b.id ? -1 : 1));
  return listed;
}
