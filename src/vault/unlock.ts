/** Clearing locks away, and saying whose they were. Needs no lock itself. */
import { hasCode } from '../base/errors.ts';
import type { FileId } from '../base/ids.ts';
import { removeLocks } from './lock.ts';
import { decodeLock, type LockDocument } from './lock-file.ts';
import type { Vault } from './vault.ts';

export interface SeenLock {
  name: FileId;
  /** Undefined when the lock could not be read. */
  lock: LockDocument | undefined;
}

export interface Unlocked {
  removed: SeenLock[];
  /** Locks that are held, and those that cannot be read and may be. */
  kept: SeenLock[];
}

/** Removes the locks that nobody can be holding any more, or with `all` every one, readable or not. */
export async function unlock(vault: Vault, { all }: { all: boolean }): Promise<Unlocked> {
  const { documents } = vault;
  const seen: SeenLock[] = [];
  for (const name of await documents.list('lock')) seen.push({ name, lock: await readLock(vault, name) });
  const removed = new Set(await removeLocks({ ...vault.parts, documents }, { all }));
  return {
    removed: seen.filter(({ name }) => removed.has(name)),
    kept: seen.filter(({ name }) => !removed.has(name)),
  };
}

async function readLock({ documents }: Vault, name: FileId): Promise<LockDocument | undefined> {
  try {
    return decodeLock(await documents.load('lock', name));
  } catch (error) {
    if (hasCode(error, 'file-damaged', 'not-found')) return undefined;
    throw error;
  }
}
