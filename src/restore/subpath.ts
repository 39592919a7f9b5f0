/** The node a path leads to in a snapshot. */
import { AppError } from '../base/errors.ts';
import type { BlobId } from '../base/ids.ts';
import type { Node } from '../vault.ts';
import type { TreeLoader } from './trees.ts';

/**
 * @param path raw; slashes at the ends do not matter
 * @returns undefined for the root
 * @throws {AppError} `path-missing`, and what loading a tree throws
 */
export async function findNode(trees: TreeLoader, root: BlobId, path: string): Promise<Node | undefined> {
  let tree = root;
  let found: Node | undefined;
  const names = path.split('/').filter((name) => name !== '' && name !== '.');
  for (const [depth, name] of names.entries()) {
    const { nodes } = await trees.load(tree);
    found = nodes.find((node) => node.name === name);
    const isLast = depth === names.length - 1;
    if (found === undefined || (!isLast && found.subtree === undefined)) {
      throw new AppError('path-missing', { detail: Buffer.from(path, 'latin1').toString() });
    }
    if (!isLast) tree = found.subtree!;
  }
  return found;
}
