/** Small vaults in memory for tests of what is done to a vault: three snapshots of random files, in packs of a few KiB. */
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { type BlobId, idBytes } from '../src/base/ids.ts';
import { type Random, simulated } from '../src/host.ts';
import { type FileKind, memoryStorage, type Storage } from '../src/storage.ts';
import { BlobSaver } from '../src/vault/blob-saver.ts';
import { type CheckResult, checkVault, type Finding } from '../src/vault/check.ts';
import type { Node, Snapshot } from '../src/vault/model.ts';
import { initVault } from '../src/vault/open.ts';
import { encodeTree } from '../src/vault/tree.ts';
import { Vault } from '../src/vault/vault.ts';
import { plainNode } from './nodes.ts';

const KINDS: FileKind[] = ['config', 'key', 'snapshot', 'index', 'pack'];
export const PACK_BYTES = 6 * 1024;

export interface SmallVault {
  storage: Storage;
  vault: Vault;
  /** Oldest first. */
  snapshots: Snapshot[];
}

/** Which of the 18 files each snapshot has: some are in one only, and share their packs with what others need. */
const IS_IN = [(i: number) => i % 2 === 0, (i: number) => i % 3 === 0, (i: number) => i % 3 !== 1];

/** Files are in two directories and have three blobs each; each snapshot has an index file of its own. */
export async function smallVault(seed = 1): Promise<SmallVault> {
  const storage = memoryStorage();
  const random = simulated.seededRandom(seed);
  const parts = {
    clock: simulated.fixedClock(Date.UTC(2026, 0, 1)),
    identity: simulated.fixedIdentity(),
    password: 'secret',
    random,
  };
  const vault = await initVault(storage, { ...parts, polynomial: '3da3358b4dc173', scrypt: { N: 2, r: 1, p: 1 } });
  const files = Array.from({ length: 18 }, () => Array.from({ length: 3 }, () => textOrNoise(random)));
  for (let k = 0; k < IS_IN.length; k++) await addSnapshot(vault, files, k);
  vault.dropIndex();
  return { storage, vault, snapshots: await vault.listSnapshots() };
}

/** The same vault on another storage. */
export function vaultOn(storage: Storage, { parts }: Vault): Vault {
  return new Vault({ ...parts, storage });
}

export async function copyOf(storage: Storage): Promise<Storage> {
  const copy = memoryStorage();
  for (const kind of KINDS)
    for await (const { name } of storage.list(kind))
      await copy.save({ kind, name }, await storage.load({ kind, name }));
  return copy;
}

export async function namesOf(storage: Storage, kind: FileKind): Promise<string[]> {
  const names: string[] = [];
  for await (const { name } of storage.list(kind)) names.push(name);
  return names.sort();
}

/** Digest of everything each snapshot refers to, read blob by blob. */
export async function contents(vault: Vault): Promise<Map<string, string>> {
  vault.dropIndex();
  const digests = new Map<string, string>();
  for (const { id, tree } of await vault.listSnapshots()) {
    const hash = createHash('sha256');
    await hashTree(vault, tree, (bytes) => hash.update(bytes));
    digests.set(id, hash.digest('hex'));
  }
  return digests;
}

export interface Checked extends CheckResult {
  findings: Finding[];
}

/** Checks every byte. */
export async function check(storage: Storage, like: Vault, threads = 0): Promise<Checked> {
  const findings: Finding[] = [];
  const options = { threads, readData: 'all', random: simulated.seededRandom(1) } as const;
  const result = await checkVault(vaultOn(storage, like), { ...options, onFinding: (found) => findings.push(found) });
  return { ...result, findings };
}

/** Nothing but hints may be found, and `kept` must read as before. */
export async function assertSound(storage: Storage, like: Vault, kept: ReadonlyMap<string, string>): Promise<Checked> {
  const checked = await check(storage, like);
  assert.deepEqual(
    checked.findings.filter(({ severity }) => severity === 'error'),
    [],
  );
  const found = await contents(vaultOn(storage, like));
  for (const [id, digest] of kept) assert.equal(found.get(id), digest, `snapshot ${id}`);
  return checked;
}

function textOrNoise(random: Random): Buffer {
  const noise = Buffer.from(random.bytes(400 + random.int(1600)));
  return random.int(3) === 0 ? Buffer.from(noise.toString('hex').repeat(2)) : noise;
}

async function addSnapshot(vault: Vault, files: readonly Buffer[][], k: number): Promise<void> {
  const saver = new BlobSaver(vault, { compression: 'auto', packBytesTarget: PACK_BYTES });
  const known = await vault.index();
  const save = async (kind: 'data' | 'tree', bytes: Uint8Array): Promise<BlobId> => {
    const id = createHash('sha256').update(bytes).digest('hex') as BlobId;
    if (known.table.findHex(kind, id) < 0) await saver.add(kind, bytes, idBytes(id));
    return id;
  };
  const nodes: Node[] = [];
  for (const [i, file] of files.entries()) {
    if (!IS_IN[k]!(i)) continue;
    const content: BlobId[] = [];
    for (const part of file) content.push(await save('data', part));
    const size = file.reduce((sum, part) => sum + part.length, 0);
    nodes.push({ ...plainNode({ name: `file ${String.fromCharCode(97 + i)}` }), content, size });
  }
  const [left, right] = [nodes.slice(0, 3), nodes.slice(3)];
  const directories: Node[] = [];
  for (const [name, entries] of [
    ['a', left],
    ['b', right],
  ] as const)
    directories.push({ ...plainNode({ name }), type: 'dir', subtree: await save('tree', encodeTree(entries)) });
  const tree = await save('tree', encodeTree(directories));
  await saver.finish();
  vault.dropIndex();
  await vault.saveSnapshot({
    time: `2026-01-0${k + 1}T00:00:00Z`,
    parent: undefined,
    tree,
    paths: ['/small'],
    hostname: 'host',
    username: 'user',
    uid: 0,
    gid: 0,
    excludes: [],
    tags: [],
    original: undefined,
    programVersion: '',
    summary: undefined,
  });
}

async function hashTree(vault: Vault, id: BlobId, add: (bytes: Uint8Array) => void): Promise<void> {
  const tree = await vault.loadTree(id);
  for (const node of tree.nodes) {
    add(Buffer.from(`${node.name}\0${node.size}\0`));
    for (const blob of node.content ?? []) add(await vault.loadBlob('data', blob));
    if (node.subtree !== undefined) await hashTree(vault, node.subtree, add);
  }
}
