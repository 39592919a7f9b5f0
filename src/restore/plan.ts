/** From a snapshot's trees to everything that is to be made. Reads the vault only; the target is not looked at. */
import { hasCode } from '../base/errors.ts';
import type { BlobId, PackId } from '../base/ids.ts';
import { createRestoreFilter, type RestoreFilter } from '../source.ts';
import { type blobs, browse, type Node, type NodeType, type Tree, treeText, type Vault } from '../vault.ts';
import { EntryTable, ROOT } from './entries.ts';
import { HardLinks } from './hard-links.ts';
import { Kind } from './kinds.ts';
import type { PlanOptions, Problem } from './options.ts';
import { TreeLoader } from './trees.ts';
import { UseTable } from './uses.ts';

export interface PlanTotals {
  files: number;
  directories: number;
  /** Symbolic and hard links, fifos and devices. */
  others: number;
  /** Content of the files. */
  bytes: number;
}

/** What a restore is going to make. Everything in it but its states is settled. */
export interface RestorePlan {
  readonly entries: EntryTable;
  /** What of which blob goes where, in the order the packs are read. */
  readonly uses: UseTable;
  readonly totals: PlanTotals;
  /** What cannot be restored because the snapshot or the vault is not right. */
  readonly problems: readonly Problem[];
  readonly filter: RestoreFilter;
  /** Names of packs by the numbers in `table`. */
  readonly packs: readonly PackId[];
  readonly table: blobs.BlobTable;
}

/** @throws {AppError} `path-missing`, `usage` for a wrong pattern, and what loading the snapshot's first tree throws */
export async function planRestore(vault: Vault, options: PlanOptions): Promise<RestorePlan> {
  const { table, packs } = await vault.index(options.signal);
  const planner = new Planner(vault, table, options);
  await planner.walkFrom(options.tree, options.subpath);
  planner.uses.arrange(table);
  const { entries, uses, totals, problems, filter } = planner;
  return { entries, uses, totals, problems, filter, packs, table };
}

const KINDS: Partial<Record<NodeType, Kind>> = {
  symlink: Kind.symlink,
  fifo: Kind.fifo,
  dev: Kind.blockDevice,
  chardev: Kind.charDevice,
};

class Planner {
  readonly entries = new EntryTable();
  readonly uses = new UseTable();
  readonly totals: PlanTotals = { files: 0, directories: 0, others: 0, bytes: 0 };
  readonly problems: Problem[] = [];
  readonly filter: RestoreFilter;
  readonly #vault: Vault;
  readonly #trees: TreeLoader;
  readonly #table: blobs.BlobTable;
  readonly #links = new HardLinks();
  readonly #signal: AbortSignal;

  constructor(vault: Vault, table: blobs.BlobTable, options: PlanOptions) {
    this.filter = createRestoreFilter(options.filter);
    this.#vault = vault;
    this.#trees = new TreeLoader(vault, options.signal);
    this.#table = table;
    this.#signal = options.signal;
  }

  async walkFrom(root: BlobId, subpath: string): Promise<void> {
    const found = await browse.findPath(this.#vault, { tree: root, path: subpath, signal: this.#signal });
    const tree = browse.treeOf(found);
    if (tree !== undefined) await this.#walk(await this.#trees.load(tree), ROOT, '');
    else if (found.kind === 'entry') this.#addOther(found.node, ROOT, '');
  }

  async #walk({ nodes }: Tree, parent: number, path: string): Promise<void> {
    this.#signal.throwIfAborted();
    const repeated = repeatedNames(nodes);
    let expected = 0;
    for (const [i, node] of nodes.entries()) {
      if (repeated?.has(i))
        this.#report(`${path}/${node.name}`, 'is in its directory twice; only the first is restored');
      else if (node.type !== 'dir') this.#addOther(node, parent, path);
      else {
        expected = this.#expectSubtrees(nodes, Math.max(expected, i + 1));
        await this.#addDirectory(node, parent, path);
      }
    }
  }

  /** Has the trees of the next directories loaded. @returns where to go on the next time */
  #expectSubtrees(nodes: readonly Node[], from: number): number {
    if (!this.filter.isEverything) return from;
    for (let i = from; i < nodes.length; i++) {
      const { subtree } = nodes[i]!;
      if (subtree !== undefined && !this.#trees.expect(subtree)) return i;
    }
    return nodes.length;
  }

  async #addDirectory(node: Node, parent: number, parentPath: string): Promise<void> {
    const path = `${parentPath}/${node.name}`;
    const { selected, mayHaveSelectedBelow } = this.filter.choose(path);
    if (!selected && !mayHaveSelectedBelow) return;
    const entry = this.entries.add(node, { parent, kind: Kind.directory, mode: treeText.unixMode(node.mode) & 0o7777 });
    if (mayHaveSelectedBelow) await this.#walkBelow(node, entry, path);
    else this.entries.markUnlisted(entry);
    if (!selected && this.entries.count === entry + 1) this.entries.cut(entry);
    else this.totals.directories++;
  }

  async #walkBelow({ subtree }: Node, entry: number, path: string): Promise<void> {
    let tree: Tree | undefined;
    try {
      if (subtree !== undefined) tree = await this.#trees.load(subtree);
      else this.#report(path, 'the snapshot does not say what is in it');
    } catch (error) {
      if (!hasCode(error, 'blob-missing', 'file-damaged', 'not-found', 'tree-invalid')) throw error;
      this.#report(path, `what is in it cannot be restored: ${error.message}`);
    }
    if (tree === undefined) this.entries.markUnlisted(entry);
    else await this.#walk(tree, entry, path);
  }

  #addOther(node: Node, parent: number, parentPath: string): void {
    if (!this.filter.isEverything && !this.filter.choose(`${parentPath}/${node.name}`).selected) return;
    const kind = KINDS[node.type] ?? (node.type === 'file' ? Kind.file : Kind.none);
    const first = kind === Kind.none ? undefined : this.#links.findFirst(node);
    const mode = treeText.unixMode(node.mode) & 0o7777;
    const entry = this.entries.add(node, { parent, mode, kind: first === undefined ? kind : Kind.link });
    if (first !== undefined) this.entries.setLink(entry, first);
    else if (kind === Kind.file && !this.#addContent(node, entry, parentPath)) {
      this.entries.makeNone(entry);
      return;
    } else this.#links.add(node, entry);
    if (node.type === 'irregular') this.#report(`${parentPath}/${node.name}`, 'is of a kind that cannot be restored');
    if (kind === Kind.file && first === undefined) this.totals.files++;
    else if (kind !== Kind.none) this.totals.others++;
  }

  /** @returns false when a part of the content is not in the vault */
  #addContent(node: Node, entry: number, parentPath: string): boolean {
    const { uses } = this;
    const firstUse = uses.count;
    let size = 0;
    for (const id of node.content ?? []) {
      const blob = this.#table.findHexAt('data', id, 0);
      if (blob < 0) {
        uses.cut(firstUse);
        this.#report(
          `${parentPath}/${node.name}`,
          `not restored: its content is not all in the vault, as blob ${id} is missing`,
        );
        return false;
      }
      uses.add(blob, entry, size);
      size += this.#table.plainLengthOf(blob);
    }
    if (size !== node.size) {
      const found = `${size} bytes of content, where ${node.size} are recorded`;
      this.#report(`${parentPath}/${node.name}`, `restored with what the snapshot has: ${found}`);
    }
    this.entries.setContent(entry, { firstUse, uses: uses.count - firstUse, size });
    this.totals.bytes += size;
    return true;
  }

  #report(path: string, message: string): void {
    this.problems.push({ path, message });
  }
}

/** Places of nodes whose name an earlier one has; trees are in order unless something is wrong with them. */
function repeatedNames(nodes: readonly Node[]): Set<number> | undefined {
  if (nodes.every((node, i) => i === 0 || nodes[i - 1]!.name < node.name)) return undefined;
  const seen = new Set<string>();
  const repeated = new Set<number>();
  for (const [i, { name }] of nodes.entries()) {
    if (seen.has(name)) repeated.add(i);
    seen.add(name);
  }
  return repeated;
}
