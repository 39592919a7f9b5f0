/** Folders made up around streams that have a path, beside the parent snapshot's folders of the same names. */
import { capture } from '../source.ts';
import { treeText } from '../vault.ts';
import type { Counts } from './jobs.ts';
import { type ParentTree, subtreeOf } from './parent.ts';
import { directoryNode, type EntryOrigin, type NamedNode, newsOf } from './stream-node.ts';

/** A stored stream: the raw names of the folders it lies in, outermost first, and its node. */
export interface PlacedNode {
  folders: readonly string[];
  node: NamedNode;
}

export interface StreamTreeParts {
  origin: EntryOrigin;
  loadParent(path: string, id: string): Promise<ParentTree>;
  storeTree(text: string): Promise<string>;
  /** Called for each file with what it counts as. */
  onFile(news: keyof Counts): void;
}

/** @returns the nodes of the folder `path`; trees of the folders in it are stored */
export async function joinStreams(
  placed: readonly PlacedNode[],
  parts: StreamTreeParts,
  { path, parent }: { path: string; parent: ParentTree },
): Promise<NamedNode[]> {
  const inFolders = Map.groupBy(
    placed.filter(({ folders }) => folders.length > 0),
    ({ folders }) => folders[0]!,
  );
  const nodes = placed.filter(({ folders }) => folders.length === 0).map(({ node }) => node);
  for (const node of nodes) parts.onFile(newsOf(node, nodeOf(parent, node.name)));
  for (const [name, inside] of inFolders) {
    const below = `${path === '/' ? '' : path}/${name}`;
    const tree = await parts.loadParent(below, subtreeOf(nodeOf(parent, name)));
    const inner = inside.map(({ folders, node }) => ({ folders: folders.slice(1), node }));
    const children = await joinStreams(inner, parts, { path: below, parent: tree });
    const text = treeText.TREE_HEAD + joined(children) + treeText.TREE_TAIL;
    nodes.push(directoryNode(name, await parts.storeTree(text), parts.origin));
  }
  return nodes;
}

/** In the order of a tree. */
export function joined(nodes: readonly NamedNode[]): string {
  return [...nodes]
    .sort((a, b) => capture.byBytes(a.name, b.name))
    .map(({ text }) => text)
    .join(',');
}

export function nodeOf(tree: ParentTree, name: string): string {
  const span = tree.find(name);
  return span === undefined ? '' : tree.text.slice(span.start, span.end);
}
