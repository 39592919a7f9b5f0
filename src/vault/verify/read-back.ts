/** Reads chosen packs whole from the storage and proves every byte of them. */
import { hasCode } from '../../base/errors.ts';
import type { PackId } from '../../base/ids.ts';
import { errorFinding, type Finding } from '../check/finding.ts';
import { checkSeed } from '../check/jobs.ts';
import { type NumberedPack, readPacks } from '../check/pack-read.ts';
import { startCheckThreads } from '../check/threads.ts';
import { type Inventory, takeInventory } from '../inventory.ts';
import { Marks } from '../marks.ts';
import type { Vault } from '../vault.ts';

export interface ReadBackOptions {
  packs: Iterable<PackId>;
  /** For the byte work; with 0 it is done in this thread. */
  threads: number;
  /** Hears what is wrong with a pack: the finding's `id` is its name. */
  onFinding: (finding: Finding) => void;
  /** Hears of each pack that is right as soon as that is known: what was read before a failure was not read in vain. */
  onVerified?: ((pack: PackId) => void) | undefined;
  onProgress?: ((progress: ReadBackProgress) => void) | undefined;
  signal?: AbortSignal | undefined;
}

export interface ReadBackProgress {
  /** Packs. */
  done: number;
  total: number;
  bytesDone: number;
  bytesTotal: number;
}

export interface ReadBackResult {
  /** Packs of which everything is right: name, header, and each blob decrypted and hashed. */
  verified: PackId[];
  /** The others that were asked for. */
  damaged: PackId[];
  findings: number;
  bytesRead: number;
}

/**
 * The caller holds a lock, shared or exclusive. The index is read from the storage as well, not from a cache. What cannot
 * be read, because it is gone, or in no index, is damaged; nothing that was asked for is passed over.
 * @throws {AppError} what the storage throws when it cannot be reached; `file-damaged` naming an index file
 */
export async function readBack(vault: Vault, options: ReadBackOptions): Promise<ReadBackResult> {
  const { threads: count, signal, onProgress } = options;
  const names = [...new Set(options.packs)];
  const result: ReadBackResult = { verified: [], damaged: [], findings: 0, bytesRead: 0 };
  if (names.length === 0) return result;
  const onFinding = (finding: Finding): void => {
    result.findings++;
    options.onFinding(finding);
  };
  const inventory = await takeInventory(vault, { signal });
  const packs = await findPacks(vault, { inventory, names, onFinding, signal });
  const bytesTotal = packs.reduce((sum, { size }) => sum + size, 0);
  let done = 0;
  const onPack = ({ name, size }: NumberedPack, isSound: boolean): void => {
    result.bytesRead += size;
    if (isSound) {
      result.verified.push(name);
      options.onVerified?.(name);
    }
    const amounts = { bytesDone: result.bytesRead, bytesTotal };
    onProgress?.({ done: ++done, total: packs.length, ...amounts });
  };
  const seed = checkSeed(vault.parts.key, inventory, new Marks(0));
  await using threads = startCheckThreads(seed, Math.min(count, packs.length));
  // One pack for each thread, and one being read, which takes a fraction of the time of proving one.
  await readPacks({ vault, threads, width: count + 1, onFinding, onPack, signal }, packs);
  const verified = new Set(result.verified);
  result.damaged = names.filter((name) => !verified.has(name));
  return result;
}

interface Search {
  inventory: Inventory;
  names: readonly PackId[];
  onFinding: (finding: Finding) => void;
  signal: AbortSignal | undefined;
}

/** Those that are there with the size the index tells of; reading no more than that would overlook what is behind. */
async function findPacks(vault: Vault, { inventory, names, onFinding, signal }: Search): Promise<NumberedPack[]> {
  const numbers = new Map(inventory.packs.map((name, number) => [name, number]));
  const found: NumberedPack[] = [];
  for (const name of names) {
    signal?.throwIfAborted();
    const number = numbers.get(name);
    if (number === undefined) {
      onFinding(errorFinding('pack-missing', name, `pack ${name} is in no index`));
      continue;
    }
    const size = await sizeOf(vault, name);
    const expected = inventory.sizeOf(number);
    if (size === expected) found.push({ name, number, size });
    else if (size === undefined)
      onFinding(errorFinding('pack-missing', name, `pack ${name} is in the index but not in the vault`));
    else
      onFinding(errorFinding('pack-size', name, `pack ${name} has ${size} bytes where the index tells of ${expected}`));
  }
  return found;
}

async function sizeOf(vault: Vault, name: PackId): Promise<number | undefined> {
  try {
    return (await vault.parts.storage.stat({ kind: 'pack', name })).size;
  } catch (error) {
    if (!hasCode(error, 'not-found')) throw error;
    return undefined;
  }
}
