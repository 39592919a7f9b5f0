import { createRestoreFilter, type RestoreFilter } from '../source.ts';
import { browse, type Node, type Snapshot, type Vault } from '../vault.ts';
import { chooseSnapshots } from './choose.ts';
import { findIds, ID_OPTIONS, wantsIds } from './find-ids.ts';
import { shortId } from './ids.ts';
import { listSnapshots } from './listed.ts';
import { longLine, nodeFields } from './names.ts';
import { FILTER_OPTIONS, LOCK_OPTIONS, openLocked } from './open.ts';
import { flag, list, type OptionValues, text } from './options.ts';
import type { Output } from './output.ts';
import { defineCommand } from './spec.ts';
import { textOfName } from './text.ts';
import { formatTime } from './time.ts';
import { parseWhen } from './when.ts';

const NS_PER_MS = 1_000_000n;

const OPTIONS = {
  ...FILTER_OPTIONS,
  snapshot: list('id', 'Only in this snapshot', { short: 's' }),
  ignoreCase: flag('Without regard to case', { short: 'i' }),
  oldest: text('time', 'Not modified before this time', { short: 'O' }),
  newest: text('time', 'Not modified after this time', { short: 'N' }),
  long: flag('Show mode, owner, group, size and time', { short: 'l' }),
  ...ID_OPTIONS,
  ...LOCK_OPTIONS,
} as const;

export const command = defineCommand({
  description:
    'Finds files and directories in all snapshots, or in those chosen, the newest first. A pattern is that of a name, or ' +
    'of a path; what is in a directory that matches is found too. With --blob, --tree or --pack the arguments are ids, ' +
    'and the answer is where those are used. With --json each snapshot is a line of type matches.',
  examples: [
    { line: 'find fstab', does: 'find a file in all snapshots' },
    { line: "find --long --oldest 2026-11-01 --host node7 '/var/log/*.log'", does: 'find recent logs of a host' },
    { line: 'find --blob 1a2b3c4d', does: 'see which files use a blob' },
  ],
  arguments: [{ usage: '<pattern...>', description: 'Patterns as for --exclude of backup, or ids' }],
  options: OPTIONS,
  async run(context, patterns, options) {
    const search = searchOf(patterns, options);
    await using opened = await openLocked(context, { lock: 'shared', ...options });
    const { vault, signal } = opened;
    const snapshots = chooseSnapshots(await listSnapshots(context, opened), options.snapshot, options).reverse();
    if (wantsIds(options)) return await findIds(context, { vault, snapshots, ids: patterns, options, signal });
    let hits = 0;
    for (const snapshot of snapshots) hits += await findIn(context.output, { vault, snapshot, search, signal });
    context.output.summary({ hits });
    return context.output.warnings > 0 ? 'incomplete' : undefined;
  },
});

interface Search {
  filter: RestoreFilter;
  fromMs: number;
  toMs: number;
  isLong: boolean;
}

function searchOf(patterns: readonly string[], options: OptionValues<typeof OPTIONS>): Search {
  const { ignoreCase, oldest, newest, long } = options;
  return {
    filter: createRestoreFilter(ignoreCase ? { iinclude: patterns } : { include: patterns }),
    fromMs: oldest === undefined ? Number.NEGATIVE_INFINITY : parseWhen(oldest),
    toMs: newest === undefined ? Number.POSITIVE_INFINITY : parseWhen(newest),
    isLong: long,
  };
}

interface Place {
  vault: Vault;
  snapshot: Snapshot;
  search: Search;
  signal: AbortSignal;
}

/** @returns how many there are. */
async function findIn(output: Output, { vault, snapshot, search, signal }: Place): Promise<number> {
  const { filter, isLong } = search;
  const matches: unknown[] = [];
  let hits = 0;
  const enter = ({ path }: browse.WalkEntry): boolean => filter.choose(path).mayHaveSelectedBelow;
  for await (const { path, node } of browse.walkTree(vault, snapshot.tree, { enter, signal })) {
    if (!filter.choose(path).selected || !isInTime(node, search)) continue;
    if (hits++ === 0) output.note(`In snapshot ${shortId(snapshot.id)} of ${formatTime(snapshot.timeMs)}`);
    output.line(isLong ? longLine(node, path) : textOfName(path));
    if (output.json) matches.push(nodeFields(node, path));
  }
  if (hits === 0) return 0;
  output.note('');
  output.record('matches', { matches, hits, snapshot: snapshot.id });
  return hits;
}

function isInTime({ mtimeNs }: Node, { fromMs, toMs }: Search): boolean {
  const mtimeMs = Number(mtimeNs / NS_PER_MS);
  return mtimeMs >= fromMs && mtimeMs <= toMs;
}
