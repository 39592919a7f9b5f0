/** The keys of a vault: each is its master key sealed under one password. */
import { timingSafeEqual } from 'node:crypto';
import { AppError } from '../base/errors.ts';
import { type FileId, fileId } from '../base/ids.ts';
import { findFile } from './inspect.ts';
import { describeKey, type KeyDescription, openKey } from './keyfile.ts';
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
}

/** All keys, the oldest first. @throws {AppError} `file-damaged` */
export async function listKeys(vault: Vault): Promise<ListedKey[]> {
  const { storage } = vault.parts;
  const keys: ListedKey[] = [];
  for await (const { name } of storage.list('key')) {
    const text = Buffer.from(await storage.load({ kind: 'key', name })).toString();
    keys.push({ ...describeKey(text), id: fileId(name), isCurrent: name === vault.keyId });
  }
  return keys.sort((a, b) => (a.created < b.created ? -1 : 1));
}

/** Adds a key and sees to it that it opens the vault. @returns its name. @throws {AppError} `failed` when it does not */
export async function addKey(vault: Vault, { password, username, hostname }: NewKey): Promise<FileId> {
  const { storage, key, clock, identity } = vault.parts;
  const who = { ...identity, username: username ?? identity.username, hostname: hostname ?? identity.hostname };
  const id = await saveKey(storage, key, { password, clock, identity: who });
  const text = Buffer.from(await storage.load({ kind: 'key', name: id })).toString();
  const opened = await openKey(text, password);
  if (opened === undefined || !isSame(opened, key)) {
    throw new AppError('failed', {
      detail: `the new key ${id} does not open the vault`,
      hint: 'The old keys still do.',
    });
  }
  return id;
}

/**
 * Removes the key whose id begins with `start`. The master key stays what it was: who has it once, has it.
 * @throws {AppError} `refused` for the last key and for the one in use; `not-found`, `id-ambiguous`
 */
export async function removeKey(vault: Vault, start: string): Promise<FileId> {
  const id = await findFile(vault, 'key', start);
  const keys = await listKeys(vault);
  if (keys.length === 1)
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

function isSame(a: MasterKey, b: MasterKey): boolean {
  return timingSafeEqual(bytesOf(a), bytesOf(b));
}

function bytesOf({ encrypt, macK, macR }: MasterKey): Buffer {
  return Buffer.concat([encrypt, macK, macR]);
}
