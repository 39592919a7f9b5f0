/** The keys of a vault: each is its master key sealed under one password. */
import { timingSafeEqual } from 'node:crypto';
import { AppError, hasCode } from '../base/errors.ts';
import { type FileId, fileId } from '../base/ids.ts';
import { findFile } from './inspect.ts';
import { describeKey, type KeyDescription, openKey, type ScryptParameters } from './keyfile.ts';
import { saveKey } from './open.ts';
import type { MasterKey } from './seal.ts';
import type { Vault } from './vault.ts';

export interface ListedKey extends KeyDescription {
  id: FileId;
  /** It is the one that opened the vault now. */
  isCurrent: boolean;
}

export interface NewKey {
  password: string;
  /** Who it is for; this user on this machine when absent. */
  username?: string | undefined;
  hostname?: string | undefined;
  /** Cost of opening; calibrated on this machine when absent. */
  scrypt?: ScryptParameters;
}

export interface ListedKeys {
  /** The oldest first. */
  keys: ListedKey[];
  /** Files that are no key files, with what is wrong. */
  damaged: { id: FileId; error: AppError }[];
}

export async function listKeys(vault: Vault): Promise<ListedKeys> {
  const result: ListedKeys = { keys: [], damaged: [] };
  for (const id of await namesOfKeys(vault)) {
    try {
      result.keys.push({ ...describeKey(await loadKey(vault, id)), id, isCurrent: id === vault.keyId });
    } catch (error) {
      if (!hasCode(error, 'file-damaged')) throw error;
      result.damaged.push({ id, error });
    }
  }
  result.keys.sort((a, b) => (a.created < b.created ? -1 : 1));
  return result;
}

/**
 * Adds a key and sees to it that it opens the vault; one that does not is taken away again.
 * @returns its name. @throws {AppError} `failed` when it does not open the vault
 */
export async function addKey(vault: Vault, { password, username, hostname, ...cost }: NewKey): Promise<FileId> {
  const { storage, key, clock, identity } = vault.parts;
  const who = { ...identity, username: username ?? identity.username, hostname: hostname ?? identity.hostname };
  const id = await saveKey(storage, key, { password, clock, identity: who, ...cost });
  if (await opens(vault, id, password)) return id;
  await storage.remove({ kind: 'key', name: id });
  throw new AppError('failed', {
    detail: `the new key ${id} did not read back as it was written; it was removed`,
    hint: 'Check the storage. The keys there were before still open the vault.',
  });
}

/**
 * Removes the key whose id begins with `start`. The master key stays what it was: who has it once, has it.
 * @throws {AppError} `refused` for the last key and for the one in use; `not-found`, `id-ambiguous`
 */
export async function removeKey(vault: Vault, start: string): Promise<FileId> {
  const id = await findFile(vault, 'key', start);
  if ((await namesOfKeys(vault)).length === 1)
    throw new AppError('refused', { detail: 'it is the last key: nothing could open the vault any more' });
  if (id === vault.keyId) {
    throw new AppError('refused', {
      detail: 'this key opened the vault just now',
      hint: 'Open the vault with the password of another key, or use: holdfast key passwd',
    });
  }
  await vault.parts.storage.remove({ kind: 'key', name: id });
  return id;
}

/**
 * Puts a new key in the place of the one that opened the vault. Whatever happens, one of the two is there.
 * @returns the names of both. @throws {AppError} as `addKey`
 */
export async function changePassword(vault: Vault, key: NewKey): Promise<{ added: FileId; removed: FileId }> {
  const added = await addKey(vault, key);
  await vault.parts.storage.remove({ kind: 'key', name: vault.keyId });
  return { added, removed: vault.keyId };
}

async function namesOfKeys(vault: Vault): Promise<FileId[]> {
  const names: FileId[] = [];
  for await (const { name } of vault.parts.storage.list('key')) names.push(fileId(name));
  return names;
}

async function loadKey(vault: Vault, name: FileId): Promise<string> {
  return Buffer.from(await vault.parts.storage.load({ kind: 'key', name })).toString();
}

async function opens(vault: Vault, id: FileId, password: string): Promise<boolean> {
  try {
    const opened = await openKey(await loadKey(vault, id), password);
    return opened !== undefined && isSame(opened, vault.parts.key);
  } catch (error) {
    if (hasCode(error, 'file-damaged')) return false;
    throw error;
  }
}

function isSame(a: MasterKey, b: MasterKey): boolean {
  return timingSafeEqual(bytesOf(a), bytesOf(b));
}

function bytesOf({ encrypt, macK, macR }: MasterKey): Buffer {
  return Buffer.concat([encrypt, macK, macR]);
}
