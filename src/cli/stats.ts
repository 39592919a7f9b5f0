import { formatBytes } from '../base/bytes.ts';
import { browse } from '../vault.ts';
import { chooseSnapshots, SNAPSHOT_ARGUMENT } from './choose.ts';
import { listSnapshots } from './listed.ts';
import { FILTER_OPTIONS, LOCK_OPTIONS, openLocked } from './open.ts';
import { choice } from './options.ts';
import type { Output } from './output.ts';
import { defineCommand } from './spec.ts';
import { formatCount } from './text.ts';

type Mode = (typeof browse.MEASURE_MODES)[number];

export const command = defineCommand({
  description:
    'Counts what snapshots hold. restore-size: what restoring each of them takes. files-by-contents: files that differ ' +
    'in content. blobs-per-file: the blobs of those, once for each path. raw-data: the blobs as they lie in the vault. ' +
    'With --json the last line has total_size, total_file_count, total_blob_count and snapshots_count.',
  examples: [
    { line: 'stats latest', does: 'see how much a restore of the newest snapshot writes' },
    { line: 'stats --mode raw-data', does: 'see how much all snapshots take in the vault' },
  ],
  arguments: [{ usage: '[snapshot...]', description: `${SNAPSHOT_ARGUMENT}; all when none is given` }],
  options: {
    ...FILTER_OPTIONS,
    mode: choice(browse.MEASURE_MODES, 'How to count', { fallback: 'restore-size' }),
    ...LOCK_OPTIONS,
  },
  async run(context, ids, options) {
    const { mode } = options;
    await using opened = await openLocked(context, { lock: 'shared', ...options });
    const { vault, signal } = opened;
    const snapshots = chooseSnapshots(await listSnapshots(context, opened), ids, options);
    show(context.output, await browse.measure(snapshots, { vault, mode, signal }), mode);
    return context.output.warnings > 0 ? 'incomplete' : undefined;
  },
});

function show(output: Output, total: browse.Measure, mode: Mode): void {
  const { snapshots, size, files, blobs, uncompressedSize } = total;
  const hasFiles = mode !== 'raw-data';
  const hasBlobs = mode === 'raw-data' || mode === 'blobs-per-file';
  const ratio = size === 0 ? 1 : uncompressedSize / size;
  output.line(`Counted by:  ${mode}`);
  output.line(`Snapshots:   ${formatCount(snapshots)}`);
  if (hasFiles) output.line(`Files:       ${formatCount(files)}`);
  if (hasBlobs) output.line(`Blobs:       ${formatCount(blobs)}`);
  output.line(`Size:        ${formatBytes(size)}`);
  if (mode === 'raw-data')
    output.line(`Before compression: ${formatBytes(uncompressedSize)} (${ratio.toFixed(2)} times)`);
  output.summary({
    mode,
    total_size: size,
    ...(mode === 'raw-data' ? { total_uncompressed_size: uncompressedSize, compression_ratio: ratio } : {}),
    total_file_count: hasFiles ? files : 0,
    ...(hasBlobs ? { total_blob_count: blobs } : {}),
    snapshots_count: snapshots,
  });
}
