import type { BlobId } from '../base/ids.ts';
import { BLOBS_AHEAD_MAX } from '../base/limits.ts';
import { ordered } from '../base/ordered.ts';
import { browse, type Node, type Vault } from '../vault.ts';
import { type ArchiveEntry, keepsType, LinkBook } from './entry.ts';
import { tarOf } from './tar.ts';
import { deflated, zipOf } from './zip.ts';

export type ArchiveFormat = 'tar' | 'zip';

export const ARCHIVE_FORMATS: readonly ArchiveFormat[] = ['tar', 'zip'];

export interface ArchiveOptions {
  format: ArchiveFormat;
  /** Where in the snapshot: a directory or its root; what is in it appears under its whole path. */
  start: browse.Found;
  /** Hears the raw path of what this form of archive cannot hold. */
  onLeftOut: (path: string, node: Node) => void;
  signal?: AbortSignal | undefined;
}

/** What comes one after the other: an entry, then the parts of its content. */
export type Item = { kind: 'entry'; entry: ArchiveEntry } | { kind: 'blob'; id: BlobId };

/**
 * The bytes of an archive of everything in `start`, and of the directory itself. Blobs are loaded ahead, in parallel.
 * @throws {AppError} as `Vault.loadTree` and `Vault.loadBlob`
 */
export async function* archiveOf(vault: Vault, options: ArchiveOptions): AsyncGenerator<Uint8Array, void> {
  const { format, signal } = options;
  const items = itemsOf(vault, options);
  const load = (id: BlobId, inner: AbortSignal): Promise<Uint8Array> => vault.loadBlob('data', id, inner);
  const ahead = { width: BLOBS_AHEAD_MAX, signal };
  if (format === 'tar') {
    const parts = ordered(items, ahead, async (item, inner) =>
      item.kind === 'entry' ? item : { kind: 'content' as const, bytes: await load(item.id, inner) },
    );
    yield* tarOf(parts);
  } else {
    const parts = ordered(items, ahead, async (item, inner) =>
      item.kind === 'entry' ? item : await deflated(await load(item.id, inner)),
    );
    yield* zipOf(parts);
  }
}

async function* itemsOf(vault: Vault, options: ArchiveOptions): AsyncGenerator<Item, void> {
  const links = options.format === 'tar' ? new LinkBook() : undefined;
  for await (const { path, node } of entriesOf(vault, options)) {
    if (!keepsType(options.format, node.type)) {
      options.onLeftOut(path, node);
      continue;
    }
    const name = path.slice(1);
    const linkTo = links?.firstName(node, name);
    const content = node.type === 'file' && linkTo === undefined ? (node.content ?? []) : [];
    yield { kind: 'entry', entry: { path: name, node, linkTo, size: await sizeOf(vault, content) } };
    for (const id of content) yield { kind: 'blob', id };
  }
}

async function* entriesOf(vault: Vault, { start, signal }: ArchiveOptions): AsyncGenerator<browse.WalkEntry, void> {
  if (start.kind === 'entry') yield start;
  const tree = browse.treeOf(start);
  if (tree !== undefined) yield* browse.walkTree(vault, tree, { path: browse.pathOf(start), signal });
}

/** Bytes that the blobs hold together: what an archive says beforehand must be what comes. */
async function sizeOf(vault: Vault, content: readonly BlobId[]): Promise<number> {
  let size = 0;
  for (const id of content) size += await browse.blobSize(vault, 'data', id);
  return size;
}
