/** Looking through the trees of a snapshot: one path, or everything below one, in the order of the trees. */
import { AppError } from '../base/errors.ts';
import type { BlobId } from '../base/ids.ts';
import { TREES_AHEAD_MAX } from '../base/limits.ts';
import { quoteName } from './go-quote.ts';
import type { Node, Tree } from './model.ts';
import type { Vault } from './vault.ts';

export interface WalkEntry {
  /** Raw path from the root of the snapshot, one char per byte: `/etc/fstab`. */
  path: string;
  node: Node;
  /** The tree that lists the node. */
  parent: BlobId;
}

export interface WalkOptions {
  /** Path of the tree the walk begins at; the root's, which is empty, when absent. */
  path?: string;
  /** Whether to go into this directory; always when absent. Asked as the entry is given out. */
  enter?: (entry: WalkEntry) => boolean;
  signal?: AbortSignal | undefined;
}

/**
 * Every entry below a tree, a directory before what is in it. The trees to come are loaded ahead.
 * @throws {AppError} as `Vault.loadTree`
 */
export async function* walkTree(
  vault: Vault,
  tree: BlobId,
  options: WalkOptions = {},
): AsyncGenerator<WalkEntry, void> {
  const { path = '', enter = () => true, signal } = options;
  const stack = [new Level({ vault, signal }, { id: tree, path, tree: await vault.loadTree(tree, signal) })];
  for (let level = stack.at(-1); level !== undefined; level = stack.at(-1)) {
    const node = level.next();
    if (node === undefined) {
      stack.pop();
      continue;
    }
    const entry: WalkEntry = { path: `${level.path}/${node.name}`, node, parent: level.id };
    const entered = node.subtree !== undefined && enter(entry);
    yield entry;
    signal?.throwIfAborted();
    if (!entered || node.subtree === undefined) level.leaveOut(node);
    else {
      const below = { id: node.subtree, path: entry.path, tree: await level.treeOf(node.subtree) };
      stack.push(new Level({ vault, signal }, below));
    }
  }
}

/** Where a path leads: an entry, or the tree that is the root of the snapshot. */
export type Found = { kind: 'root'; tree: BlobId } | ({ kind: 'entry' } & WalkEntry);

/**
 * Follows `path` (text, with or without a slash in front) down from a tree. A component that names nothing is tried once
 * more as listings print it, so that what was printed as `odd\xffname` can be typed.
 * @throws {AppError} `path-missing`; as `Vault.loadTree`
 */
export async function findPath(
  vault: Vault,
  { tree, path, signal }: { tree: BlobId; path: string; signal?: AbortSignal | undefined },
): Promise<Found> {
  let found: Found = { kind: 'root', tree };
  for (const name of path.split('/')) {
    if (name === '' || name === '.') continue;
    const parent = treeOf(found);
    const { nodes } = parent === undefined ? { nodes: [] } : await vault.loadTree(parent, signal);
    const node = nodeNamed(nodes, name);
    if (node === undefined || parent === undefined) throw new AppError('path-missing', { detail: path });
    found = { kind: 'entry', path: `${pathOf(found)}/${node.name}`, node, parent };
  }
  return found;
}

/** The tree of a directory or of the root; undefined for anything else. */
export function treeOf(found: Found): BlobId | undefined {
  return found.kind === 'root' ? found.tree : found.node.subtree;
}

/** Raw path, empty for the root. */
export function pathOf(found: Found): string {
  return found.kind === 'root' ? '' : found.path;
}

function nodeNamed(nodes: readonly Node[], name: string): Node | undefined {
  const raw = Buffer.from(name).toString('latin1');
  const node = nodes.find((each) => each.name === raw);
  if (node !== undefined || !name.includes('\\')) return node;
  return nodes.find((each) => quoteName(each.name) === name);
}

/** One directory on the way, with the trees of its next subdirectories under way. */
class Level {
  readonly id: BlobId;
  readonly path: string;
  readonly #nodes: Node[];
  readonly #load: (id: BlobId) => Promise<Tree>;
  /** Trees asked for and not yet used, of the subdirectories up to `#asked`. */
  readonly #ahead = new Map<BlobId, Promise<Tree>>();
  #asked = 0;
  #next = 0;

  constructor(
    { vault, signal }: { vault: Vault; signal: AbortSignal | undefined },
    { id, path, tree }: { id: BlobId; path: string; tree: Tree },
  ) {
    this.id = id;
    this.path = path;
    this.#nodes = tree.nodes;
    this.#load = (subtree) => vault.loadTree(subtree, signal);
  }

  next(): Node | undefined {
    return this.#nodes[this.#next++];
  }

  /** A tree that will not be entered makes room for another. */
  leaveOut({ subtree }: Node): void {
    if (subtree !== undefined) this.#ahead.delete(subtree);
  }

  async treeOf(subtree: BlobId): Promise<Tree> {
    const tree = this.#ahead.get(subtree) ?? this.#load(subtree);
    this.#ahead.delete(subtree);
    this.#lookAhead();
    return await tree;
  }

  /** Begins with the first directory entered: whoever enters none wants no trees. */
  #lookAhead(): void {
    this.#asked = Math.max(this.#asked, this.#next);
    for (; this.#asked < this.#nodes.length && this.#ahead.size < TREES_AHEAD_MAX; this.#asked++) {
      const { subtree } = this.#nodes[this.#asked]!;
      if (subtree === undefined || this.#ahead.has(subtree)) continue;
      const tree = this.#load(subtree);
      // Its failure is met when the walk comes there, if it ever does.
      tree.catch(() => undefined);
      this.#ahead.set(subtree, tree);
    }
  }
}
