/** Making a vault and opening one. */
import { AppError, hasCode } from '../base/errors.ts';
import { type FileId, fileId } from '../base/ids.ts';
import { KEYS_TRIED_MAX } from '../base/limits.ts';
import type { Cache, Random } from '../host.ts';
import type { Storage } from '../storage.ts';
import { reasonOf } from './check/finding.ts';
import { decodeConfig, encodeConfig, type VaultConfig } from './config-file.ts';
import { nameOf, sealBytes } from './documents.ts';
import { calibrateScrypt, createKey, openKey, type ScryptParameters } from './keyfile.ts';
import { formatPolynomial, randomPolynomial } from './polynomial.ts';
import { type MasterKey, Sealer } from './seal.ts';
import { Vault, type VaultSurroundings } from './vault.ts';

/** Version 2 of the format: with compression. */
const VERSION = 2;

export interface OpenOptions extends VaultSurroundings {
  password: string;
  /** Where to cache for the vault of this id; nothing is cached when absent. */
  cacheOf?: ((vaultId: string) => Cache) | undefined;
  /** Start of the name of the key to try first. */
  keyHint?: string | undefined;
  signal?: AbortSignal | undefined;
}

export interface InitOptions extends OpenOptions {
  random: Random;
  /** Take over another vault's chunker parameters (hex), so that data copied between the two is found again. */
  polynomial?: string | undefined;
  version?: 1 | 2;
  /** Cost of opening; calibrated on this machine when absent. */
  scrypt?: ScryptParameters;
}

/** @throws {AppError} `vault-exists` when a config, a key or a snapshot is there already. */
export async function initVault(storage: Storage, options: InitOptions): Promise<Vault> {
  await refuseExisting(storage);
  await storage.create();
  const { random, clock, identity } = options;
  const key: MasterKey = { encrypt: random.bytes(32), macK: random.bytes(16), macR: random.bytes(16) };
  const config: VaultConfig = {
    version: options.version ?? VERSION,
    id: Buffer.from(random.bytes(32)).toString('hex'),
    chunkerPolynomial: options.polynomial ?? formatPolynomial(randomPolynomial((length) => random.bytes(length))),
  };
  // The key comes first: a vault exists once it has a config, and one without a key could never be opened.
  const keyId = await saveKey(storage, key, options);
  const sealed = sealBytes(new Sealer(key), Buffer.from(encodeConfig(config)));
  try {
    await storage.save({ kind: 'config', name: 'config' }, sealed);
  } catch (error) {
    // Left behind, the key would keep the next attempt from making a vault here.
    await storage.remove({ kind: 'key', name: keyId }).catch(() => undefined);
    throw error;
  }
  return new Vault({ storage, key, keyId, config, clock, identity });
}

/**
 * @throws {AppError} `vault-missing`, `vault-foreign`, `vault-version`, `password-wrong`
 */
export async function openVault(storage: Storage, options: OpenOptions): Promise<Vault> {
  const { clock, identity } = options;
  const sealedConfig = await loadConfigFile(storage, options.signal);
  const { key, keyId } = await findKey(storage, options);
  const plain = new Sealer(key).open(sealedConfig);
  if (plain === undefined) {
    throw new AppError('file-damaged', { detail: 'config: its authentication tag is wrong' });
  }
  const config = decodeConfig(plain);
  return new Vault({ storage, key, keyId, config, clock, identity, cache: options.cacheOf?.(config.id) });
}

/** Seals the master key under a password and stores it. @returns the name of the key file. */
export async function saveKey(
  storage: Storage,
  key: MasterKey,
  options: OpenOptions & { scrypt?: ScryptParameters },
): Promise<FileId> {
  const { clock, identity, password } = options;
  const params = options.scrypt ?? (await calibrateScrypt());
  const { username, hostname } = identity;
  const document = await createKey(password, key, { username, hostname, createdMs: clock.nowMs(), params });
  await storage.save({ kind: 'key', name: document.id }, Buffer.from(document.text));
  return document.id;
}

async function refuseExisting(storage: Storage): Promise<void> {
  if (await configExists(storage)) throw new AppError('vault-exists', { detail: storage.url });
  for (const kind of ['key', 'snapshot'] as const) {
    for await (const file of storage.list(kind)) {
      const detail = `${storage.url} has no config but the ${kind} ${file.name}`;
      const hint =
        'Put the config back from a copy. If an init was killed here and no backup was ever made, clear the place.';
      throw new AppError('vault-exists', { detail, hint });
    }
  }
}

async function configExists(storage: Storage): Promise<boolean> {
  try {
    await storage.stat({ kind: 'config', name: 'config' });
    return true;
  } catch (error) {
    if (hasCode(error, 'not-found')) return false;
    throw error;
  }
}

async function loadConfigFile(storage: Storage, signal: AbortSignal | undefined): Promise<Uint8Array> {
  try {
    return await storage.load({ kind: 'config', name: 'config' }, { ...(signal && { signal }) });
  } catch (error) {
    if (hasCode(error, 'not-found')) throw new AppError('vault-missing', { detail: storage.url });
    throw error;
  }
}

async function findKey(
  storage: Storage,
  { password, keyHint, signal }: OpenOptions,
): Promise<{ key: MasterKey; keyId: FileId }> {
  const names: FileId[] = [];
  for await (const file of storage.list('key', signal)) names.push(fileId(file.name));
  if (names.length === 0)
    throw new AppError('vault-foreign', { detail: `${storage.url} has a config file but no keys` });
  const first = (name: string): number => (keyHint !== undefined && name.startsWith(keyHint) ? 0 : 1);
  names.sort((a, b) => first(a) - first(b) || (a < b ? -1 : 1));
  let damage: AppError | undefined;
  for (const keyId of names.slice(0, KEYS_TRIED_MAX)) {
    const key = await tryKey(storage, keyId, { password, signal });
    if (key instanceof AppError) damage ??= key;
    else if (key !== undefined) return { key, keyId };
  }
  if (damage !== undefined) throw damage;
  throw new AppError('password-wrong', { detail: `${storage.url}, keys tried: ${names.length}` });
}

/** The master key; undefined when the password is not this key's; the error when the file is damaged, as another may be good. */
async function tryKey(
  storage: Storage,
  keyId: FileId,
  { password, signal }: Pick<OpenOptions, 'password' | 'signal'>,
): Promise<MasterKey | AppError | undefined> {
  const bytes = await storage.load({ kind: 'key', name: keyId }, { ...(signal && { signal }) });
  const damage = (why: string): AppError =>
    new AppError('file-damaged', {
      detail: `key ${keyId}: ${why}`,
      hint: 'No good key fits the password. Put the key file back from a copy, or use the password of another key.',
    });
  try {
    const key = await openKey(Buffer.from(bytes).toString(), password);
    return key ?? (nameOf(bytes) === keyId ? undefined : damage('its content does not match its name'));
  } catch (error) {
    if (!hasCode(error, 'file-damaged')) throw error;
    return damage(reasonOf(error));
  }
}
