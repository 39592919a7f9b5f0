/** What packs there are, by the index and by the storage. */
import type { PackId } from '../../base/ids.ts';
import { takeInventory } from '../inventory.ts';
import type { Vault } from '../vault.ts';

export interface SurveyedPack {
  name: PackId;
  /** Bytes in the storage; -1 when it is not there. */
  size: number;
  /** Bytes that the index tells of. */
  expected: number;
}

export interface PackSurvey {
  /** Packs that the index names. */
  packs: SurveyedPack[];
  /** Of all packs in the storage, those in no index included: what the vault takes, but for its small files. */
  bytes: number;
  /** Of packs in no index. */
  orphanBytes: number;
}

/**
 * Reads the index and lists the packs once. The caller holds a lock: else packs may come and go in between.
 * @throws {AppError} `file-damaged` naming an index file
 */
export async function surveyPacks(vault: Vault, signal?: AbortSignal): Promise<PackSurvey> {
  const inventory = await takeInventory(vault, { signal });
  const packs = inventory.packs.map((name, pack) => ({ name, size: -1, expected: inventory.sizeOf(pack) }));
  const byName = new Map(packs.map((pack) => [pack.name, pack]));
  let bytes = 0;
  let orphanBytes = 0;
  for await (const { name, size } of vault.parts.storage.list('pack', signal)) {
    bytes += size;
    const pack = byName.get(name as PackId);
    if (pack === undefined) orphanBytes += size;
    else pack.size = size;
  }
  return { packs, bytes, orphanBytes };
}
