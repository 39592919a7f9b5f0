/** What archives are made of. */
import type { Node, NodeType } from '../vault.ts';
import type { ArchiveFormat } from './archive.ts';

export interface ArchiveEntry {
  /** Raw path without a slash at either end. */
  path: string;
  node: Node;
  /** Raw path of an earlier entry that is the same file under another name. */
  linkTo: string | undefined;
  /** Bytes of content that follow. */
  size: number;
}

const TAR_TYPES: readonly NodeType[] = ['file', 'dir', 'symlink', 'dev', 'chardev', 'fifo'];
const ZIP_TYPES: readonly NodeType[] = ['file', 'dir', 'symlink'];

export function keepsType(format: ArchiveFormat, type: NodeType): boolean {
  return (format === 'tar' ? TAR_TYPES : ZIP_TYPES).includes(type);
}

/** Which files have been seen under another name. Remembers only those that have several. */
export class LinkBook {
  readonly #names = new Map<string, string>();

  /** The name under which this very file came before; otherwise notes this one. */
  firstName({ type, links, inode, deviceId, content }: Node, name: string): string | undefined {
    if (type !== 'file' || links < 2 || inode === 0n) return undefined;
    // Inode numbers are used again after a file is gone, and device numbers change: the content must agree as well.
    const key = `${deviceId} ${inode} ${content?.length} ${content?.[0]}`;
    const first = this.#names.get(key);
    if (first === undefined) this.#names.set(key, name);
    return first;
  }
}
