import { availableParallelism } from 'node:os';
import { formatBytes } from '../base/bytes.ts';
import { blobs, copySnapshots } from '../vault.ts';
import { chooseSnapshots, SNAPSHOT_ARGUMENT } from './choose.ts';
import { FROM_OPTIONS, openFrom } from './from.ts';
import { shortId } from './ids.ts';
import { listSnapshots } from './listed.ts';
import { FILTER_OPTIONS, LOCK_OPTIONS, openLocked } from './open.ts';
import { choice, flag, size, whole } from './options.ts';
import type { Output } from './output.ts';
import { packSizeOf } from './pack-size.ts';
import { defineCommand } from './spec.ts';
import { counted } from './text.ts';

type CopyResult = Awaited<ReturnType<typeof copySnapshots>>;

export const command = defineCommand({
  description:
    'Copies snapshots from another vault into this one. Every blob that is missing here is read there, checked, and ' +
    'sealed with the key of this vault. Snapshots that were copied before are passed by. Data is stored once only when ' +
    'both vaults cut files alike: create this one with init --copy-chunker-params.',
  examples: [
    { line: '-r /srv/second copy --from-vault /srv/first', does: 'copy all snapshots that are not there yet' },
    { line: '-r /srv/second copy --from-vault /srv/first --host node7 latest', does: 'copy the newest of a host' },
  ],
  arguments: [{ usage: '[snapshot...]', description: `${SNAPSHOT_ARGUMENT}; all when none is given` }],
  options: {
    ...FROM_OPTIONS,
    ...FILTER_OPTIONS,
    dryRun: flag('Show what would be copied, and store nothing', { short: 'n' }),
    compression: choice(blobs.COMPRESSIONS, 'How hard to compress', { fallback: 'auto' }),
    packSize: size('size', 'Size of pack files, 4M to 128M; 16M when not given'),
    threads: whole('n', 'Threads for the byte work; one for each core when not given', { min: 1 }),
    ...LOCK_OPTIONS,
  },
  async run(context, ids, options) {
    const { output } = context;
    const packBytesTarget = packSizeOf(options.packSize);
    await using source = await openFrom(context, options);
    await using opened = await openLocked(context, { lock: 'shared', ...options });
    const signal = AbortSignal.any([source.signal, opened.signal]);
    const [from, to] = [source.vault, opened.vault];
    const readable = await listSnapshots(context, source);
    const damaged = output.warnings;
    const snapshots = chooseSnapshots(readable, ids, options);
    if (from.config.chunkerPolynomial !== to.config.chunkerPolynomial)
      output.warn('the two vaults cut files differently: what both have of a file is stored twice');
    using progress = output.progress();
    const result = await copySnapshots({ from, to }, snapshots, {
      compression: options.compression,
      packBytesTarget,
      threads: options.threads ?? availableParallelism(),
      dryRun: options.dryRun,
      signal,
      onProgress: ({ bytes, bytesTotal }) => progress.update({ filesDone: 0, bytesDone: bytes, bytesTotal }),
    });
    progress.end();
    conclude(output, result, options.dryRun);
    return damaged > 0 ? 'incomplete' : undefined;
  },
});

function conclude(output: Output, result: CopyResult, dryRun: boolean): void {
  const { copied, skipped, blobs, plainBytes, packBytes } = result;
  for (const { source, id } of copied) {
    output.line(id === undefined ? `Would copy ${shortId(source)}` : `Copied ${shortId(source)} as ${shortId(id)}`);
    output.record('copied', { source_snapshot: source, ...(id === undefined ? {} : { snapshot: id }) });
  }
  for (const id of skipped) {
    output.note(`Snapshot ${shortId(id)} is there already`);
    output.record('skipped', { source_snapshot: id });
  }
  const amount = dryRun ? '' : `: ${formatBytes(plainBytes)}, ${formatBytes(packBytes)} in the vault`;
  output.note(`${counted(blobs, 'blob')} ${dryRun ? 'missing' : 'added'}${amount}`);
  output.summary({
    copied: copied.length,
    skipped: skipped.length,
    blobs,
    data_added: plainBytes,
    data_added_packed: packBytes,
    dry_run: dryRun,
  });
}
