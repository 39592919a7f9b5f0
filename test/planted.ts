/** Vaults in memory whose snapshots are written node by node, so that they can hold what no backup would write. */
import { createHash } from 'node:crypto';
import { type BlobId, idBytes } from '../src/base/ids.ts';
import { simulated } from '../src/host.ts';
import { executeRestore, type Problem, planRestore, type RestoreOptions, type RestoreResult } from '../src/restore.ts';
import type { RestoreFilterOptions } from '../src/source.ts';
import { memoryStorage, type Storage } from '../src/storage.ts';
import { BlobSaver } from '../src/vault/blob-saver.ts';
import type { Node } from '../src/vault/model.ts';
import { encodeNode } from '../src/vault/node.ts';
import { initVault } from '../src/vault/open.ts';
import type { Vault } from '../src/vault/vault.ts';
import { plainNode } from './nodes.ts';

/** An entry: a node with what is in it in place of ids. Text is the content of a file of one blob. */
export type Planted =
  | string
  | (Partial<Omit<Node, 'content' | 'subtree' | 'name'>> & {
      /** Blobs of a file, in order. */
      parts?: (string | Buffer)[];
      children?: Children;
      /** Ids as they are, to name what is not there. */
      content?: string[];
      subtree?: string;
    });

/** By raw name; as a list, names may be there twice. */
export type Children = Record<string, Planted> | [string, Planted][];

export const TIME_NS = 1_600_000_000_123_456_789n;

export async function emptyVault(storage: Storage = memoryStorage()): Promise<Vault> {
  return await initVault(storage, {
    clock: simulated.fixedClock(Date.UTC(2026, 0, 1)),
    identity: simulated.fixedIdentity(),
    password: 'secret',
    random: simulated.seededRandom(1),
    polynomial: '3da3358b4dc173',
    scrypt: { N: 2, r: 1, p: 1 },
  });
}

/** Writes the trees and blobs. @returns the id of the root tree */
export async function plant(vault: Vault, children: Children): Promise<BlobId> {
  const saver = new BlobSaver(vault, { compression: 'off', packBytesTarget: 2 ** 22 });
  const saved = new Set<string>();
  const save = async (kind: 'data' | 'tree', bytes: Uint8Array): Promise<BlobId> => {
    const id = createHash('sha256').update(bytes).digest('hex') as BlobId;
    if (!saved.has(kind + id)) await saver.add(kind, bytes, idBytes(id));
    saved.add(kind + id);
    return id;
  };
  const tree = await saveTree(children, save);
  await saver.finish();
  vault.dropIndex();
  return tree;
}

type Save = (kind: 'data' | 'tree', bytes: Uint8Array) => Promise<BlobId>;

async function saveTree(children: Children, save: Save): Promise<BlobId> {
  const texts: string[] = [];
  for (const [name, planted] of Array.isArray(children) ? children : Object.entries(children).sort(byName))
    texts.push(encodeNode(await nodeOf(name, planted, save)));
  return await save('tree', Buffer.from(`{"nodes":[${texts.join(',')}]}\n`));
}

async function nodeOf(name: string, planted: Planted, save: Save): Promise<Node> {
  const given = typeof planted === 'string' ? { parts: [planted] } : planted;
  const { parts, children, content, subtree, ...rest } = given;
  const type = rest.type ?? (children !== undefined || subtree !== undefined ? 'dir' : 'file');
  const ids: string[] = content ?? [];
  for (const part of parts ?? []) if (part.length > 0) ids.push(await save('data', Buffer.from(part as string)));
  const size = (parts ?? []).reduce((sum, part) => sum + Buffer.from(part as string).length, 0);
  return {
    ...plainNode({ name, mtimeNs: TIME_NS, atimeNs: TIME_NS, ctimeNs: TIME_NS }),
    uid: process.getuid?.() ?? 0,
    gid: process.getgid?.() ?? 0,
    mode: type === 'dir' ? 0o755 + 0x8000_0000 : 0o644,
    type,
    size,
    content: type === 'file' ? (ids as BlobId[]) : undefined,
    subtree: children === undefined ? (subtree as BlobId | undefined) : await saveTree(children, save),
    ...rest,
  };
}

/** Flips a bit in the sealed form of a data blob, in the pack it is in. */
export async function damageBlob({ storage, vault }: { storage: Storage; vault: Vault }, text: string): Promise<void> {
  const id = createHash('sha256').update(text).digest('hex') as BlobId;
  const { pack, offset } = await vault.placeOf('data', id);
  const ref = { kind: 'pack', name: pack } as const;
  const bytes = Uint8Array.from(await storage.load(ref));
  bytes[offset + 20]! ^= 1;
  await storage.remove(ref);
  await storage.save(ref, bytes);
}

function byName([a]: [string, Planted], [b]: [string, Planted]): number {
  return a < b ? -1 : 1;
}

export interface Restored extends RestoreResult {
  problems: Problem[];
  /** `action path`, sorted. */
  listed: string[];
}

export interface RestoreCall extends Partial<RestoreOptions> {
  tree: BlobId;
  target: string;
  subpath?: string;
  filter?: RestoreFilterOptions;
}

/** Plans and executes with what the command gives when nothing is asked for, on two threads. */
export async function restoreFrom(vault: Vault, call: RestoreCall): Promise<Restored> {
  const { tree, target, subpath = '', filter = {}, ...options } = call;
  const problems: Problem[] = [];
  const listed: string[] = [];
  const signal = options.signal ?? new AbortController().signal;
  const plan = await planRestore(vault, { tree, subpath, filter, signal });
  const result = await executeRestore(vault, plan, {
    overwrite: 'always',
    delete: false,
    sparse: false,
    verify: false,
    listEntries: true,
    uid: process.getuid?.() ?? 0,
    gid: process.getgid?.() ?? 0,
    umask: process.umask(),
    threads: 2,
    ...options,
    signal,
    target: Buffer.from(target).toString('latin1'),
    onEvent: (event) => {
      if (event.kind === 'problem') problems.push(event.problem);
      if (event.kind === 'entry') listed.push(`${event.action} ${event.path}`);
      options.onEvent?.(event);
    },
  });
  return { ...result, problems, listed: listed.sort() };
}
