/**
 * Key files: the master key of a vault, sealed under a key derived from a password with scrypt (RFC 7914).
 * Any number of them open the same vault. They are plain JSON, named by the SHA-256 of their text.
 */
import { createHash, randomBytes, scrypt } from 'node:crypto';
import { promisify } from 'node:util';
import { assert } from '../base/assert.ts';
import { AppError } from '../base/errors.ts';
import type { FileId } from '../base/ids.ts';
import { SCRYPT_BYTES_MAX, SCRYPT_WORK_BYTES_MAX } from '../base/limits.ts';
import { Fields, objectJson } from './fields.ts';
import { jsonString } from './go-quote.ts';
import { type MasterKey, SEAL_OVERHEAD, Sealer } from './seal.ts';
import { formatTime } from './snapshot.ts';

const SALT_BYTES = 64;
const ENCRYPT_BYTES = 32;
const MAC_BYTES = 16;
/** Derivation aimed at: long enough to make guessing dear, short enough to wait for at every command. */
const TARGET_MS = 200;
/** Passes of 64 MiB at most, however quick the machine. */
const PASSES_MAX = 16;
/** The least that is written: what OWASP advises for 32 MiB (Password Storage Cheat Sheet, scrypt). */
const FLOOR = { N: 32_768, r: 8, p: 3 };

const scryptAsync = promisify<string, Uint8Array, number, { N: number; r: number; p: number; maxmem: number }, Buffer>(
  scrypt,
);

/** Cost of a derivation as scrypt names it; memory is 128 x N x r bytes, and time grows with p as well. */
export interface ScryptParameters {
  N: number;
  r: number;
  p: number;
}

/** A key file's content without the sealed part. */
export interface KeyDescription {
  /** RFC 3339 text. */
  created: string;
  username: string;
  hostname: string;
}

export interface NewKeyOptions {
  username: string;
  hostname: string;
  createdMs: number;
  params: ScryptParameters;
}

/** Seals `master` under `password`. @returns the text of the key file, and its name */
export async function createKey(
  password: string,
  master: MasterKey,
  { username, hostname, createdMs, params }: NewKeyOptions,
): Promise<{ id: FileId; text: string }> {
  const salt = randomBytes(SALT_BYTES);
  const data = sealMaster(await deriveKey(password, { ...params, salt }), master);
  const text = objectJson({
    created: jsonString(formatTime(createdMs)),
    username: jsonString(username),
    hostname: jsonString(hostname),
    kdf: '"scrypt"',
    N: params.N,
    r: params.r,
    p: params.p,
    salt: base64Json(salt),
    data: base64Json(data),
  });
  return { id: createHash('sha256').update(text).digest('hex') as FileId, text };
}

/**
 * @returns the master key, or undefined when the password does not fit this key file
 * @throws {AppError} `file-damaged` when `text` is not a key file
 */
export async function openKey(text: string, password: string): Promise<MasterKey | undefined> {
  const fields = Fields.parse(text, 'key file');
  fields.matching('kdf', /^scrypt$/);
  const params = { N: fields.integer('N'), r: fields.integer('r'), p: fields.integer('p') };
  checkParameters(params);
  const salt = fields.bytes('salt', SALT_BYTES);
  const data = fields.bytes('data');
  const plain = new Sealer(await deriveKey(password, { ...params, salt })).open(data);
  return plain === undefined ? undefined : decodeMaster(Buffer.from(plain).toString());
}

/** Who made a key, and when. @throws {AppError} `file-damaged` */
export function describeKey(text: string): KeyDescription {
  const fields = Fields.parse(text, 'key file');
  return {
    created: fields.string('created'),
    username: fields.string('username'),
    hostname: fields.string('hostname'),
  };
}

export async function deriveKey(
  password: string,
  { N, r, p, salt }: ScryptParameters & { salt: Uint8Array },
): Promise<MasterKey> {
  const length = ENCRYPT_BYTES + 2 * MAC_BYTES;
  // Node refuses to use more memory than it is told, and counts more than 128 x N x r
  const derived = await scryptAsync(password, salt, length, { N, r, p, maxmem: 128 * r * (N + p + 2) + 65_536 });
  return keyOf(derived.subarray(0, ENCRYPT_BYTES), derived.subarray(ENCRYPT_BYTES));
}

/**
 * Chooses the cost of new keys: about 200 ms on this machine, in 64 MiB where it is quick enough and 32 MiB where not,
 * never below the floor. Takes about one derivation at the floor.
 */
export async function calibrateScrypt(): Promise<ScryptParameters> {
  const start = performance.now();
  await deriveKey('calibration', { ...FLOOR, p: 1, salt: new Uint8Array(SALT_BYTES) });
  return scryptFor(performance.now() - start);
}

/** The parameters for a machine that needs `passMs` for one pass over 32 MiB. */
export function scryptFor(passMs: number): ScryptParameters {
  const passes = Math.floor(TARGET_MS / Math.max(passMs, 0.001));
  if (passes < 4) return FLOOR;
  return { N: 2 * FLOOR.N, r: FLOOR.r, p: Math.min(PASSES_MAX, Math.floor(passes / 2)) };
}

/** A hostile key file could ask for any amount of memory and time. */
function checkParameters({ N, r, p }: ScryptParameters): void {
  const isSound = N > 1 && r > 0 && p > 0 && Number.isInteger(Math.log2(N));
  if (!isSound || 128 * N * r > SCRYPT_BYTES_MAX || 128 * N * r * p > SCRYPT_WORK_BYTES_MAX)
    throw new AppError('file-damaged', { detail: `key file with scrypt parameters N=${N}, r=${r}, p=${p}` });
}

function sealMaster(key: MasterKey, master: MasterKey): Uint8Array {
  const mac = objectJson({ k: base64Json(master.macK), r: base64Json(master.macR) });
  const plain = Buffer.from(objectJson({ mac, encrypt: base64Json(master.encrypt) }));
  const space = new Uint8Array(plain.length + SEAL_OVERHEAD);
  new Sealer(key).sealFrom(plain, space);
  return space;
}

function decodeMaster(text: string): MasterKey {
  const fields = Fields.parse(text, 'master key');
  const mac = fields.inside('mac');
  if (mac === undefined) throw new AppError('file-damaged', { detail: 'master key without mac' });
  const macBytes = Buffer.concat([mac.bytes('k', MAC_BYTES), mac.bytes('r', MAC_BYTES)]);
  const master = keyOf(fields.bytes('encrypt', ENCRYPT_BYTES), macBytes);
  if (Object.values(master).some(isZero)) throw new AppError('file-damaged', { detail: 'master key of zeros' });
  return master;
}

function keyOf(encrypt: Uint8Array, mac: Uint8Array): MasterKey {
  assert(encrypt.length === ENCRYPT_BYTES && mac.length === 2 * MAC_BYTES, 'key lengths');
  return {
    encrypt: Uint8Array.from(encrypt),
    macK: Uint8Array.from(mac.subarray(0, MAC_BYTES)),
    macR: Uint8Array.from(mac.subarray(MAC_BYTES)),
  };
}

function isZero(bytes: Uint8Array): boolean {
  return bytes.every((byte) => byte === 0);
}

function base64Json(bytes: Uint8Array): string {
  return `"${Buffer.from(bytes).toString('base64')}"`;
}
