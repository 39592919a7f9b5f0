/** Where blobs are used. */
import { type BlobId, isId } from '../base/ids.ts';
import type { BlobKind, Snapshot } from './model.ts';
import type { Vault } from './vault.ts';
import { walkTree } from './walk.ts';

export interface Use {
  kind: BlobKind;
  id: BlobId;
  /** Raw; `/` for the root tree. */
  path: string;
  /** The tree that refers to it; undefined for the root tree. */
  parent: BlobId | undefined;
}

export interface Wanted {
  /** Ids of trees and of data blobs, or starts of such. */
  trees: readonly string[];
  data: readonly string[];
}

/** Every use of the blobs in one snapshot. Trees that were found to hold nothing are passed by in further snapshots. */
export class Tracer {
  readonly #vault: Vault;
  readonly #trees: IdMatcher;
  readonly #data: IdMatcher;
  /** Below these trees none of the blobs is used. */
  readonly #barren = new Set<BlobId>();

  constructor(vault: Vault, wanted: Wanted) {
    this.#vault = vault;
    this.#trees = matcherOf(wanted.trees);
    this.#data = matcherOf(wanted.data);
  }

  async *usesIn({ tree }: Snapshot, signal?: AbortSignal): AsyncGenerator<Use, void> {
    if (this.#trees(tree)) yield { kind: 'tree', id: tree, path: '/', parent: undefined };
    /** The trees entered on the way to the entry, and how many uses there were when each was entered. */
    const entered: { id: BlobId; path: string; usesBefore: number }[] = [{ id: tree, path: '', usesBefore: 0 }];
    let uses = 0;
    const enter = ({ node }: { node: { subtree: BlobId | undefined } }): boolean =>
      node.subtree !== undefined && !this.#barren.has(node.subtree);
    for await (const { path, node, parent } of walkTree(this.#vault, tree, { enter, signal })) {
      this.#leave(entered, path, uses);
      const { subtree } = node;
      if (subtree !== undefined && this.#trees(subtree)) {
        uses++;
        yield { kind: 'tree', id: subtree, path, parent };
      }
      for (const id of new Set(node.content ?? [])) {
        if (!this.#data(id)) continue;
        uses++;
        yield { kind: 'data', id, path, parent };
      }
      if (subtree !== undefined && !this.#barren.has(subtree)) entered.push({ id: subtree, path, usesBefore: uses });
    }
    this.#leave(entered, undefined, uses);
  }

  /** Notes of each directory that the walk has left whether anything was in it. */
  #leave(entered: { id: BlobId; path: string; usesBefore: number }[], path: string | undefined, uses: number): void {
    for (let last = entered.at(-1); last !== undefined; last = entered.at(-1)) {
      if (path?.startsWith(`${last.path}/`) === true) return;
      if (last.usesBefore === uses) this.#barren.add(last.id);
      entered.pop();
    }
  }
}

type IdMatcher = (id: BlobId) => boolean;

/** A pack may bring a hundred thousand whole ids; starts of ids are typed by hand. */
function matcherOf(wanted: readonly string[]): IdMatcher {
  const whole = new Set(wanted.filter(isId));
  const starts = wanted.filter((id) => !isId(id));
  return (id) => whole.has(id) || starts.some((start) => id.startsWith(start));
}
