import { availableParallelism } from 'node:os';
import { type BackupEvent, type BackupOptions, type BackupResult, backup, backupStream } from '../backup.ts';
import { formatBytes } from '../base/bytes.ts';
import { AppError } from '../base/errors.ts';
import { systemIdentity } from '../host.ts';
import { blobs } from '../vault.ts';
import type { Context } from './context.ts';
import { LOCK_OPTIONS, openLocked } from './open.ts';
import { choice, flag, list, size, text, whole } from './options.ts';
import { packSizeOf } from './pack-size.ts';
import { SELECTION_OPTIONS, selectionOf, targetsOf } from './selection.ts';
import { defineCommand } from './spec.ts';
import { commandStream } from './stream.ts';
import { counted, printable } from './text.ts';

const OPTIONS = {
  ...SELECTION_OPTIONS,
  tag: list('tags', 'Tags for the snapshot, separated by commas'),
  host: text('name', 'Name of the host in the snapshot; this machine when not given', { short: 'H' }),
  time: text('time', 'Time of the snapshot, as 2026-11-21 22:00:00'),
  parent: text('snapshot', 'Compare with this snapshot instead of the newest of the same host and paths'),
  force: flag('Read every file again', { short: 'f' }),
  ignoreCtime: flag('Do not look at the change time when telling whether a file has changed'),
  ignoreInode: flag('Do not look at the inode number when telling whether a file has changed'),
  withAtime: flag('Record access times'),
  skipIfUnchanged: flag('Make no snapshot when nothing has changed'),
  dryRun: flag('Do all the work but store nothing', { short: 'n' }),
  stdin: flag('Back up standard input'),
  stdinFilename: text('name', 'Name of the file that standard input becomes; stdin when not given'),
  stdinFromCommand: flag('Back up the output of the command given after --; if it fails there is no snapshot'),
  compression: choice(blobs.COMPRESSIONS, 'How hard to compress', { fallback: 'auto' }),
  packSize: size('size', 'Size of pack files, 4M to 128M; 16M when not given'),
  threads: whole('n', 'Threads for the byte work; one for each core when not given', { min: 1 }),
  ...LOCK_OPTIONS,
} as const;

export const command = defineCommand({
  description:
    'Backs up files and directories as one snapshot. What has not changed since the newest snapshot of the same host and ' +
    'paths is not read again. Exit code 3 means that the snapshot is there but something could not be read.',
  examples: [
    { line: 'backup /etc /root', does: 'back up two directories' },
    { line: "backup --exclude '*.o' --one-file-system /", does: 'back up a head node without object files and mounts' },
    {
      line: 'backup --stdin-filename db.sql --stdin-from-command -- mysqldump --all-databases',
      does: 'back up a dump',
    },
  ],
  arguments: [{ usage: '[path...]', description: 'What to back up; after --stdin-from-command, the command' }],
  options: OPTIONS,
  async run(context, args, options) {
    const { output } = context;
    const common = {
      hostname: options.host ?? '',
      tags: options.tag.flatMap((tags) => tags.split(',')).filter((tag) => tag !== ''),
      timeMs: options.time === undefined ? context.clock.nowMs() : parseLocalTime(options.time),
      compression: options.compression,
      packBytesTarget: packSizeOf(options.packSize),
      dryRun: options.dryRun,
      programVersion: `holdfast ${context.version}`,
      clock: context.clock,
      identity: systemIdentity(),
    };
    const isStream = options.stdin || options.stdinFromCommand;
    const targets = isStream ? [] : await targetsOf(context, args, options);
    const selection = await selectionOf(context, options);
    await using opened = await openLocked(context, { lock: 'shared', needsIndex: true, ...options });
    const { vault, signal } = opened;
    const hostname = common.hostname || vault.hostname;
    using progress = output.progress();
    const onEvent = (event: BackupEvent): void => report(context, event, progress.update);
    const result = isStream
      ? await backupStream(vault, {
          ...common,
          hostname,
          signal,
          onEvent,
          filename: options.stdinFilename ?? 'stdin',
          stream: options.stdinFromCommand ? commandStream(args, signal) : refuseArguments(args, context.stdin),
        })
      : await backup(vault, {
          ...common,
          hostname,
          signal,
          onEvent,
          targets,
          workingDirectory: Buffer.from(process.cwd()).toString('latin1'),
          selection,
          parent: options.parent,
          force: options.force,
          ignoreCtime: options.ignoreCtime,
          ignoreInode: options.ignoreInode,
          withAtime: options.withAtime,
          skipIfUnchanged: options.skipIfUnchanged,
          threads: options.threads ?? availableParallelism(),
        } satisfies BackupOptions);
    progress.end();
    conclude(context, result, options.dryRun);
    return result.errors > 0 ? 'incomplete' : undefined;
  },
});

function report({ output }: Context, event: BackupEvent, update: (state: ProgressUpdate) => void): void {
  if (event.kind === 'problem') {
    const { path, message, harmless } = event.problem;
    const shown = Buffer.from(path, 'latin1').toString();
    if (harmless) output.detail(`${printable(shown)}: ${message}`, 0);
    else output.warn(`${shown}: ${message}`, { item: shown });
  } else if (event.kind === 'progress') {
    const { files, bytes, current, errors } = event;
    update({ filesDone: files, bytesDone: bytes, current: current === '' ? [] : [current], errors });
  } else if (event.snapshot !== undefined) {
    output.note(`Comparing with snapshot ${event.snapshot.id.slice(0, 8)}`);
  }
}

interface ProgressUpdate {
  filesDone: number;
  bytesDone: number;
  current: string[];
  errors: number;
}

function conclude({ output }: Context, result: BackupResult, dryRun: boolean): void {
  const { counts, dataAdded, dataAddedPacked, durationMs, snapshotId } = result;
  const files = counts.filesNew + counts.filesChanged + counts.filesUnmodified;
  const seconds = durationMs / 1000;
  output.note(
    `Files:       ${counts.filesNew} new, ${counts.filesChanged} changed, ${counts.filesUnmodified} unchanged`,
  );
  output.note(`Directories: ${counts.dirsNew} new, ${counts.dirsChanged} changed, ${counts.dirsUnmodified} unchanged`);
  const rate = formatBytes(Math.round(counts.bytes / Math.max(seconds, 0.001)));
  output.note(
    `Read:        ${counted(files, 'file')}, ${formatBytes(counts.bytes)} in ${seconds.toFixed(1)} s (${rate}/s)`,
  );
  output.note(`Added:       ${formatBytes(dataAdded)}, ${formatBytes(dataAddedPacked)} in the vault`);
  if (dryRun) output.line('Dry run: nothing was stored.');
  else if (snapshotId === undefined) output.line('Nothing has changed: no snapshot was made.');
  else output.line(`Snapshot ${snapshotId.slice(0, 8)} saved.`);
  output.summary({
    files_new: counts.filesNew,
    files_changed: counts.filesChanged,
    files_unmodified: counts.filesUnmodified,
    dirs_new: counts.dirsNew,
    dirs_changed: counts.dirsChanged,
    dirs_unmodified: counts.dirsUnmodified,
    data_blobs: result.dataBlobs,
    tree_blobs: result.treeBlobs,
    data_added: dataAdded,
    data_added_packed: dataAddedPacked,
    total_files_processed: files,
    total_bytes_processed: counts.bytes,
    total_duration: seconds,
    errors: result.errors,
    dry_run: dryRun,
    ...(snapshotId === undefined ? {} : { snapshot_id: snapshotId }),
  });
}

/** `2026-11-21 22:00:00` in this machine's zone, or RFC 3339 with a zone. */
function parseLocalTime(given: string): number {
  const isLocal = /^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d$/.test(given);
  const ms = isLocal || /^\d{4}-\d\d-\d\dT.*(?:Z|[+-]\d\d:\d\d)$/.test(given) ? Date.parse(given) : Number.NaN;
  if (!Number.isNaN(ms)) return ms;
  throw new AppError('usage', { detail: `not a time: ${given}`, hint: 'Write times like "2026-11-21 22:00:00".' });
}

function refuseArguments(args: readonly string[], stdin: AsyncIterable<Uint8Array>): AsyncIterable<Uint8Array> {
  if (args.length === 0) return stdin;
  throw new AppError('usage', { detail: '--stdin takes no paths', hint: 'Give either --stdin or paths.' });
}
