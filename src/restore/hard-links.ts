/** Finds the names that were one file when the snapshot was made. */
import type { Node } from '../vault.ts';

export class HardLinks {
  readonly #firsts = new Map<string, { entry: number; node: Node }>();

  /**
   * The entry `node` is a further name of. Numbers of inodes are used again and file systems share them, so entries that
   * differ in what they hold are never taken for one.
   */
  findFirst(node: Node): number | undefined {
    if (node.links < 2) return undefined;
    const first = this.#firsts.get(keyOf(node));
    return first !== undefined && isSame(first.node, node) ? first.entry : undefined;
  }

  /** Takes note of an entry that may have further names. */
  add(node: Node, entry: number): void {
    if (node.links > 1) this.#firsts.set(keyOf(node), { entry, node });
  }
}

function keyOf({ inode, deviceId }: Node): string {
  return `${deviceId}:${inode}`;
}

function isSame(a: Node, b: Node): boolean {
  return (
    a.type === b.type &&
    a.mode === b.mode &&
    a.device === b.device &&
    a.linkTarget === b.linkTarget &&
    a.content?.length === b.content?.length &&
    (a.content ?? []).every((id, i) => id === b.content![i])
  );
}
