/** Reads whole packs for the threads to prove: the main thread only moves bytes from the storage into shared buffers. */
import { hasCode } from '../../base/errors.ts';
import { CHECK_BUFFER_BYTES_MAX } from '../../base/limits.ts';
import { forEachLimited } from '../../base/tasks.ts';
import { InputSlots } from '../input-slots.ts';
import type { Vault } from '../vault.ts';
import { errorFinding, type Finding, reasonOf } from './finding.ts';
import type { StoredPack } from './subset.ts';
import type { CheckThreads } from './threads.ts';

export interface NumberedPack extends StoredPack {
  number: number;
}

export interface PackReadParts {
  vault: Vault;
  threads: CheckThreads;
  /** Packs in work at a time, at most; fewer when they are large. */
  width: number;
  onFinding: (finding: Finding) => void;
  /** Called when a pack was dealt with: `isSound` when it was read and nothing was found. */
  onPack: (pack: NumberedPack, isSound: boolean) => void;
  signal?: AbortSignal | undefined;
}

export async function readPacks(parts: PackReadParts, packs: readonly NumberedPack[]): Promise<void> {
  const { signal } = parts;
  const slotBytes = packs.reduce((most, { size }) => Math.max(most, size), 0);
  const width = Math.max(2, Math.min(parts.width, Math.floor(CHECK_BUFFER_BYTES_MAX / Math.max(1, slotBytes))));
  const slots = new InputSlots({ count: width, slotBytes });
  await forEachLimited(packs, { width, signal }, async (pack) => {
    const slot = await slots.take(pack.size);
    let isSound: boolean;
    try {
      isSound = await readPack(parts, pack, slot.bytes);
    } finally {
      slot.release();
    }
    parts.onPack(pack, isSound);
  });
}

async function readPack(
  parts: PackReadParts,
  { name, number, size }: NumberedPack,
  into: Uint8Array,
): Promise<boolean> {
  try {
    const bytes = await parts.vault.loadSealed(name, { offset: 0, length: size, into });
    const done = await parts.threads.call({ kind: 'pack', pack: number, name, bytes });
    for (const finding of done.findings) parts.onFinding(finding);
    return done.findings.length === 0;
  } catch (error) {
    if (!hasCode(error, 'not-found', 'file-damaged')) throw error;
    parts.onFinding(errorFinding('pack-damaged', name, `pack ${name} cannot be read: ${reasonOf(error)}`));
    return false;
  }
}
