/** Which packs a tree needs. */
import type { BlobTable } from '../blob-table.ts';
import type { Marks } from '../marks.ts';
import type { Tree } from '../model.ts';

/** What one tree refers to, itself included, by numbers. */
export interface TreeUses {
  /** First copy of the tree. */
  tree: number;
  /** First copies of the trees of its directories. */
  subtrees: Uint32Array;
  /** Packs, each once: of the tree itself, and of the content of its files. */
  packs: Uint32Array;
  /** Why not all of it can be restored, one line; undefined when it can, as far as the index tells. */
  lack: string | undefined;
}

export class UseFinder {
  readonly #table: BlobTable;
  readonly #preferred: Marks;
  /** For each pack, by which call it was found last. */
  readonly #foundBy: Uint32Array;
  #calls = 0;
  #packs: number[] = [];

  /** Of several packs that have the same blob, one of `preferred` is taken, else the first; `packs` is their number. */
  constructor(table: BlobTable, preferred: Marks, packs: number) {
    this.#table = table;
    this.#preferred = preferred;
    this.#foundBy = new Uint32Array(packs);
  }

  /** `blob` is any copy of the tree. */
  usesOf(blob: number, tree: Tree | 'undecodable'): TreeUses {
    const table = this.#table;
    const first = table.find('tree', table.idBytesOf(blob));
    this.#calls++;
    this.#packs = [];
    this.#use(first);
    const subtrees: number[] = [];
    let missing = 0;
    for (const { type, content = [], subtree } of tree === 'undecodable' ? [] : tree.nodes) {
      if (type === 'file') for (const id of content) if (!this.#use(table.findHexAt('data', id, 0))) missing++;
      if (type !== 'dir' || subtree === undefined) continue;
      const below = table.findHexAt('tree', subtree, 0);
      if (below >= 0) subtrees.push(below);
      else missing++;
    }
    const lack = this.#lackOf(first, tree, missing);
    return { tree: first, subtrees: Uint32Array.from(subtrees), packs: Uint32Array.from(this.#packs), lack };
  }

  #lackOf(first: number, tree: Tree | 'undecodable', missing: number): string | undefined {
    const id = this.#table.idOf(first);
    if (tree === 'undecodable') return `tree ${id} cannot be decoded`;
    return missing === 0 ? undefined : `${missing} of the blobs that tree ${id} refers to are in no index`;
  }

  /** @returns false when there is no such blob */
  #use(first: number): boolean {
    if (first < 0) return false;
    const table = this.#table;
    let entry = first;
    while (entry >= 0 && !this.#preferred.has(table.packOf(entry))) entry = table.copyAfter(entry);
    const pack = table.packOf(entry < 0 ? first : entry);
    if (this.#foundBy[pack] === this.#calls) return true;
    this.#foundBy[pack] = this.#calls;
    this.#packs.push(pack);
    return true;
  }
}
