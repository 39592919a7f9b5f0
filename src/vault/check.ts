/**
 * Checks a vault: what its files say of each other, and on request every byte of them (format description, "check").
 *
 * Snapshots are listed before the index is read, so a backup that runs meanwhile does no harm: whatever a listed snapshot
 * needs is in the index by then, and whatever the index names is in its packs. A shared lock is therefore enough, which
 * keeps away only those who remove things.
 */
import type { PackId } from '../base/ids.ts';
import type { Random } from '../host.ts';
import { errorFinding, type Finding, hintFinding, reasonOf } from './check/finding.ts';
import { checkSeed } from './check/jobs.ts';
import { type NumberedPack, readPacks } from './check/pack-read.ts';
import { choosePacks, type Subset } from './check/subset.ts';
import { type CheckThreads, startCheckThreads } from './check/threads.ts';
import { walkTrees } from './check/tree-walk.ts';
import { type Inventory, takeInventory } from './inventory.ts';
import { Marks } from './marks.ts';
import type { Snapshot } from './model.ts';
import { listReadableSnapshots } from './snapshot-list.ts';
import type { Vault } from './vault.ts';

export type { Finding, FindingKind } from './check/finding.ts';
export { parseSubset, type Subset } from './check/subset.ts';

export interface CheckOptions {
  /** For the byte work; with 0 it is done in this thread. */
  threads: number;
  /** Packs to read whole; none when absent. */
  readData?: Subset | undefined;
  /** Draws a random subset. */
  random: Random;
  onFinding: (finding: Finding) => void;
  onProgress?: ((progress: CheckProgress) => void) | undefined;
  signal?: AbortSignal | undefined;
}

export interface CheckProgress {
  stage: 'trees' | 'packs';
  /** Trees or packs. */
  done: number;
  /** Unknown for trees. */
  total: number | undefined;
  bytesDone: number;
  bytesTotal: number | undefined;
}

export interface CheckResult {
  errors: number;
  hints: number;
  snapshots: number;
  indexFiles: number;
  packs: number;
  blobs: number;
  trees: number;
  packsRead: number;
  bytesRead: number;
}

/** The caller holds a lock, shared or exclusive. Damage is told to `onFinding` and counted, not thrown. */
export async function checkVault(vault: Vault, options: CheckOptions): Promise<CheckResult> {
  return await new Check(vault, options).run();
}

class Check {
  readonly #vault: Vault;
  readonly #options: CheckOptions;
  #errors = 0;
  #hints = 0;
  #trees = 0;
  #treeBytes = 0;
  #packsRead = 0;
  #bytesRead = 0;

  constructor(vault: Vault, options: CheckOptions) {
    this.#vault = vault;
    this.#options = options;
  }

  async run(): Promise<CheckResult> {
    const { signal } = this.#options;
    const { snapshots, damaged } = await listReadableSnapshots(this.#vault, signal);
    for (const { id, error } of damaged) this.#report(errorFinding('snapshot-damaged', id, reasonOf(error)));
    const onDamaged = (file: { name: string; error: Parameters<typeof reasonOf>[0] }): void =>
      this.#report(errorFinding('index-damaged', file.name, reasonOf(file.error)));
    const inventory = await takeInventory(this.#vault, { onDamaged, signal });
    const packs = await this.#comparePacks(inventory);
    const used = new Marks(inventory.table.count);
    await using threads = startCheckThreads(checkSeed(this.#vault.parts.key, inventory, used), this.#options.threads);
    await this.#checkTrees({ inventory, threads, used }, snapshots);
    if (this.#options.readData !== undefined) await this.#readPacks(threads, packs, this.#options.readData);
    return {
      errors: this.#errors,
      hints: this.#hints,
      snapshots: snapshots.length,
      indexFiles: inventory.files.length,
      packs: inventory.packs.length,
      blobs: inventory.table.count,
      trees: this.#trees,
      packsRead: this.#packsRead,
      bytesRead: this.#bytesRead,
    };
  }

  #report = (finding: Finding): void => {
    if (finding.severity === 'error') this.#errors++;
    else this.#hints++;
    this.#options.onFinding(finding);
  };

  /** @returns the packs that the index names and the storage has. */
  async #comparePacks(inventory: Inventory): Promise<NumberedPack[]> {
    const numbers = new Map(inventory.packs.map((name, number) => [name, number]));
    const sizes = new Float64Array(inventory.packs.length).fill(-1);
    const found: NumberedPack[] = [];
    for await (const file of this.#vault.parts.storage.list('pack', this.#options.signal)) {
      const name = file.name as PackId;
      const number = numbers.get(name);
      if (number === undefined) {
        const message = `pack ${name} is in no index: left by an interrupted run, or of a backup that is running`;
        this.#report(hintFinding('pack-orphan', name, message));
        continue;
      }
      sizes[number] = file.size;
      found.push({ name, number, size: file.size });
    }
    for (const number of inventory.packs.keys()) this.#judgePack(inventory, number, sizes[number]!);
    for (const number of inventory.repeatedPacks()) {
      const name = inventory.packs[number]!;
      this.#report(hintFinding('pack-repeated', name, `pack ${name} is named by several index files`));
    }
    return found;
  }

  #judgePack(inventory: Inventory, number: number, size: number): void {
    const name = inventory.packs[number]!;
    const expected = inventory.sizeOf(number);
    if (size < 0) this.#report(errorFinding('pack-missing', name, `pack ${name} is in the index but not in the vault`));
    else if (size !== expected) {
      const message = `pack ${name} has ${size} bytes where the index tells of ${expected}`;
      this.#report(errorFinding('pack-size', name, message));
    }
    const kinds = new Set(Array.from(inventory.blobsOf(number), (blob) => inventory.table.kindOf(blob)));
    if (kinds.size > 1) this.#report(hintFinding('pack-mixed', name, `pack ${name} holds both data and trees`));
  }

  async #checkTrees(
    { inventory, threads, used }: { inventory: Inventory; threads: CheckThreads; used: Marks },
    snapshots: readonly Snapshot[],
  ): Promise<void> {
    const roots: number[] = [];
    for (const { id, tree } of snapshots) {
      const root = inventory.table.findHex('tree', tree);
      if (root >= 0 && used.mark(root)) roots.push(root);
      if (root < 0) this.#report(errorFinding('tree-missing', tree, `tree ${tree} of snapshot ${id} is in no index`));
    }
    const onTrees = (trees: number, bytes: number): void => {
      this.#trees += trees;
      this.#treeBytes += bytes;
      const amounts = { total: undefined, bytesDone: this.#treeBytes, bytesTotal: undefined };
      this.#options.onProgress?.({ stage: 'trees', done: this.#trees, ...amounts });
    };
    const { signal } = this.#options;
    await walkTrees({ vault: this.#vault, inventory, threads, onFinding: this.#report, onTrees, signal }, roots);
  }

  async #readPacks(threads: CheckThreads, packs: readonly NumberedPack[], subset: Subset): Promise<void> {
    const { random, signal, onProgress } = this.#options;
    const chosen = choosePacks(packs, subset, random);
    const bytesTotal = chosen.reduce((sum, { size }) => sum + size, 0);
    const onPack = ({ size }: NumberedPack): void => {
      this.#packsRead++;
      this.#bytesRead += size;
      const amounts = { total: chosen.length, bytesDone: this.#bytesRead, bytesTotal };
      onProgress?.({ stage: 'packs', done: this.#packsRead, ...amounts });
    };
    // One pack for each thread, and one being read, which takes a fraction of the time of proving one.
    const width = this.#options.threads + 1;
    await readPacks({ vault: this.#vault, threads, width, onFinding: this.#report, onPack, signal }, chosen);
  }
}
