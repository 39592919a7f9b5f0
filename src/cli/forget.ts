import { AppError } from '../base/errors.ts';
import type { SnapshotId } from '../base/ids.ts';
import {
  type ForgetGroup,
  isEmptyPolicy,
  parseDuration,
  parseGroupBy,
  planForget,
  type RetentionPolicy,
  UNLIMITED,
} from '../retention.ts';
import { prune, type Snapshot } from '../vault.ts';
import { chooseSnapshots, tagSetsOf } from './choose.ts';
import type { Context } from './context.ts';
import { forgetByPlan, type PlanRetention } from './forget-plan.ts';
import { shortId } from './ids.ts';
import { snapshotFields } from './names.ts';
import { FILTER_OPTIONS, LOCK_OPTIONS, lockWaitMs, openLocked } from './open.ts';
import { flag, list, type OptionValues, text } from './options.ts';
import { PRUNE_OPTIONS, prunePolicy, pruneVault } from './pruning.ts';
import { defineCommand } from './spec.ts';
import { counted } from './text.ts';
import { formatTime } from './time.ts';
import { withdrawProofs } from './withdraw-proofs.ts';

const KEEP_OPTIONS = {
  keepLast: text('n', 'Keep the newest n snapshots; here and below also: unlimited', { short: 'l' }),
  keepHourly: text('n', 'Keep the newest of each of the last n hours that have one'),
  keepDaily: text('n', 'Keep the newest of each of the last n days', { short: 'd' }),
  keepWeekly: text('n', 'Keep the newest of each of the last n weeks', { short: 'w' }),
  keepMonthly: text('n', 'Keep the newest of each of the last n months', { short: 'm' }),
  keepYearly: text('n', 'Keep the newest of each of the last n years', { short: 'y' }),
  keepWithin: text('duration', 'Keep all younger than this, counted back from the newest: 1y5m7d2h'),
  keepWithinHourly: text('duration', 'Keep the newest of each hour within this time'),
  keepWithinDaily: text('duration', 'Keep the newest of each day within this time'),
  keepWithinWeekly: text('duration', 'Keep the newest of each week within this time'),
  keepWithinMonthly: text('duration', 'Keep the newest of each month within this time'),
  keepWithinYearly: text('duration', 'Keep the newest of each year within this time'),
  keepTag: list('tags', 'Keep those with all of these tags, separated by commas'),
} as const;

const OPTIONS = {
  ...KEEP_OPTIONS,
  ...FILTER_OPTIONS,
  groupBy: text('keys', 'Apply the rules to each host, paths or tags by themselves; host,paths when not given', {
    short: 'g',
  }),
  plan: text('name', 'Apply the retention of this plan of the configuration to its points'),
  simulate: flag('With --plan: show a year of its retention as a calendar and do nothing'),
  unsafeAllowRemoveAll: flag('Allow rules that leave no snapshot of a group'),
  dryRun: flag('Show what would be removed and do nothing', { short: 'n' }),
  prune: flag('Remove what is no longer needed as well'),
  compact: flag('Leave out paths'),
  ...PRUNE_OPTIONS,
  ...LOCK_OPTIONS,
} as const;

type Values = OptionValues<typeof OPTIONS>;

export const command = defineCommand({
  description:
    'Removes snapshots: those named, or those that no --keep rule wants to stay. A snapshot stays when any rule wants it, ' +
    'and the table says which. What only removed snapshots needed goes with prune, or at once with --prune.',
  examples: [
    { line: 'forget --keep-daily 7 --keep-weekly 5 --keep-monthly 12 --dry-run', does: 'see what would stay, and why' },
    { line: 'forget --keep-within 30d --host node7 --prune', does: 'keep a month of one host and free the rest' },
    { line: 'forget 1a2b3c4d', does: 'remove one snapshot' },
    { line: 'forget --plan etc --dry-run', does: "see each point's level and the day it will go" },
    { line: 'forget --plan etc --simulate', does: 'see a year of the retention as a calendar' },
  ],
  arguments: [{ usage: '[snapshot...]', description: 'Snapshots to remove, whatever the rules' }],
  options: OPTIONS,
  async run(context, ids, options) {
    const { output } = context;
    const policy = policyOf(options);
    if (options.plan !== undefined || options.simulate) {
      await forgetByPlan(context, planRetentionOf(ids, policy, options));
      return undefined;
    }
    const groupBy = parseGroupBy(options.groupBy ?? 'host,paths');
    prunePolicy(options);
    refuseContradiction(ids, policy);
    await using opened = await openLocked(context, { lock: options.dryRun ? 'shared' : 'exclusive', ...options });
    const all = await opened.vault.listSnapshots(opened.signal);
    const filter = { hosts: options.host, tags: tagSetsOf(options.tag), paths: options.path };
    const groups = ids.length > 0 ? [] : planForget(all, { policy, groupBy, filter, now: context.clock.nowMs() });
    for (const group of groups) showGroup(context, group, options.compact);
    const remove = ids.length > 0 ? chooseSnapshots(all, ids, options) : groups.flatMap((group) => group.remove);
    if (ids.length > 0) showNamed(context, remove);
    const plan = { seen: all.map(({ id }) => id), remove: remove.map(({ id }) => id) };
    if (!options.dryRun) {
      await prune.executeForget(opened.vault, plan, opened.signal);
      await withdrawProofs(context, opened.vault.config.id, plan.remove);
    }
    output.line(conclusion(remove.length, options.dryRun));
    const without = new Set<SnapshotId>(plan.remove);
    const pruned =
      options.prune && remove.length > 0
        ? await pruneVault(context, opened, { options, dryRun: options.dryRun, without })
        : {};
    output.summary({ kept: all.length - remove.length, removed: remove.length, dry_run: options.dryRun, ...pruned });
    return undefined;
  },
});

/** @throws {AppError} `usage` when something else says as well what stays */
function planRetentionOf(ids: readonly string[], policy: RetentionPolicy, options: Values): PlanRetention {
  const { plan, dryRun, simulate, prune: isPruning, retryLock } = options;
  if (plan === undefined) throw new AppError('usage', { detail: '--simulate needs --plan' });
  if (ids.length > 0 || !isEmptyPolicy(policy) || isPruning) {
    const hint = 'The configuration says what stays; pruning is run --prune.';
    throw new AppError('usage', { detail: '--plan goes with neither snapshots, --keep rules nor --prune', hint });
  }
  return { plan, dryRun, simulate, waitMs: lockWaitMs(retryLock) };
}

/** @throws {AppError} `usage` */
function policyOf(options: Values): RetentionPolicy {
  const count = (given: string | undefined): number => (given === undefined ? 0 : readCount(given));
  const span = (given: string | undefined): ReturnType<typeof parseDuration> => parseDuration(given ?? '');
  return {
    last: count(options.keepLast),
    hourly: count(options.keepHourly),
    daily: count(options.keepDaily),
    weekly: count(options.keepWeekly),
    monthly: count(options.keepMonthly),
    yearly: count(options.keepYearly),
    within: span(options.keepWithin),
    withinHourly: span(options.keepWithinHourly),
    withinDaily: span(options.keepWithinDaily),
    withinWeekly: span(options.keepWithinWeekly),
    withinMonthly: span(options.keepWithinMonthly),
    withinYearly: span(options.keepWithinYearly),
    tags: tagSetsOf(options.keepTag),
    unsafeAllowRemoveAll: options.unsafeAllowRemoveAll,
  };
}

/** A whole number; `unlimited` or -1 for all. */
function readCount(given: string): number {
  if (given === 'unlimited' || given === '-1') return UNLIMITED;
  if (/^\d+$/.test(given) && Number.isSafeInteger(Number(given))) return Number(given);
  const hint = 'Give a whole number, or unlimited.';
  throw new AppError('usage', { detail: `not a number of snapshots to keep: ${given}`, hint });
}

function refuseContradiction(ids: readonly string[], policy: RetentionPolicy): void {
  const isEmpty = isEmptyPolicy(policy) && !policy.unsafeAllowRemoveAll;
  if (ids.length > 0 && !isEmpty)
    throw new AppError('usage', { detail: 'snapshots and rules are given both', hint: 'Give one or the other.' });
  if (ids.length === 0 && isEmpty)
    throw new AppError('usage', {
      detail: 'nothing says what to remove',
      hint: 'Name snapshots, or give --keep rules.',
    });
}

function showGroup({ output }: Context, { host, paths, tags, keep, remove }: ForgetGroup, isCompact: boolean): void {
  const parts = [
    ...(host === undefined ? [] : [`host ${host}`]),
    ...(paths === undefined ? [] : [`paths ${paths.join(', ')}`]),
    ...(tags === undefined ? [] : [`tags ${tags.join(', ') || 'none'}`]),
  ];
  output.line(`Snapshots of ${parts.join(', ') || 'all'}: ${keep.length} stay, ${remove.length} go`);
  const reasons = new Map(keep.map((kept) => [kept.snapshot.id, kept.reasons]));
  const members = [...keep.map(({ snapshot }) => snapshot), ...remove].sort((a, b) => a.timeMs - b.timeMs);
  output.table(
    [
      { title: '' },
      { title: 'ID' },
      { title: 'Time' },
      { title: 'Host', flexible: 'start' },
      { title: 'Tags', flexible: 'start' },
      { title: 'Reasons', flexible: 'start' },
      ...(isCompact ? [] : [{ title: 'Paths', flexible: 'end' } as const]),
    ],
    members.map((snapshot) => [
      reasons.has(snapshot.id) ? 'keep' : 'remove',
      ...cells(snapshot, reasons.get(snapshot.id) ?? []),
      ...(isCompact ? [] : [snapshot.paths.join(', ')]),
    ]),
  );
  output.line();
  output.record('group', {
    host: host ?? null,
    paths: paths ?? null,
    tags: tags ?? null,
    keep: keep.map((kept) => ({ ...snapshotFields(kept.snapshot), reasons: kept.reasons })),
    remove: remove.map(snapshotFields),
  });
}

function cells({ id, timeMs, hostname, tags }: Snapshot, reasons: readonly string[]): string[] {
  return [shortId(id), formatTime(timeMs), hostname, tags.join(','), reasons.join(', ')];
}

function showNamed({ output }: Context, snapshots: readonly Snapshot[]): void {
  for (const snapshot of snapshots) {
    output.line(`remove ${shortId(snapshot.id)} of ${formatTime(snapshot.timeMs)}, ${snapshot.hostname}`);
    output.record('remove', snapshotFields(snapshot));
  }
}

function conclusion(count: number, isDryRun: boolean): string {
  const what = counted(count, 'snapshot');
  return isDryRun ? `Dry run: ${what} would be removed.` : `Removed ${what}.`;
}
