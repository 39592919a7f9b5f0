import { ARCHIVE_FORMATS, archiveOf } from '../archive.ts';
import { AppError } from '../base/errors.ts';
import type { BlobId } from '../base/ids.ts';
import { browse, type Vault } from '../vault.ts';
import { chooseInside, SNAPSHOT_ARGUMENT } from './choose.ts';
import type { Context } from './context.ts';
import { listSnapshots } from './listed.ts';
import { FILTER_OPTIONS, LOCK_OPTIONS, openLocked } from './open.ts';
import { choice, text } from './options.ts';
import { defineCommand } from './spec.ts';
import { writeTarget } from './target-file.ts';
import { textOfName } from './text.ts';

export const command = defineCommand({
  description:
    'Writes a file of a snapshot to standard output, or a folder as an archive: a tar with owners, modes, times to the ' +
    'nanosecond, hard links, devices, extended attributes and access lists, or a zip with content, modes and symlinks. ' +
    'Every blob is checked before it is written. Exit code 3 means that the archive cannot hold something.',
  examples: [
    { line: 'dump latest /etc/fstab', does: 'show a file' },
    { line: 'dump latest /etc | tar -x --xattrs -C /tmp/restored', does: 'unpack a folder somewhere else' },
    { line: 'dump --archive zip --target home.zip latest /home', does: 'make a zip of a folder' },
  ],
  arguments: [
    { usage: '<snapshot>', description: `${SNAPSHOT_ARGUMENT}; with :/path for a part of it` },
    { usage: '<path>', description: 'File or folder in it; / for everything' },
  ],
  options: {
    ...FILTER_OPTIONS,
    archive: choice(ARCHIVE_FORMATS, 'Form of archive for folders', {
      short: 'a',
      fallback: 'tar',
      placeholder: 'format',
    }),
    target: text('file', 'Write to this file instead of standard output', { short: 't' }),
    ...LOCK_OPTIONS,
  },
  writesBytes: true,
  async run(context, [name, path], options) {
    await using opened = await openLocked(context, { lock: 'shared', ...options });
    const { vault, signal } = opened;
    const inside = chooseInside(await listSnapshots(context, opened), name!, options);
    const start = await find(vault, { tree: inside.snapshot.tree, path: inside.path }, path!);
    let leftOut = 0;
    const onLeftOut = (at: string, { type }: { type: string }): void => {
      leftOut++;
      context.output.warn(`${textOfName(at)}: a ${options.archive} cannot hold a ${type}; left out`);
    };
    const isFolder = browse.treeOf(start) !== undefined;
    const bytes = isFolder
      ? archiveOf(vault, { format: options.archive, start, onLeftOut, signal })
      : fileOf(vault, start, signal);
    const { target } = options;
    const written = await (target === undefined ? toOutput(context, bytes) : writeTarget(target, bytes));
    context.output.summary({ bytes: written, left_out: leftOut });
    return leftOut > 0 ? 'incomplete' : undefined;
  },
});

/** Finds `path` below the directory the snapshot was given with, if it was. */
async function find(vault: Vault, inside: { tree: BlobId; path: string }, path: string): Promise<browse.Found> {
  const tree = browse.treeOf(await browse.findPath(vault, inside));
  if (tree === undefined) throw new AppError('path-missing', { detail: `${inside.path} is not a directory`, hint: '' });
  return await browse.findPath(vault, { tree, path });
}

function fileOf(vault: Vault, found: browse.Found, signal: AbortSignal): AsyncIterable<Uint8Array> {
  if (found.kind === 'entry' && found.node.type === 'file') return browse.contentOf(vault, found.node, signal);
  const what = found.kind === 'entry' ? found.node.type : 'folder';
  throw new AppError('failed', {
    detail: `${textOfName(browse.pathOf(found))} is a ${what}; there is nothing to write`,
    hint: 'Dump the folder it is in, or use: holdfast restore',
  });
}

/** @returns the number of bytes. */
async function toOutput({ output }: Context, bytes: AsyncIterable<Uint8Array>): Promise<number> {
  let written = 0;
  for await (const chunk of bytes) {
    await output.bytes(chunk);
    written += chunk.length;
  }
  return written;
}
