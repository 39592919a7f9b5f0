/**
 * Stock restic on a vault whose key costs next to nothing to derive, so that a suite can afford hundreds of calls. The
 * vault is restic's own; only its key file is written anew with the smallest scrypt cost.
 */
import { spawn, spawnSync } from 'node:child_process';
import { createHash, scryptSync } from 'node:crypto';
import { cpSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type MasterKey, SEAL_OVERHEAD, Sealer } from '../../src/vault/seal.ts';

const PASSWORD = 'quick';
const RESTIC = '/usr/bin/restic';

/** Reason to skip for `node:test`, naming what is missing; false when restic is there. */
export const skipWithoutRestic: string | false = existsSync(RESTIC)
  ? false
  : 'SKIPPED: restic is not installed (apt install restic)';

export interface ResticResult {
  status: number | null;
  /** One char per byte. */
  stdout: string;
  stderr: string;
}

export interface ResticRunner {
  /** Scratch directory, in memory where possible; it also holds the vault. */
  readonly directory: string;
  run(args: readonly string[], environment?: Record<string, string>): Promise<ResticResult>;
}

export interface QuickRestic extends ResticRunner {
  /**
   * The same on a copy of the vault. Runs at the same time need one each: a lock file that vanishes while another run
   * looks at it makes that one wait for a long time.
   */
  copy(name: string): ResticRunner;
  [Symbol.dispose](): void;
}

export function openQuickRestic(): QuickRestic {
  const directory = mkdtempSync(join(existsSync('/dev/shm') ? '/dev/shm' : tmpdir(), 'holdfast-'));
  const vault = join(directory, 'vault');
  const init = spawnSync(RESTIC, ['init', '--no-cache'], { env: environmentOf(vault), encoding: 'utf8' });
  if (init.status !== 0) throw new Error(`restic init: ${init.stderr}`);
  cheapenKey(join(vault, 'keys'));
  return {
    ...runnerOf(directory, vault),
    copy: (name) => {
      rmSync(join(directory, name), { recursive: true, force: true });
      cpSync(vault, join(directory, name), { recursive: true });
      return runnerOf(directory, join(directory, name));
    },
    [Symbol.dispose]: () => rmSync(directory, { recursive: true, force: true }),
  };
}

function runnerOf(directory: string, vault: string): ResticRunner {
  return {
    directory,
    run: (args, environment) => runRestic(['--no-cache', ...args], { ...environmentOf(vault), ...environment }),
  };
}

function environmentOf(vault: string): Record<string, string> {
  return { PATH: '/usr/bin:/bin', TZ: 'UTC', RESTIC_REPOSITORY: vault, RESTIC_PASSWORD: PASSWORD };
}

function runRestic(args: readonly string[], env: Record<string, string>): Promise<ResticResult> {
  const { promise, resolve, reject } = Promise.withResolvers<ResticResult>();
  const child = spawn(RESTIC, args, { env, stdio: ['ignore', 'pipe', 'pipe'] });
  const result = { stdout: '', stderr: '' };
  child.stdout.setEncoding('latin1').on('data', (text: string) => (result.stdout += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (result.stderr += text));
  child.on('error', reject).on('close', (status) => resolve({ status, ...result }));
  return promise;
}

interface KeyDocument {
  N: number;
  r: number;
  p: number;
  salt: string;
  data: string;
}

function cheapenKey(directory: string): void {
  const [name] = readdirSync(directory);
  const key: KeyDocument = JSON.parse(readFileSync(join(directory, name!), 'utf8'));
  const master = new Sealer(deriveKey(key)).open(Buffer.from(key.data, 'base64'));
  if (master === undefined) throw new Error('the key does not open');
  const cheap = { ...key, N: 2, r: 1, p: 1 };
  const sealed = new Uint8Array(master.length + SEAL_OVERHEAD);
  new Sealer(deriveKey(cheap)).sealFrom(master, sealed);
  const text = JSON.stringify({ ...cheap, data: Buffer.from(sealed).toString('base64') });
  writeFileSync(join(directory, createHash('sha256').update(text).digest('hex')), text);
  rmSync(join(directory, name!));
}

function deriveKey({ N, r, p, salt }: KeyDocument): MasterKey {
  const derived = scryptSync(PASSWORD, Buffer.from(salt, 'base64'), 64, { N, r, p, maxmem: 2 ** 30 });
  return { encrypt: derived.subarray(0, 32), macK: derived.subarray(32, 48), macR: derived.subarray(48, 64) };
}
