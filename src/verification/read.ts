/** Doing what was planned. */
import type { PackId } from '../base/ids.ts';
import { type Vault, verify } from '../vault.ts';
import type { PackSize } from './plan.ts';

export interface ReadingOptions {
  /** For the byte work; with 0 it is done in this thread. */
  threads: number;
  signal?: AbortSignal | undefined;
  /** Hears of each pack that is right as soon as that is known; when reading fails later, it is right all the same. */
  onVerified?: ((pack: string) => void) | undefined;
  onProgress?: ((progress: verify.ReadBackProgress) => void) | undefined;
}

export interface ReadingResult {
  /** Packs that are right, byte by byte. */
  verified: string[];
  /** The others that were asked for, with one line each on what is wrong; it does not repeat the name. */
  damaged: { pack: string; reason: string }[];
  /** Read. */
  bytes: number;
}

/**
 * Reads packs whole from the storage. The caller holds a lock, shared or exclusive. Damage is in the result, not thrown.
 * @throws {AppError} what the storage throws when it cannot be reached; `file-damaged` when an index file is
 */
export async function executeReading(
  vault: Vault,
  packs: Iterable<string>,
  { threads, signal, onVerified, onProgress }: ReadingOptions,
): Promise<ReadingResult> {
  const reasons = new Map<string, string>();
  const { verified, damaged, bytesRead } = await verify.readBack(vault, {
    packs: packs as Iterable<PackId>,
    threads,
    signal,
    onVerified,
    onProgress,
    onFinding: ({ id, message }) => {
      if (!reasons.has(id)) reasons.set(id, message.replace(new RegExp(`^pack ${id}[,:]? `), ''));
    },
  });
  return {
    verified,
    damaged: damaged.map((pack) => ({ pack, reason: reasons.get(pack) ?? 'it was not found right' })),
    bytes: bytesRead,
  };
}

/** The packs that the index names, each with its size in the storage. The caller holds a lock. */
export async function packSizes(vault: Vault, signal?: AbortSignal): Promise<PackSize[]> {
  const { packs } = await verify.surveyPacks(vault, signal);
  return packs.map(({ name, size, expected }) => ({ name, bytes: Math.max(0, size), isWhole: size === expected }));
}
