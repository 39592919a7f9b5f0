/** What restic forgets and keeps, and why, beside our plans for the same snapshots and the same policies. */
import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, suite, test } from 'node:test';
import { fileId } from '../../src/base/ids.ts';
import type { DatedSnapshot, Kept } from '../../src/retention/policy.ts';
import {
  type GroupBy,
  parseDuration,
  parseGroupBy,
  parseTagSet,
  planForget,
  type RetentionPolicy,
  type SnapshotFilter,
} from '../../src/retention.ts';
import { openQuickRestic, type QuickRestic, skipWithoutRestic } from './quick-restic.ts';

/** `DATE TIME ZONE HOST PATH TAGS`; restic reads the time by the clock of the zone it is told. */
const BACKUPS = [
  '2019-06-15 12:00:00 UTC web one -',
  '2020-02-29 12:00:00 UTC web one yearly',
  '2020-12-27 23:59:59 UTC web one -',
  '2020-12-28 00:00:00 UTC web one -',
  '2021-01-03 23:59:59 UTC web one keep',
  '2021-01-04 00:00:00 UTC web one -',
  '2021-02-28 12:00:01 UTC web one -',
  '2021-12-31 23:31:00 America/New_York web one -',
  '2022-01-01 00:30:00 UTC web one a',
  '2022-01-01 10:00:00 Asia/Kolkata web one a,b',
  '2022-01-31 12:00:00 UTC web one b',
  '2022-02-28 12:00:00 UTC web one -',
  '2022-03-01 12:00:00 UTC web one a,b,c',
  '2022-03-02 12:00:00 UTC web one -',
  '2022-03-03 12:00:00 UTC web one -',
  '2022-03-03 12:00:01 UTC web one -',
  '2022-03-27 01:30:00 Europe/Berlin web one -',
  '2022-03-27 03:30:00 Europe/Berlin web one -',
  '2022-03-30 22:00:00 UTC web one -',
  '2022-03-30 22:15:00 UTC web one -',
  '2022-03-30 23:10:00 UTC web one keep',
  '2022-03-31 00:05:00 UTC web one -',
  '2022-03-31 11:00:00 UTC web one -',
  '2022-03-31 11:59:59 UTC web one -',
  '2022-03-31 12:00:00 UTC web one -',
  '2022-03-28 12:00:00 UTC web two a',
  '2022-03-29 12:00:00 UTC web two a',
  '2022-03-30 12:00:00 UTC web two -',
  '2022-03-31 11:30:00 UTC web two b,a',
  '2022-03-29 09:00:00 Asia/Tokyo db one a',
  '2022-03-30 09:00:00 Asia/Tokyo db one -',
  '2022-03-31 00:30:00 Asia/Tokyo db one keep',
  '2022-03-31 08:59:59 Asia/Tokyo db one -',
  '2022-03-31 09:00:00 Asia/Tokyo db one a',
  '2036-01-01 00:00:00 UTC db two -',
  '2022-01-01 00:00:00 UTC db two keep',
];

/** Options of `restic forget`. */
const POLICIES = [
  '--keep-last 1',
  '--keep-last 7',
  '--keep-last 100',
  '--keep-hourly 3',
  '--keep-hourly 24',
  '--keep-daily 4',
  '--keep-daily 30',
  '--keep-weekly 3',
  '--keep-weekly 8',
  '--keep-monthly 2',
  '--keep-monthly 12',
  '--keep-yearly 1',
  '--keep-yearly 2',
  '--keep-yearly 10',
  '--keep-last 2 --keep-hourly 3 --keep-daily 4 --keep-weekly 3 --keep-monthly 2 --keep-yearly 2',
  '--keep-within 1d',
  '--keep-within 1m',
  '--keep-within 1y1m',
  '--keep-within 2y5m7d3h',
  '--keep-within 13h',
  '--keep-within-hourly 1d',
  '--keep-within-daily 1m',
  '--keep-within-weekly 3m',
  '--keep-within-monthly 1y',
  '--keep-within-yearly 10y',
  '--keep-within-daily 7d --keep-within-weekly 1m --keep-within-monthly 1y --keep-within-yearly 75y',
  '--keep-within 2d --keep-daily 3 --keep-tag keep',
  '--keep-tag keep',
  '--keep-tag a,b',
  '--keep-tag a --keep-tag b,c --keep-last 1',
  '--keep-tag= --keep-last 1',
  '--keep-tag ,a --keep-last 1',
  '--keep-tag a, --keep-last 1',
  '--keep-last 1 --group-by=',
  '--keep-last 2 --group-by host',
  '--keep-last 1 --group-by paths',
  '--keep-last 1 --group-by tags',
  '--keep-daily 2 --group-by host,tags',
  '--keep-daily 2 --group-by hosts,path,tag',
  '--keep-within 1m --group-by=',
  '--keep-last 1 --host db',
  '--keep-last 1 --host db --host nowhere --host web',
  '--keep-last 1 --tag a',
  '--keep-last 1 --tag a,b',
  '--keep-last 1 --tag a,b --tag keep',
  '--keep-last 1 --tag=',
  '--keep-last 1 --tag= --tag c',
  '--keep-last 1 --path ~/two',
  '--keep-last 1 --path ~/two --path ~/one',
];

interface ResticGroup {
  keep: ResticSnapshot[] | null;
  remove: ResticSnapshot[] | null;
  reasons: { snapshot: ResticSnapshot; matches: string[] }[] | null;
}

interface ResticSnapshot {
  id?: string;
  time: string;
  hostname: string;
  paths: string[];
  tags?: string[];
}

suite('retention beside restic', { skip: skipWithoutRestic }, () => {
  let restic: QuickRestic;
  let snapshots: DatedSnapshot[];
  before(async () => {
    restic = openQuickRestic();
    for (const line of BACKUPS) await makeSnapshot(restic, line);
    snapshots = await listSnapshots(restic);
    assert.equal(snapshots.length, BACKUPS.length);
  });
  after(() => restic[Symbol.dispose]());

  for (const policy of POLICIES)
    test(`the same plan for ${policy}`, async () => {
      const args = policy.split(' ').map((word) => word.replace('~', restic.directory));
      const theirs = await planOfRestic(restic, args);
      const ours = planForget(snapshots, { ...readOptions(args), now: Date.now() }).map(asOlderRestic);
      assert.deepEqual(ours.sort(compareText), theirs.sort(compareText));
    });
});

async function makeSnapshot(restic: QuickRestic, line: string): Promise<void> {
  const [date, time, zone, host, path, tags] = line.split(' ') as [string, string, string, string, string, string];
  const directory = join(restic.directory, path);
  mkdirSync(directory, { recursive: true });
  writeFileSync(join(directory, 'file'), path);
  const tagArgs = tags === '-' ? [] : ['--tag', tags];
  const args = ['backup', '-q', '--force', '--time', `${date} ${time}`, '--host', host, ...tagArgs, directory];
  const made = await restic.run(args, { TZ: zone });
  assert.equal(made.status, 0, made.stderr);
}

async function listSnapshots(restic: QuickRestic): Promise<DatedSnapshot[]> {
  const listed = await restic.run(['snapshots', '--no-lock', '--json']);
  assert.equal(listed.status, 0, listed.stderr);
  const found: ResticSnapshot[] = JSON.parse(listed.stdout);
  return found.map(({ id, time, hostname, paths, tags }) => ({
    id: fileId(id!),
    time,
    hostname,
    paths,
    tags: tags ?? [],
  }));
}

/** One line for each snapshot of a group, so that differences read well. */
async function planOfRestic(restic: QuickRestic, args: string[]): Promise<string[][]> {
  const done = await restic.run(['forget', '--no-lock', '--dry-run', '--json', ...args]);
  assert.equal(done.status, 0, done.stderr);
  if (done.stdout.trim() === '') return [];
  const groups: ResticGroup[] = JSON.parse(done.stdout);
  return groups.map(({ keep, remove, reasons }) => [
    ...(keep ?? []).map(({ id }, index) => `keep ${id} ${reasons![index]!.matches.join('; ')}`),
    ...(remove ?? []).map(({ id }) => `remove ${id}`),
  ]);
}

/** restic 0.14 does not know the rule that the oldest snapshot stays while a count is not used up. */
function asOlderRestic({ keep, remove }: { keep: Kept<DatedSnapshot>[]; remove: DatedSnapshot[] }): string[] {
  const known = keep.map(({ snapshot, reasons }) => ({
    snapshot,
    reasons: reasons.filter((reason) => !reason.startsWith('oldest ')),
  }));
  const kept = known.filter(({ reasons }) => reasons.length > 0);
  const dropped = known.filter(({ reasons }) => reasons.length === 0).map(({ snapshot }) => snapshot);
  return [
    ...kept.map(({ snapshot, reasons }) => `keep ${snapshot.id} ${reasons.join('; ')}`),
    ...[...remove, ...dropped].map(({ id }) => `remove ${id}`),
  ];
}

interface Options {
  policy: RetentionPolicy;
  groupBy?: GroupBy;
  filter: SnapshotFilter;
}

/** Reads the same options as restic does. Its 0.14 removes whole groups without asking. */
function readOptions(args: string[]): Options {
  const filter = { hosts: [] as string[], tags: [] as string[][], paths: [] as string[] };
  const tags: string[][] = [];
  let policy: RetentionPolicy = { tags, unsafeAllowRemoveAll: true };
  let groupBy: GroupBy | undefined;
  for (const [flag, value] of pairs(args)) {
    const rule = flag.replace(/^--keep-/, '').replace(/-(.)/g, (_, letter: string) => letter.toUpperCase());
    if (flag === '--host') filter.hosts.push(value);
    else if (flag === '--path') filter.paths.push(value);
    else if (flag === '--tag') filter.tags.push(parseTagSet(value));
    else if (flag === '--keep-tag') tags.push(parseTagSet(value));
    else if (flag === '--group-by') groupBy = parseGroupBy(value);
    else policy = { ...policy, [rule]: rule.startsWith('within') ? parseDuration(value) : Number(value) };
  }
  return groupBy === undefined ? { policy, filter } : { policy, filter, groupBy };
}

function pairs(args: string[]): [string, string][] {
  const words = args.flatMap((arg) => (arg.endsWith('=') ? [arg.slice(0, -1), ''] : [arg]));
  return words.flatMap((word, index) => (index % 2 === 0 ? [[word, words[index + 1]!] as [string, string]] : []));
}

function compareText(a: string[], b: string[]): number {
  return JSON.stringify(a) < JSON.stringify(b) ? -1 : 1;
}
