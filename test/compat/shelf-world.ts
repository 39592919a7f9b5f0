/** Two shelves for transfers: a source on this machine, a target over ssh, and what goes wrong between them. */
import assert from 'node:assert/strict';
import { createHash, randomBytes } from 'node:crypto';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { type Clock, processIdentity, ssh, systemClock, systemProcesses, systemRandom } from '../../src/host.ts';
import { listings, localEnd, type ShelfEnd, type ShelfOptions, sshEnd, transfer } from '../../src/shelf.ts';

export const MIB = 1024 * 1024;
/** Pauses of transfers are this many times shorter in tests, and a lock is still kept in time. */
const HASTE = 15;

export const SHELF: ShelfOptions = {
  name: 'dayabay',
  root: '/data',
  layout: 'dated',
  items: [{ category: 'tracs', name: 'dybsvn', file: '*.tar.gz', perDay: 1, minBytes: 1, keep: 3 }],
  sidecars: ['dna', 'sha256'],
  timezone: undefined,
};

/** One that runs faster than the system's. */
function hastyClock(haste: number): Clock {
  return {
    nowMs: () => systemClock.nowMs(),
    monotonicMs: () => systemClock.monotonicMs() * haste,
    sleep: (ms, signal) => systemClock.sleep(ms / haste, signal),
  };
}

export interface RunOptions extends Partial<transfer.TransferOptions> {
  onEvent?: (event: transfer.TransferEvent) => void;
  signal?: AbortSignal;
  identity?: string;
  haste?: number;
}

export class ShelfWorld implements AsyncDisposable {
  readonly folder: string;
  readonly sourceRoot: string;
  readonly targetRoot: string;
  readonly source: ShelfEnd;
  readonly target: ShelfEnd;
  /** Of the last run. */
  events: transfer.TransferEvent[] = [];

  /** @param folder of a world that another process has made and will remove */
  constructor(address: ssh.SshAddress, folder = mkdtempSync(join(tmpdir(), 'holdfast-transfer-'))) {
    this.folder = folder;
    this.sourceRoot = join(folder, 'source');
    this.targetRoot = join(folder, 'target');
    for (const root of [this.sourceRoot, this.targetRoot]) mkdirSync(root, { recursive: true });
    this.source = localEnd(this.sourceRoot);
    this.target = this.targetBy(address);
  }

  targetBy(address: ssh.SshAddress): ShelfEnd {
    const root = this.targetRoot;
    return sshEnd(ssh.sshProcesses(systemProcesses, address), { address: `far:${root}`, root });
  }

  /** An archive of the source with its sidecar, made on that day of May 2013. @returns its path */
  put(day: number, bytes: number | Buffer, { dna = true }: { dna?: boolean | string } = {}): string {
    const path = pathOf(day);
    const content = typeof bytes === 'number' ? randomBytes(bytes) : bytes;
    const file = join(this.sourceRoot, path);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, content);
    utimesSync(file, 1368010000 + day, 1368010000 + day);
    const md5 = createHash('md5').update(content).digest('hex');
    if (dna !== false)
      writeFileSync(`${file}.dna`, dna === true ? `{'dig': '${md5}', 'size': ${content.length}}\n` : dna);
    return path;
  }

  /** A file of the target. */
  place(path: string, content: Buffer | string): void {
    const file = join(this.targetRoot, path);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, content);
  }

  read(end: 'source' | 'target', path: string): Buffer {
    return readFileSync(join(end === 'source' ? this.sourceRoot : this.targetRoot, path));
  }

  has(path: string): boolean {
    return existsSync(join(this.targetRoot, path));
  }

  async plan(target = this.target): Promise<transfer.TransferPlan> {
    const quiet = new AbortController().signal;
    const here = await listings.listShelf(this.source, SHELF, quiet);
    return transfer.planTransfer(here.archives, await listings.listShelf(target, SHELF, quiet));
  }

  async execute(
    plan: transfer.TransferPlan,
    target = this.target,
    given: RunOptions = {},
  ): Promise<transfer.TransferReport> {
    const {
      onEvent,
      signal = new AbortController().signal,
      identity = processIdentity(),
      haste = HASTE,
      ...options
    } = given;
    this.events = [];
    return await transfer.executeTransfer(plan, {
      source: this.source,
      target,
      options: { retries: 2, timeLimitMs: 60 * 60_000, sidecars: SHELF.sidecars, ...options },
      identity,
      clock: hastyClock(haste),
      random: systemRandom,
      signal,
      onEvent: (event) => {
        this.events.push(event);
        onEvent?.(event);
      },
    });
  }

  async run(options: RunOptions = {}): Promise<transfer.TransferReport> {
    return await this.execute(await this.plan(), this.target, options);
  }

  /** All finished archives of the source are at the target as well, byte for byte, with right sidecars, and nothing else. */
  assertSame(paths: readonly string[]): void {
    for (const path of paths) {
      const content = this.read('source', path);
      assert.ok(content.equals(this.read('target', path)), path);
      const hash = (algorithm: string) => createHash(algorithm).update(content).digest('hex');
      assert.equal(
        this.read('target', `${path}.dna`).toString(),
        `{'dig': '${hash('md5')}', 'size': ${content.length}}\n`,
      );
      assert.equal(this.read('target', `${path}.sha256`).toString(), `${hash('sha256')}  dybsvn.tar.gz\n`);
    }
    const expected = paths.flatMap((path) => [path, `${path}.dna`, `${path}.sha256`]);
    assert.deepEqual(this.files(), expected.sort());
  }

  /** All files of the target. */
  files(): string[] {
    const entries = readdirSync(this.targetRoot, { recursive: true, withFileTypes: true });
    const files = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
    return files.map((file) => file.slice(this.targetRoot.length + 1)).sort();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.source[Symbol.asyncDispose]();
    rmSync(this.folder, { recursive: true, force: true });
  }
}

export function pathOf(day: number): string {
  return `tracs/dybsvn/2013/05/${String(day).padStart(2, '0')}/104701/dybsvn.tar.gz`;
}

export function partialOf(path: string): string {
  return `${path}.holdfast-part`;
}
