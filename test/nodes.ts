/** Nodes of trees for tests. */
import type { Node } from '../src/vault/model.ts';

/** An empty file of root's from 1970, but for what is given. */
export function plainNode(given: Partial<Node> = {}): Node {
  return {
    name: 'name',
    type: 'file',
    mode: 0o644,
    mtimeNs: 0n,
    atimeNs: 0n,
    ctimeNs: 0n,
    uid: 0,
    gid: 0,
    user: '',
    group: '',
    inode: 0n,
    deviceId: 0n,
    size: 0,
    links: 1,
    linkTarget: '',
    extendedAttributes: [],
    device: 0n,
    content: undefined,
    subtree: undefined,
    error: '',
    genericAttributes: '',
    ...given,
  };
}
