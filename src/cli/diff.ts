import { formatBytes } from '../base/bytes.ts';
import { AppError } from '../base/errors.ts';
import type { BlobId } from '../base/ids.ts';
import { browse, type Snapshot, type Vault } from '../vault.ts';
import { chooseInside, SNAPSHOT_ARGUMENT } from './choose.ts';
import { shortId } from './ids.ts';
import { listSnapshots } from './listed.ts';
import { pathFields } from './names.ts';
import { FILTER_OPTIONS, LOCK_OPTIONS, openLocked } from './open.ts';
import { flag } from './options.ts';
import type { Output } from './output.ts';
import { defineCommand } from './spec.ts';
import { pad, textOfName } from './text.ts';

const PATH_ARGUMENT = `${SNAPSHOT_ARGUMENT}; with :/path for a part of it`;
const MODIFIER_COLUMNS = 4;

export const command = defineCommand({
  description:
    'Shows what changed from one snapshot to another. A line begins with + for what was added, - for what was removed, ' +
    'M for a file with other content, T for another type, U for other metadata alone. With --json each is a line of ' +
    'type change, and the totals are a line of type statistics.',
  examples: [
    { line: 'diff 1a2b3c4d latest', does: 'see what changed since a snapshot' },
    { line: 'diff --metadata 1a2b3c4d:/etc latest:/etc', does: 'compare one directory, with modes, owners and times' },
  ],
  arguments: [
    { usage: '<before>', description: PATH_ARGUMENT },
    { usage: '<after>', description: PATH_ARGUMENT },
  ],
  options: { ...FILTER_OPTIONS, metadata: flag('Show changes in metadata as well'), ...LOCK_OPTIONS },
  async run(context, [from, to], options) {
    const { output } = context;
    await using opened = await openLocked(context, { lock: 'shared', ...options });
    const { vault, signal } = opened;
    const snapshots = await listSnapshots(context, opened);
    const [before, after] = [chooseInside(snapshots, from!, options), chooseInside(snapshots, to!, options)];
    output.note(`Comparing ${shortId(before.snapshot.id)} with ${shortId(after.snapshot.id)}\n`);
    const comparison = await browse.compareTrees(vault, {
      before: await treeOf(vault, before),
      after: await treeOf(vault, after),
      metadata: options.metadata,
      onChange: ({ modifier, path }) => {
        output.line(`${pad(modifier, MODIFIER_COLUMNS)} ${textOfName(path)}`);
        output.record('change', { ...pathFields(path), modifier });
      },
      signal,
    });
    show(output, comparison);
    const ids = { source_snapshot: before.snapshot.id, target_snapshot: after.snapshot.id };
    const totals = { ...ids, ...fieldsOf(comparison) };
    output.record('statistics', totals);
    output.summary(totals);
    return undefined;
  },
});

async function treeOf(vault: Vault, { snapshot, path }: { snapshot: Snapshot; path: string }): Promise<BlobId> {
  const tree = browse.treeOf(await browse.findPath(vault, { tree: snapshot.tree, path }));
  if (tree === undefined) throw new AppError('path-missing', { detail: `${path} is not a directory`, hint: '' });
  return tree;
}

function show(output: Output, { changedFiles, added, removed }: browse.Comparison): void {
  const row = (name: string, amount: (tally: browse.Tally) => number): string =>
    `${name.padEnd(12)} ${amount(added)} new, ${amount(removed)} removed`;
  output.note('');
  output.note(`${row('Files:', ({ files }) => files)}, ${changedFiles} changed`);
  output.note(row('Directories:', ({ dirs }) => dirs));
  output.note(row('Others:', ({ others }) => others));
  output.note(row('Data blobs:', ({ dataBlobs }) => dataBlobs));
  output.note(row('Tree blobs:', ({ treeBlobs }) => treeBlobs));
  output.note(`Added:       ${formatBytes(added.bytes)}`);
  output.note(`Removed:     ${formatBytes(removed.bytes)}`);
}

function fieldsOf({ changedFiles, added, removed }: browse.Comparison): Record<string, unknown> {
  const tally = ({ files, dirs, others, dataBlobs, treeBlobs, bytes }: browse.Tally): Record<string, number> => {
    return { files, dirs, others, data_blobs: dataBlobs, tree_blobs: treeBlobs, bytes };
  };
  return { changed_files: changedFiles, added: tally(added), removed: tally(removed) };
}
