/** The byte work of a check, as a thread does it: opening trees and following them, proving packs. */
import { ID_BYTES } from '../../base/ids.ts';
import { BlobReader } from '../blob-reader.ts';
import { BlobTable, type BlobTableMemory } from '../blob-table.ts';
import type { Inventory } from '../inventory.ts';
import { Marks } from '../marks.ts';
import type { MasterKey } from '../seal.ts';
import type { Finding } from './finding.ts';
import { provePack } from './pack-proof.ts';
import { TreeScan } from './tree-scan.ts';
import { type TreeUses, UseFinder } from './tree-uses.ts';

/** What a thread is given; everything large in it is shared memory. */
export interface CheckSeed {
  key: MasterKey;
  table: BlobTableMemory;
  order: Uint32Array;
  starts: Uint32Array;
  packs: number;
  used: SharedArrayBuffer;
  /** Marks of packs, when it is asked which packs trees use: of several with the same blob, a marked one is used. */
  preferred?: SharedArrayBuffer | undefined;
}

/** Trees that lie in `bytes`, which begin at `offset` of their pack. */
export interface TreesJob {
  kind: 'trees';
  bytes: Uint8Array;
  offset: number;
  blobs: Uint32Array;
}

/** A whole pack. */
export interface PackJob {
  kind: 'pack';
  /** Number of the pack. */
  pack: number;
  name: string;
  bytes: Uint8Array;
}

export type CheckJob = TreesJob | PackJob;

export interface CheckDone {
  findings: Finding[];
  /** Trees that nobody has looked at before: numbers of their first copies. */
  subtrees: Uint32Array;
  /** Trees that could not be opened: other copies may be good. */
  unreadable: Uint32Array;
  /** Of each tree that could be opened; only when asked for. */
  uses: TreeUses[];
}

export type Checker = (job: CheckJob) => CheckDone;

export function checkSeed(key: MasterKey, inventory: Inventory, used: Marks): CheckSeed {
  const { table, order, starts, packs } = inventory;
  return { key, table: table.share(), order, starts, packs: packs.length, used: used.memory };
}

export function createChecker(seed: CheckSeed): Checker {
  const table = new BlobTable(0, seed.table);
  const reader = new BlobReader(seed.key);
  const finder = seed.preferred === undefined ? undefined : new UseFinder(table, new Marks(seed.preferred), seed.packs);
  const scan = new TreeScan({ table, reader, used: new Marks(seed.used), finder });
  const digest = new Uint8Array(ID_BYTES);
  return (job) => {
    if (job.kind === 'trees') return scan.scan(job);
    const blobs = seed.order.subarray(seed.starts[job.pack], seed.starts[job.pack + 1]);
    const findings = provePack(job, { table, reader, blobs, digest });
    return { findings, subtrees: new Uint32Array(0), unreadable: new Uint32Array(0), uses: [] };
  };
}
