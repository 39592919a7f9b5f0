/** Opens trees and follows what they refer to, one level at a time. */
import { type AppError, hasCode } from '../../base/errors.ts';
import type { BlobId } from '../../base/ids.ts';
import type { BlobReader } from '../blob-reader.ts';
import type { BlobTable } from '../blob-table.ts';
import type { Marks } from '../marks.ts';
import type { BlobKind, Node, Tree } from '../model.ts';
import { checkTree, decodeTree } from '../tree.ts';
import { errorFinding, type Finding, reasonOf } from './finding.ts';
import type { CheckDone, TreesJob } from './jobs.ts';
import type { TreeUses, UseFinder } from './tree-uses.ts';

export interface TreeScanParts {
  table: BlobTable;
  reader: BlobReader;
  /** Gets a mark for the first copy of every blob that a tree refers to. */
  used: Marks;
  /** When it is asked which packs trees use. */
  finder: UseFinder | undefined;
}

export class TreeScan {
  readonly #table: BlobTable;
  readonly #reader: BlobReader;
  readonly #used: Marks;
  readonly #finder: UseFinder | undefined;
  #findings: Finding[] = [];
  #subtrees: number[] = [];
  #uses: TreeUses[] = [];

  constructor({ table, reader, used, finder }: TreeScanParts) {
    this.#table = table;
    this.#reader = reader;
    this.#used = used;
    this.#finder = finder;
  }

  scan({ bytes, offset, blobs }: TreesJob): CheckDone {
    this.#findings = [];
    this.#subtrees = [];
    this.#uses = [];
    const unreadable: number[] = [];
    for (const blob of blobs) {
      const start = this.#table.offsetOf(blob) - offset;
      const tree = this.#open(blob, bytes.subarray(start, start + this.#table.lengthOf(blob)));
      if (tree === undefined) unreadable.push(blob);
      else this.#follow(blob, tree);
    }
    const subtrees = Uint32Array.from(this.#subtrees);
    return { findings: this.#findings, subtrees, unreadable: Uint32Array.from(unreadable), uses: this.#uses };
  }

  /** A tree that is authentic but cannot be decoded is no better in another copy. */
  #open(blob: number, sealed: Uint8Array): Tree | 'undecodable' | undefined {
    const id = this.#table.idOf(blob);
    const uncompressedLength = this.#table.uncompressedLengthOf(blob);
    try {
      return decodeTree(this.#reader.open(sealed, { id, uncompressedLength }));
    } catch (error) {
      if (hasCode(error, 'tree-invalid')) return this.#undecodable(id, error);
      if (hasCode(error, 'file-damaged')) return undefined;
      throw error;
    }
  }

  #undecodable(id: BlobId, error: AppError): 'undecodable' {
    this.#findings.push(errorFinding('tree-damaged', id, `tree ${id}: ${reasonOf(error)}`));
    return 'undecodable';
  }

  #follow(blob: number, tree: Tree | 'undecodable'): void {
    if (this.#finder !== undefined) this.#uses.push(this.#finder.usesOf(blob, tree));
    if (tree === 'undecodable') return;
    const id = this.#table.idOf(blob);
    for (const problem of checkTree(tree))
      this.#findings.push(errorFinding('tree-invalid', id, `tree ${id}: ${problem}`));
    for (const node of tree.nodes) {
      if (node.type === 'file' && node.content !== undefined) this.#useContent(id, node, node.content);
      if (node.type === 'dir' && node.subtree !== undefined) this.#useSubtree(id, node, node.subtree);
    }
  }

  #useContent(tree: BlobId, node: Node, content: readonly BlobId[]): void {
    const missing = content.filter((id) => this.#use('data', id) < 0);
    if (missing.length === 0) return;
    const text = `${missing.length} of the ${content.length} blobs of file ${shown(node)} in tree ${tree} are in no index`;
    this.#findings.push(errorFinding('blob-missing', missing[0]!, `${text}, first ${missing[0]}`));
  }

  #useSubtree(tree: BlobId, node: Node, id: BlobId): void {
    if (this.#use('tree', id) >= 0) return;
    const message = `tree ${id} of directory ${shown(node)} in tree ${tree} is in no index`;
    this.#findings.push(errorFinding('tree-missing', id, message));
  }

  /** @returns the number of the first copy, or -1 */
  #use(kind: BlobKind, id: BlobId): number {
    const blob = this.#table.findHexAt(kind, id, 0);
    if (blob >= 0 && this.#used.mark(blob) && kind === 'tree') this.#subtrees.push(blob);
    return blob;
  }
}

function shown(node: Node): string {
  return JSON.stringify(Buffer.from(node.name, 'latin1').toString());
}
