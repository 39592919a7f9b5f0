/** The vault's own objects as they are, for those who look after it. */
import { AppError } from '../base/errors.ts';
import type { BlobId, FileId } from '../base/ids.ts';
import type { BlobTable } from './blob-table.ts';
import { encodeConfig } from './config-file.ts';
import type { VaultIndex } from './index.ts';
import type { BlobKind } from './model.ts';
import type { Vault } from './vault.ts';

/** Kinds of files that have an id. */
export type ObjectKind = 'index' | 'snapshot' | 'key' | 'lock' | 'pack';

/** The config document as JSON. */
export function configText(vault: Vault): string {
  return encodeConfig(vault.config);
}

/**
 * A stored object, opened where it is sealed: JSON of an index, snapshot or lock, the text of a key file with its sealed
 * part, or the bytes of a pack as they are.
 * @throws {AppError} `not-found`, `id-ambiguous`, `file-damaged`
 */
export async function loadObject(
  vault: Vault,
  { kind, id, signal }: { kind: ObjectKind; id: string; signal?: AbortSignal | undefined },
): Promise<Uint8Array> {
  const name = await findFile(vault, kind, id);
  if (kind === 'key' || kind === 'pack')
    return await vault.parts.storage.load({ kind, name }, signal === undefined ? {} : { signal });
  return await vault.documents.load(kind, name, signal);
}

/** The one file of a kind whose name begins with `start`. @throws {AppError} `not-found`, `id-ambiguous` */
export async function findFile(vault: Vault, kind: ObjectKind, start: string): Promise<FileId> {
  const found: FileId[] = [];
  for await (const { name } of vault.parts.storage.list(kind)) if (name.startsWith(start)) found.push(name as FileId);
  return theOne(found, `${kind} ${start}`);
}

/** A blob by the start of its id; trees and data are looked through together. */
export interface FoundBlob {
  id: BlobId;
  kind: BlobKind;
}

/** @throws {AppError} `not-found`, `id-ambiguous` */
export function findBlob({ table }: VaultIndex, start: string, kind?: BlobKind): FoundBlob {
  const found = new Map<string, FoundBlob>();
  for (const each of blobsStarting(table, start))
    if (kind === undefined || each.kind === kind) found.set(`${each.kind} ${each.id}`, each);
  return theOne([...found.values()], `${kind ?? 'blob'} ${start}`);
}

/** The blobs in the packs whose names begin with `start`. */
export function blobsInPacks({ table, packs }: VaultIndex, start: string): FoundBlob[] {
  const chosen = new Set(packs.keys().filter((pack) => packs[pack]!.startsWith(start)));
  const found: FoundBlob[] = [];
  for (let entry = 0; entry < table.count; entry++) {
    if (chosen.has(table.packOf(entry))) found.push({ id: table.idOf(entry), kind: table.kindOf(entry) });
  }
  return found;
}

function* blobsStarting(table: BlobTable, start: string): Generator<FoundBlob> {
  const first = start.length < 2 ? undefined : Number.parseInt(start.slice(0, 2), 16);
  for (let entry = 0; entry < table.count; entry++) {
    if (first !== undefined && table.idBytesOf(entry)[0] !== first) continue;
    const id = table.idOf(entry);
    if (id.startsWith(start)) yield { id, kind: table.kindOf(entry) };
  }
}

function theOne<T>(found: readonly T[], what: string): T {
  if (found.length > 1) throw new AppError('id-ambiguous', { detail: `${what} fits ${found.length}` });
  if (found[0] === undefined) throw new AppError('not-found', { detail: what, hint: 'Check the id.' });
  return found[0];
}
