import { availableParallelism } from 'node:os';
import { formatBytes } from '../base/bytes.ts';
import { AppError } from '../base/errors.ts';
import { systemIdentity } from '../host.ts';
import {
  executeRestore,
  OVERWRITE_POLICIES,
  planRestore,
  type RestoreEvent,
  type RestoreOptions,
  type RestorePlan,
  type RestoreResult,
} from '../restore.ts';
import { type RestoreFilterOptions, toRaw } from '../source.ts';
import { chooseInside, SNAPSHOT_ARGUMENT } from './choose.ts';
import type { Context } from './context.ts';
import { listSnapshots } from './listed.ts';
import { pathFields } from './names.ts';
import { FILTER_OPTIONS, LOCK_OPTIONS, openLocked } from './open.ts';
import { choice, flag, list, type OptionValues, text, whole } from './options.ts';
import type { Progress } from './progress.ts';
import { showRestorePlan } from './restore-plan.ts';
import { contentOf } from './selection.ts';
import { defineCommand } from './spec.ts';
import { counted, formatCount, textOfName } from './text.ts';

const OPTIONS = {
  ...FILTER_OPTIONS,
  target: text('dir', 'Restore into this directory; / restores in place', { short: 't' }),
  include: list('pattern', 'Restore only what matches', { short: 'i' }),
  iinclude: list('pattern', 'As --include, without regard to case'),
  includeFile: list('file', 'Restore only what matches a pattern in this file'),
  iincludeFile: list('file', 'As --include-file, without regard to case'),
  exclude: list('pattern', 'Leave out what matches', { short: 'e' }),
  iexclude: list('pattern', 'As --exclude, without regard to case'),
  excludeFile: list('file', 'Leave out what matches a pattern in this file'),
  iexcludeFile: list('file', 'As --exclude-file, without regard to case'),
  overwrite: choice(OVERWRITE_POLICIES, 'What happens to files that are there', { fallback: 'always' }),
  delete: flag('Remove from restored directories what is not in the snapshot'),
  sparse: flag('Restore blocks of zeros as holes'),
  verify: flag('Read every restored file again and compare it with the snapshot'),
  dryRun: flag('Show what would be done and change nothing', { short: 'n' }),
  threads: whole('n', 'Threads for the byte work; one for each core when not given', { min: 1 }),
  ...LOCK_OPTIONS,
} as const;

type Values = OptionValues<typeof OPTIONS>;

export const command = defineCommand({
  description:
    'Restores a snapshot or a part of it: content, modes, owners, times to the nanosecond, links of both kinds, devices, ' +
    'extended attributes and access lists. Files that are right already are left alone; nothing outside the target is ' +
    'ever touched. No file keeps its name with only a part of its content: what cannot be finished becomes ' +
    'NAME.holdfast-incomplete. Exit code 3 means that something could not be restored; the lines above it say what.',
  examples: [
    { line: 'restore latest --target /tmp/restored', does: 'restore everything into a new directory' },
    { line: 'restore latest:/etc/ssh --target /etc/ssh --verify', does: 'put one directory back and prove it' },
    { line: 'restore latest --target / --include /etc/fstab', does: 'put one file back in place' },
    { line: 'restore 1a2b3c4d --target /srv --delete --dry-run', does: 'see what going back in time would change' },
  ],
  arguments: [{ usage: '<snapshot>', description: `${SNAPSHOT_ARGUMENT}; with :/path for a part of it` }],
  options: OPTIONS,
  async run(context, [name], options) {
    const { output, clock } = context;
    const target = targetOf(options);
    const filter = await filterOf(context, options);
    await using opened = await openLocked(context, { lock: 'shared', needsIndex: true, ...options });
    const { vault, signal } = opened;
    const startedMs = clock.monotonicMs();
    const { snapshot, path } = chooseInside(await listSnapshots(context, opened), name!, options);
    output.detail(`Snapshot ${snapshot.id.slice(0, 8)} of ${snapshot.paths.join(', ')}`);
    const plan = await planRestore(vault, { tree: snapshot.tree, subpath: path, filter, signal });
    if (options.dryRun) return showRestorePlan(context, plan, { target, isDeleting: options.delete });
    const identity = systemIdentity();
    using progress = output.progress();
    const result = await executeRestore(vault, plan, {
      target,
      overwrite: options.overwrite,
      delete: options.delete,
      sparse: options.sparse,
      verify: options.verify,
      listEntries: output.verbosity > 0 || output.json,
      uid: identity.uid,
      gid: identity.gid,
      umask: process.umask(),
      threads: options.threads ?? availableParallelism(),
      signal,
      onEvent: (event) => report(context, event, progress),
    } satisfies RestoreOptions);
    progress.end();
    conclude(context, plan, { result, verified: options.verify, seconds: (clock.monotonicMs() - startedMs) / 1000 });
    return result.errors > 0 ? 'incomplete' : undefined;
  },
});

function targetOf({ target }: Values): string {
  if (target !== undefined && target !== '') return toRaw(target);
  throw new AppError('usage', {
    detail: 'no place to restore to was given',
    hint: 'Give --target with a directory, or --target / to restore in place.',
  });
}

async function filterOf(context: Context, options: Values): Promise<RestoreFilterOptions> {
  const read = (names: readonly string[]): Promise<Uint8Array[]> =>
    Promise.all(names.map((file) => contentOf(context, file)));
  return {
    include: options.include,
    iinclude: options.iinclude,
    exclude: options.exclude,
    iexclude: options.iexclude,
    includeFiles: await read(options.includeFile),
    iincludeFiles: await read(options.iincludeFile),
    excludeFiles: await read(options.excludeFile),
    iexcludeFiles: await read(options.iexcludeFile),
    environment: context.environment,
  };
}

function report({ output }: Context, event: RestoreEvent, progress: Progress): void {
  if (event.kind === 'problem') {
    const { path, message } = event.problem;
    output.warn(`${textOfName(path)}: ${message}`, { item: pathFields(path).path });
  } else if (event.kind === 'entry') {
    output.detail(`${event.action.padEnd(9)} ${textOfName(event.path)}`);
    if (output.verbosity > 0) output.record('entry', { action: event.action, ...pathFields(event.path) });
  } else if (event.kind === 'progress') {
    const { kind: _kind, current, ...amounts } = event;
    progress.update({ ...amounts, current: current === '' ? [] : [textOfName(current)] });
  } else if (event.phase !== 'writing') {
    output.detail(event.phase === 'comparing' ? 'Comparing with what is there' : 'Reading everything again');
  }
}

interface Outcome {
  result: RestoreResult;
  verified: boolean;
  seconds: number;
}

function conclude({ output }: Context, { totals }: RestorePlan, { result, verified, seconds }: Outcome): void {
  const { restored, unchanged, skipped, deleted, bytesWritten, errors } = result;
  const rate = formatBytes(Math.round(bytesWritten / Math.max(seconds, 0.001)));
  const counts = [
    `${formatCount(restored)} restored`,
    `${formatCount(unchanged)} right already`,
    ...(skipped === 0 ? [] : [`${formatCount(skipped)} left as they were`]),
    ...(deleted === 0 ? [] : [`${formatCount(deleted)} removed`]),
  ];
  output.note(`Entries:  ${counts.join(', ')}, in ${counted(totals.directories, 'directory', 'directories')}`);
  output.note(`Written:  ${formatBytes(bytesWritten)} in ${seconds.toFixed(1)} s (${rate}/s)`);
  if (verified) output.note(`Verified: ${counted(result.verified, 'file')} read again and right`);
  output.line(
    errors === 0 ? 'Everything was restored.' : `Not everything could be restored: ${counted(errors, 'problem')}.`,
  );
  output.summary({
    total_files: totals.files,
    total_directories: totals.directories,
    total_others: totals.others,
    total_bytes: totals.bytes,
    restored,
    unchanged,
    skipped,
    deleted,
    bytes_written: bytesWritten,
    ...(verified ? { verified: result.verified } : {}),
    total_duration: seconds,
    errors,
  });
}
