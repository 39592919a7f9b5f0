/** Makes trees whole again without what is lost: the listing stays, missing content is left out of it. */
import { hasCode } from '../../base/errors.ts';
import { type BlobId, hexAt, ID_BYTES } from '../../base/ids.ts';
import { codec } from '../../host.ts';
import type { BlobTable } from '../blob-table.ts';
import type { Node } from '../model.ts';
import { encodeNode } from '../node.ts';
import { decodeTree, encodeTree, splitTree } from '../tree.ts';
import type { Vault } from '../vault.ts';

export interface TreeRepairParts {
  vault: Vault;
  table: BlobTable;
  /** Whether a copy of a data blob is where the index says, as far as can be told without reading it. */
  isThere: (id: BlobId) => boolean;
  signal?: AbortSignal | undefined;
}

/** Bytes of a node as they stood, until the node is changed. */
interface Entry {
  node: Node;
  text: Buffer;
}

export class TreeRepair {
  /** Trees that have to be stored, by id. */
  readonly trees = new Map<BlobId, Uint8Array>();
  /** What was left out, one line each. */
  readonly losses: string[] = [];
  readonly #parts: TreeRepairParts;
  /** What became of each tree. */
  readonly #done = new Map<BlobId, BlobId | undefined>();
  #emptyTree: BlobId | undefined;

  constructor(parts: TreeRepairParts) {
    this.#parts = parts;
  }

  /** @returns the id of the tree without what is lost, the same when nothing is; undefined when it cannot be read. */
  async repair(id: BlobId, path = ''): Promise<BlobId | undefined> {
    if (this.#done.has(id)) return this.#done.get(id);
    this.#parts.signal?.throwIfAborted();
    const entries = await this.#load(id);
    const repaired = entries === undefined ? undefined : await this.#repairEntries(id, entries, path);
    this.#done.set(id, repaired);
    return repaired;
  }

  async #load(id: BlobId): Promise<Entry[] | undefined> {
    try {
      const bytes = Buffer.from(await this.#parts.vault.loadTreeText(id, this.#parts.signal));
      const spans = splitTree(bytes.toString('latin1'));
      const { nodes } = decodeTree(bytes);
      return nodes.map((node, i) => ({ node, text: bytes.subarray(spans[i]!.start, spans[i]!.end) }));
    } catch (error) {
      if (!hasCode(error, 'blob-missing', 'file-damaged', 'not-found', 'tree-invalid')) throw error;
      return undefined;
    }
  }

  async #repairEntries(id: BlobId, entries: readonly Entry[], path: string): Promise<BlobId> {
    const repaired: Entry[] = [];
    for (const entry of entries) {
      const node = await this.#repairNode(entry.node, `${path}/${Buffer.from(entry.node.name, 'latin1').toString()}`);
      repaired.push(node === entry.node ? entry : { node, text: Buffer.from(encodeNode(node)) });
    }
    const ordered = inOrder(repaired);
    const isSame = ordered.length === entries.length && ordered.every((entry, i) => entry === entries[i]);
    return isSame ? id : this.#store(joined(ordered));
  }

  async #repairNode(node: Node, path: string): Promise<Node> {
    if (node.type === 'file') return this.#repairFile(node, path);
    if (node.type === 'dir') return await this.#repairDirectory(node, path);
    const isRight = node.subtree === undefined && (node.content ?? []).length === 0;
    return isRight ? node : { ...node, subtree: undefined, content: undefined };
  }

  #repairFile(node: Node, path: string): Node {
    const { table, isThere } = this.#parts;
    const content = (node.content ?? []).filter(isThere);
    if (node.content !== undefined && content.length === node.content.length && node.subtree === undefined) return node;
    const lost = (node.content?.length ?? 0) - content.length;
    const size = content.reduce((sum, id) => sum + table.plainLengthOf(table.findHex('data', id)), 0);
    this.losses.push(`${path}: ${lost} of ${node.content?.length ?? 0} parts are lost, ${size} bytes are left`);
    return { ...node, content, size, subtree: undefined };
  }

  async #repairDirectory(node: Node, path: string): Promise<Node> {
    const subtree = node.subtree === undefined ? undefined : await this.repair(node.subtree, path);
    const content = node.content?.length ? undefined : node.content;
    if (subtree === undefined) {
      this.losses.push(`${path}: the content of this directory is lost`);
      this.#emptyTree ??= this.#store(encodeTree([]));
      return { ...node, content, subtree: this.#emptyTree };
    }
    return subtree === node.subtree && content === node.content ? node : { ...node, content, subtree };
  }

  #store(bytes: Uint8Array): BlobId {
    const digest = new Uint8Array(ID_BYTES);
    codec.sha256Into(bytes, digest);
    const id = hexAt(digest) as BlobId;
    this.trees.set(id, bytes);
    return id;
  }
}

/** By name, each once: of several with one name the first stays. */
function inOrder(entries: readonly Entry[]): Entry[] {
  const sorted = entries.toSorted((a, b) => (a.node.name < b.node.name ? -1 : a.node.name > b.node.name ? 1 : 0));
  return sorted.filter((entry, i) => i === 0 || sorted[i - 1]!.node.name !== entry.node.name);
}

function joined(entries: readonly Entry[]): Uint8Array {
  const parts = entries.flatMap(({ text }, i) => (i === 0 ? [text] : [Buffer.from(','), text]));
  return Buffer.concat([Buffer.from('{"nodes":['), ...parts, Buffer.from(']}\n')]);
}
