import { formatBytes } from '../base/bytes.ts';
import { groupSnapshots, parseGroupBy } from '../retention.ts';
import type { Snapshot } from '../vault.ts';
import { chooseSnapshots, SNAPSHOT_ARGUMENT } from './choose.ts';
import type { Column } from './columns.ts';
import { shortId } from './ids.ts';
import { listSnapshots } from './listed.ts';
import { snapshotFields } from './names.ts';
import { FILTER_OPTIONS, LOCK_OPTIONS, openLocked } from './open.ts';
import { flag, text, whole } from './options.ts';
import type { Output } from './output.ts';
import { defineCommand } from './spec.ts';
import { counted } from './text.ts';
import { formatTime } from './time.ts';

type Group = ReturnType<typeof groupSnapshots<Snapshot>>[number];

export const command = defineCommand({
  description:
    'Lists the snapshots of a vault, the newest last. With --json each is one line of type snapshot, with the fields of ' +
    'its document, id and short_id, and with --group-by also group_key.',
  examples: [
    { line: 'snapshots', does: 'list all snapshots' },
    { line: 'snapshots --host node7 --tag nightly --latest 3', does: 'the last three nightly ones of a host' },
    { line: 'snapshots --group-by host,paths', does: 'one table for each host and set of paths' },
  ],
  arguments: [{ usage: '[snapshot...]', description: SNAPSHOT_ARGUMENT }],
  options: {
    ...FILTER_OPTIONS,
    latest: whole('n', 'Only the newest n of each host and set of paths', { min: 1 }),
    groupBy: text('keys', 'Group by host, paths or tags, separated by commas', { short: 'g' }),
    compact: flag('Leave out paths and size'),
    ...LOCK_OPTIONS,
  },
  async run(context, ids, options) {
    const { output } = context;
    const groupBy = options.groupBy === undefined ? undefined : parseGroupBy(options.groupBy);
    await using opened = await openLocked(context, { lock: 'shared', ...options });
    const all = await listSnapshots(context, opened);
    const chosen = newest(chooseSnapshots(all, ids, options), options.latest);
    if (groupBy === undefined) show(output, chosen, options.compact);
    else for (const group of groupSnapshots(chosen, groupBy)) showGroup(output, group, options.compact);
    output.summary({ snapshots: chosen.length });
    return output.warnings > 0 ? 'incomplete' : undefined;
  },
});

/** The last `count` of each host and set of paths; the order stays. */
function newest(snapshots: readonly Snapshot[], count: number | undefined): readonly Snapshot[] {
  if (count === undefined) return snapshots;
  const groups = groupSnapshots(snapshots, { host: true, paths: true, tags: false });
  const kept = new Set(groups.flatMap((group) => group.snapshots.slice(-count)));
  return snapshots.filter((snapshot) => kept.has(snapshot));
}

function showGroup(output: Output, group: Group, isCompact: boolean): void {
  const { host, paths, tags, snapshots } = group;
  const key = { hostname: host ?? '', paths: paths ?? null, tags: tags ?? null };
  const parts = [
    ...(host === undefined ? [] : [`host ${host}`]),
    ...(paths === undefined ? [] : [`paths ${paths.join(', ')}`]),
    ...(tags === undefined ? [] : [`tags ${tags.join(', ') || 'none'}`]),
  ];
  output.line(`Snapshots of ${parts.join(', ') || 'all'}`);
  show(output, snapshots, isCompact, { group_key: key });
  output.line();
}

function show(output: Output, snapshots: readonly Snapshot[], isCompact: boolean, more: object = {}): void {
  for (const snapshot of snapshots) output.record('snapshot', { ...snapshotFields(snapshot), ...more });
  const hasSizes = !isCompact && snapshots.some(({ summary }) => summary !== undefined);
  const columns: Column[] = [
    { title: 'ID' },
    { title: 'Time' },
    { title: 'Host', flexible: 'start' },
    { title: 'Tags', flexible: 'start' },
    ...(isCompact ? [] : [{ title: 'Paths', flexible: 'end' } as const]),
    ...(hasSizes ? [{ title: 'Size', align: 'right' } as const] : []),
  ];
  if (snapshots.length > 0)
    output.table(
      columns,
      snapshots.flatMap((each) => rowsOf(each, { isCompact, hasSizes })),
    );
  output.line(counted(snapshots.length, 'snapshot'));
}

/** A row, and one more for each further path. */
function rowsOf(snapshot: Snapshot, { isCompact, hasSizes }: { isCompact: boolean; hasSizes: boolean }): string[][] {
  const { id, timeMs, hostname, tags, paths, summary } = snapshot;
  const head = [shortId(id), formatTime(timeMs), hostname, tags.join(',')];
  if (isCompact) return [head];
  const size = summary === undefined ? '' : formatBytes(summary.totalBytesProcessed);
  const sizes = (text: string): string[] => (hasSizes ? [text] : []);
  const [first = '', ...others] = paths;
  return [[...head, first, ...sizes(size)], ...others.map((path) => ['', '', '', '', path, ...sizes('')])];
}
