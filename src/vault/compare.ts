/** What is different between two trees, as restic's diff tells it. */

import { hasCode } from '../base/errors.ts';
import type { BlobId } from '../base/ids.ts';
import { blobSize } from './content.ts';
import type { BlobKind, Node, Tree } from './model.ts';
import { encodeNode } from './node.ts';
import type { Vault } from './vault.ts';
import { walkTree } from './walk.ts';

/**
 * `+` added, `-` removed, `M` other content, `T` other type, `U` other metadata, `TM` and the like together. Directories
 * end with a slash.
 */
export interface Change {
  modifier: string;
  /** Raw. */
  path: string;
}

export interface Tally {
  files: number;
  dirs: number;
  others: number;
  dataBlobs: number;
  treeBlobs: number;
  /** Of the blobs, before compression. */
  bytes: number;
}

export interface Comparison {
  changedFiles: number;
  added: Tally;
  removed: Tally;
}

export interface CompareOptions {
  before: BlobId;
  after: BlobId;
  /** Tell of changes in metadata alone. */
  metadata: boolean;
  onChange: (change: Change) => void;
  signal?: AbortSignal | undefined;
}

/** Tells each change in the order of the paths. @throws {AppError} as `Vault.loadTree` */
export async function compareTrees(vault: Vault, options: CompareOptions): Promise<Comparison> {
  const comparing = new Comparing(vault, options);
  if (options.before !== options.after) await comparing.trees(options, '');
  return await comparing.result();
}

/** Ids with their kinds, as `tree 1a2b…`. */
type BlobSet = Set<`${BlobKind} ${BlobId}`>;

class Comparing {
  readonly #vault: Vault;
  readonly #options: CompareOptions;
  readonly #before: BlobSet = new Set();
  readonly #after: BlobSet = new Set();
  readonly #comparison: Comparison = { changedFiles: 0, added: emptyTally(), removed: emptyTally() };

  constructor(vault: Vault, options: CompareOptions) {
    this.#vault = vault;
    this.#options = options;
  }

  async trees({ before, after }: { before: BlobId; after: BlobId }, path: string): Promise<void> {
    this.#before.add(`tree ${before}`);
    this.#after.add(`tree ${after}`);
    const { signal } = this.#options;
    const [left, right] = await Promise.all([before, after].map((id) => this.#vault.loadTree(id, signal)));
    for (const [one, other] of paired(left!, right!)) {
      const at = `${path}/${(one ?? other)!.name}`;
      if (one !== undefined && other !== undefined) await this.#both(one, other, at);
      else if (one !== undefined) await this.#alone('-', one, at);
      else if (other !== undefined) await this.#alone('+', other, at);
    }
  }

  async #both(one: Node, other: Node, path: string): Promise<void> {
    addContent(this.#before, one);
    addContent(this.#after, other);
    const modifier = this.#modifierOf(one, other);
    if (modifier !== '') this.#options.onChange({ modifier, path: shown(other, path) });
    if (one.subtree === other.subtree) return;
    if (one.subtree !== undefined && other.subtree !== undefined)
      return await this.trees({ before: one.subtree, after: other.subtree }, path);
    // A directory in the place of something else: what is in it came or went with it.
    if (one.subtree !== undefined) await this.#below('-', one.subtree, path);
    if (other.subtree !== undefined) await this.#below('+', other.subtree, path);
  }

  #modifierOf(one: Node, other: Node): string {
    const type = one.type === other.type ? '' : 'T';
    if (one.type === 'file' && other.type === 'file' && `${one.content}` !== `${other.content}`) {
      this.#comparison.changedFiles++;
      return `${type}M`;
    }
    if (this.#options.metadata && encodeNode(one) !== encodeNode(other)) return `${type}U`;
    return type;
  }

  async #alone(modifier: '+' | '-', node: Node, path: string): Promise<void> {
    this.#count(modifier, node, path);
    if (node.subtree !== undefined) await this.#below(modifier, node.subtree, path);
  }

  async #below(modifier: '+' | '-', tree: BlobId, path: string): Promise<void> {
    const blobs = modifier === '+' ? this.#after : this.#before;
    blobs.add(`tree ${tree}`);
    for await (const entry of walkTree(this.#vault, tree, { path, signal: this.#options.signal })) {
      this.#count(modifier, entry.node, entry.path);
      if (entry.node.subtree !== undefined) blobs.add(`tree ${entry.node.subtree}`);
    }
  }

  #count(modifier: '+' | '-', node: Node, path: string): void {
    const tally = modifier === '+' ? this.#comparison.added : this.#comparison.removed;
    if (node.type === 'file') tally.files++;
    else if (node.type === 'dir') tally.dirs++;
    else tally.others++;
    addContent(modifier === '+' ? this.#after : this.#before, node);
    this.#options.onChange({ modifier, path: shown(node, path) });
  }

  /** Blobs that both sides have are neither added nor removed, wherever they are used. */
  async result(): Promise<Comparison> {
    await this.#weigh(this.#after.difference(this.#before), this.#comparison.added);
    await this.#weigh(this.#before.difference(this.#after), this.#comparison.removed);
    return this.#comparison;
  }

  async #weigh(blobs: BlobSet, tally: Tally): Promise<void> {
    for (const blob of blobs) {
      const [kind, id] = blob.split(' ') as [BlobKind, BlobId];
      if (kind === 'data') tally.dataBlobs++;
      else tally.treeBlobs++;
      tally.bytes += await sizeIfKnown(this.#vault, kind, id);
    }
  }
}

function emptyTally(): Tally {
  return { files: 0, dirs: 0, others: 0, dataBlobs: 0, treeBlobs: 0, bytes: 0 };
}

/** Nodes of the same name together; both lists are sorted by name. */
function* paired({ nodes: left }: Tree, { nodes: right }: Tree): Generator<[Node | undefined, Node | undefined]> {
  let i = 0;
  let j = 0;
  while (i < left.length || j < right.length) {
    const one = left[i];
    const other = right[j];
    const takesOne = one !== undefined && (other === undefined || one.name <= other.name);
    const takesOther = other !== undefined && (one === undefined || other.name <= one.name);
    yield [takesOne ? one : undefined, takesOther ? other : undefined];
    if (takesOne) i++;
    if (takesOther) j++;
  }
}

function addContent(blobs: BlobSet, { content = [] }: Node): void {
  for (const id of content) blobs.add(`data ${id}`);
}

function shown({ type }: Node, path: string): string {
  return type === 'dir' ? `${path}/` : path;
}

/** A damaged vault can be compared too. */
async function sizeIfKnown(vault: Vault, kind: BlobKind, id: BlobId): Promise<number> {
  try {
    return await blobSize(vault, kind, id);
  } catch (error) {
    if (hasCode(error, 'blob-missing')) return 0;
    throw error;
  }
}
