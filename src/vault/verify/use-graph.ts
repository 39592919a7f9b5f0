/**
 * Which trees refer to which, and to which packs, in flat arrays: 4 B for each blob of the vault, and for each tree about
 * 4 B for every directory and every pack in it. Snapshots share most of their trees, which are taken down once.
 */
import type { BlobTable } from '../blob-table.ts';
import type { TreeUses } from '../check/tree-uses.ts';
import { Marks } from '../marks.ts';

const WORDS_MIN = 1024;

export class UseGraph {
  /** Of each tree, by its blob number: where its record begins, plus 1; 0 when it has none. */
  readonly #records: Uint32Array;
  /** By which snapshot a tree was come upon last. */
  readonly #foundBy: Uint32Array;
  readonly #packs: number;
  /** Records: number of subtrees, the subtrees, number of packs, the packs. */
  #words = new Uint32Array(WORDS_MIN);
  #length = 0;
  #snapshots = 0;
  readonly #lacks = new Map<number, string>();

  constructor({ blobs, packs }: { blobs: number; packs: number }) {
    this.#records = new Uint32Array(blobs);
    this.#foundBy = new Uint32Array(blobs);
    this.#packs = packs;
  }

  add({ tree, subtrees, packs, lack }: TreeUses): void {
    this.#makeRoom(subtrees.length + packs.length + 2);
    this.#records[tree] = this.#length + 1;
    for (const list of [subtrees, packs]) {
      this.#words[this.#length++] = list.length;
      this.#words.set(list, this.#length);
      this.#length += list.length;
    }
    if (lack !== undefined) this.#lacks.set(tree, lack);
  }

  /** Marks of all packs that a tree and everything below it need. `lack` is the first thing that stands in the way. */
  below(root: number, table: BlobTable): { packs: Marks; lack: string | undefined } {
    this.#snapshots++;
    const packs = new Marks(this.#packs);
    let lack: string | undefined;
    const stack = [root];
    for (let tree = stack.pop(); tree !== undefined; tree = stack.pop()) {
      if (this.#foundBy[tree] === this.#snapshots) continue;
      this.#foundBy[tree] = this.#snapshots;
      const record = this.#records[tree]!;
      if (record === 0) {
        lack ??= `tree ${table.idOf(tree)} cannot be read`;
        packs.mark(table.packOf(tree));
        continue;
      }
      lack ??= this.#lacks.get(tree);
      this.#follow(record - 1, stack, packs);
    }
    return { packs, lack };
  }

  #follow(record: number, stack: number[], packs: Marks): void {
    const words = this.#words;
    const packsAt = record + 1 + words[record]!;
    for (let at = record + 1; at < packsAt; at++) stack.push(words[at]!);
    const end = packsAt + 1 + words[packsAt]!;
    for (let at = packsAt + 1; at < end; at++) packs.mark(words[at]!);
  }

  #makeRoom(words: number): void {
    if (this.#length + words <= this.#words.length) return;
    const grown = new Uint32Array(Math.max(this.#words.length * 2, this.#length + words));
    grown.set(this.#words);
    this.#words = grown;
  }
}
