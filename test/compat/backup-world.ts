/**
 * A folder in memory with a vault of ours in it that stock restic opens quickly, and both programs to back up into it.
 * Ours runs inside the test's process, through the door of the backup module.
 */
import { type SpawnSyncReturns, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type BackupOptions, type BackupResult, backup, type Problem } from '../../src/backup.ts';
import { systemClock, systemIdentity, systemRandom } from '../../src/host.ts';
import { openStorage, type Storage } from '../../src/storage.ts';
import { initVault, openVault, type Vault } from '../../src/vault.ts';
import { requirePeer } from '../peers.ts';

const PASSWORD = 'quick';
const QUICK = { N: 2, r: 1, p: 1 };
/** The same in every vault, so that all cut alike. */
const POLYNOMIAL = '3da3358b4dc173';
export const HOST = 'alpha';

export interface Ran extends BackupResult {
  /** Root tree, empty when there is no snapshot. */
  tree: string;
  problems: Problem[];
}

export interface ResticRun {
  snapshotId: string;
  tree: string;
  dataBlobs: number;
  treeBlobs: number;
  filesNew: number;
  filesChanged: number;
  filesUnmodified: number;
  status: number | null;
  stderr: string;
}

export interface ResticOptions {
  cwd?: string;
  env?: Record<string, string>;
}

export class World implements Disposable {
  readonly folder = mkdtempSync(join(existsSync('/dev/shm') ? '/dev/shm' : tmpdir(), 'holdfast-'));

  /** Where both programs work: relative targets keep out directories above, whose times other programs change. */
  readonly source = join(this.folder, 'source');

  constructor() {
    mkdirSync(this.source);
  }

  /** A path below `source`. */
  at(...names: string[]): string {
    return join(this.source, ...names);
  }

  path(...names: string[]): string {
    return join(this.folder, ...names);
  }

  async init(name = 'vault', version: 1 | 2 = 2): Promise<void> {
    const random = systemRandom;
    const options = { ...this.#access(), random, scrypt: QUICK, version, polynomial: POLYNOMIAL };
    await using _vault = await initVault(this.storage(name), options);
  }

  storage(name = 'vault'): Storage {
    return openStorage(this.path(name));
  }

  async open(name = 'vault', storage: Storage = this.storage(name)): Promise<Vault> {
    return await openVault(storage, this.#access());
  }

  /** Backs up with Holdfast. */
  async ours(targets: string[], options: Partial<BackupOptions> & { into?: Vault } = {}): Promise<Ran> {
    const problems: Problem[] = [];
    const vault = options.into ?? (await this.open());
    try {
      const result = await backup(vault, {
        targets,
        ...defaults(this.source),
        ...options,
        onEvent: (event) => {
          if (event.kind === 'problem') problems.push(event.problem);
          options.onEvent?.(event);
        },
      });
      const { tree = '' } = (await vault.listSnapshots()).find(({ id }) => id === result.snapshotId) ?? {};
      return { ...result, tree, problems };
    } finally {
      if (options.into === undefined) await vault[Symbol.asyncDispose]();
    }
  }

  /** Runs stock restic. */
  restic(
    args: string[],
    { cwd = this.source, env = {} }: ResticOptions = {},
    name = 'vault',
  ): SpawnSyncReturns<string> {
    return spawnSync(requirePeer('restic'), ['--no-cache', ...args], {
      ...this.#restic(name, env),
      cwd,
      encoding: 'utf8',
    });
  }

  /** What restic finds in the file at `path` of a snapshot. */
  dump(snapshotId: string, path: string): Buffer {
    return spawnSync(requirePeer('restic'), ['--no-cache', 'dump', snapshotId, path], this.#restic('vault', {})).stdout;
  }

  /** Backs up with restic. */
  async theirs(args: string[], options: ResticOptions & { vault?: string } = {}): Promise<ResticRun> {
    const ran = this.restic(['backup', '--host', HOST, '--json', ...args], options, options.vault);
    const lines = ran.stdout.split('\n').filter((line) => line.includes('"message_type":"summary"'));
    const summary = JSON.parse(lines.at(-1) ?? '{}') as Record<string, number & string>;
    await using vault = await this.open(options.vault);
    const snapshot = (await vault.listSnapshots()).find(({ id }) => id.startsWith(summary['snapshot_id'] ?? 'none'));
    return {
      snapshotId: snapshot?.id ?? '',
      tree: snapshot?.tree ?? '',
      dataBlobs: summary['data_blobs'] ?? -1,
      treeBlobs: summary['tree_blobs'] ?? -1,
      filesNew: summary['files_new'] ?? -1,
      filesChanged: summary['files_changed'] ?? -1,
      filesUnmodified: summary['files_unmodified'] ?? -1,
      status: ran.status,
      stderr: ran.stderr,
    };
  }

  /** Every file of a vault, by path. */
  files(name = 'vault'): string[] {
    return readdirSync(this.path(name), { recursive: true, encoding: 'utf8' }).sort();
  }

  [Symbol.dispose](): void {
    rmSync(this.folder, { recursive: true, force: true });
  }

  #restic(name: string, env: Record<string, string>) {
    const vault = { RESTIC_REPOSITORY: this.path(name), RESTIC_PASSWORD: PASSWORD };
    return { maxBuffer: 2 ** 28, env: { PATH: '/usr/bin:/bin', TZ: 'UTC', ...vault, ...env } };
  }

  #access() {
    const identity = systemIdentity();
    return { password: PASSWORD, clock: systemClock, identity };
  }
}

/** What the command gives when nothing is asked for, but on one thread: starting one takes longer than a small backup. */
export function defaults(workingDirectory: string): Omit<BackupOptions, 'targets'> {
  return {
    workingDirectory: Buffer.from(workingDirectory).toString('latin1'),
    selection: {},
    hostname: HOST,
    tags: [],
    timeMs: Date.now(),
    parent: undefined,
    force: false,
    ignoreCtime: false,
    ignoreInode: false,
    withAtime: false,
    skipIfUnchanged: false,
    compression: 'auto',
    packBytesTarget: 16 * 2 ** 20,
    threads: 1,
    dryRun: false,
    programVersion: 'holdfast test',
    clock: systemClock,
    identity: systemIdentity(),
    signal: new AbortController().signal,
    onEvent: () => {},
  };
}

/** Bytes that look random and are the same for the same seed. */
export function noise(seed: number, length: number): Buffer {
  const words = new Uint32Array(Math.ceil(length / 4));
  // Marsaglia's xorshift, which is quick enough for a hundred megabytes.
  let state = (seed * 0x9e3779b9) | 1;
  for (let i = 0; i < words.length; i++) {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    words[i] = state;
  }
  return Buffer.from(words.buffer, 0, length);
}
