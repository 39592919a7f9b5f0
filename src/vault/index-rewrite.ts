/** Replaces index files: the new ones are durable before the old ones go, so that at no time a pack is named by none. */
import { hasCode } from '../base/errors.ts';
import type { FileId } from '../base/ids.ts';
import { INDEX_BLOBS_MAX } from '../base/limits.ts';
import { forEachLimited } from '../base/tasks.ts';
import type { FileKind } from '../storage.ts';
import type { IndexWriter } from './index.ts';
import type { Inventory } from './inventory.ts';
import type { Vault } from './vault.ts';

/** Index files filled less than this are joined when index files are rewritten at all. */
const FULL_SHARE = 0.8;

export interface IndexRewrite {
  inventory: Inventory;
  /** Whether a pack, by number, is left out from now on. */
  isDropped: (pack: number) => boolean;
  /** Index files that cannot be read, to be removed as well. */
  damaged?: readonly FileId[];
  /** Holds what is to be named besides; flushed here. */
  writer?: IndexWriter;
  signal?: AbortSignal | undefined;
}

/** Files that are full and name only packs that stay, each once, are left alone. Without need nothing is written. */
export async function rewriteIndex(vault: Vault, rewrite: IndexRewrite): Promise<void> {
  const { inventory, isDropped, damaged = [], signal } = rewrite;
  const writer = rewrite.writer ?? vault.indexWriter();
  const old = filesToReplace(rewrite);
  const kept = new Set(inventory.files.filter((file) => !old.includes(file)).flatMap(({ packs }) => packs));
  for (const pack of new Set(old.flatMap(({ packs }) => packs))) {
    if (isDropped(pack) || kept.has(pack)) continue;
    signal?.throwIfAborted();
    const blobs = Array.from(inventory.blobsOf(pack), (blob) => inventory.packedBlob(blob));
    await writer.add({ pack: inventory.packs[pack]!, blobs });
  }
  await writer.flush();
  vault.dropIndex();
  await removeFiles(vault, 'index', { names: [...old.map(({ name }) => name), ...damaged], signal });
}

/** Removes files, those that are gone already included. */
export async function removeFiles(
  vault: Vault,
  kind: FileKind,
  { names, signal }: { names: readonly string[]; signal?: AbortSignal | undefined },
): Promise<void> {
  const { storage } = vault.parts;
  await forEachLimited(names, { width: storage.connections, signal }, async (name) => {
    try {
      await storage.remove({ kind, name });
    } catch (error) {
      if (!hasCode(error, 'not-found')) throw error;
    }
  });
}

function filesToReplace({ inventory, isDropped }: IndexRewrite): Inventory['files'] {
  const repeated = new Set(inventory.repeatedPacks());
  const isAffected = ({ packs }: { packs: number[] }): boolean =>
    packs.some((pack) => isDropped(pack) || repeated.has(pack)) || packs.length === 0;
  const { files } = inventory;
  if (!files.some(isAffected)) return [];
  return files.filter((file) => isAffected(file) || file.blobs < INDEX_BLOBS_MAX * FULL_SHARE);
}
