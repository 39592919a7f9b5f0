import { AppError } from '../base/errors.ts';
import type { Snapshot } from '../vault.ts';
import { type Moment, parseMoment } from './moment.ts';
import { type RetentionPolicy, rulesOf } from './rules.ts';

/** What the rules look at. */
export type DatedSnapshot = Pick<Snapshot, 'id' | 'time' | 'hostname' | 'paths' | 'tags'>;

export interface Kept<S extends DatedSnapshot = Snapshot> {
  snapshot: S;
  /** At least one, like `daily snapshot` or `within 7d`. */
  reasons: string[];
}

/** Both lists together hold every snapshot once, each from the newest to the oldest. */
export interface RetentionPlan<S extends DatedSnapshot = Snapshot> {
  keep: Kept<S>[];
  remove: S[];
}

/** True when the policy has no rule at all, and thus removes nothing unless it may remove all. */
export function isEmptyPolicy(policy: RetentionPolicy): boolean {
  return rulesOf(policy, undefined).length === 0;
}

/**
 * Says which snapshots of one group stay and why. Hours, days, weeks (ISO 8601), months and years are those of the clock
 * each snapshot was made by, as its time text tells. Snapshots of the same instant are ordered by id.
 * The rules are restic's (forget, 0.16 and later: the oldest snapshot stays as long as a count is not used up).
 * @param now milliseconds since 1970; snapshots after it do not count as the newest for spans
 * @throws {AppError} `refused` when rules are given and none of the snapshots would stay, unless the policy allows that
 */
export function planRetention<S extends DatedSnapshot>(
  snapshots: readonly S[],
  policy: RetentionPolicy,
  now: number,
): RetentionPlan<S> {
  const judged = judgeByRules(snapshots, policy, now);
  if (isEmptyPolicy(policy))
    return planWithoutRules(
      judged.map(({ item }) => item),
      policy,
    );
  const plan: RetentionPlan<S> = { keep: [], remove: [] };
  for (const { item: snapshot, reasons } of judged) {
    if (reasons.length > 0) plan.keep.push({ snapshot, reasons });
    else plan.remove.push(snapshot);
  }
  if (plan.keep.length === 0 && plan.remove.length > 0 && !policy.unsafeAllowRemoveAll) throw refusal(plan.remove);
  return plan;
}

/** Anything with a time of its own that rules can be asked about. */
export interface Dated {
  id: string;
  /** RFC 3339. */
  time: string;
  tags: readonly string[];
}

export interface Judged<D extends Dated> {
  item: D;
  moment: Moment;
  /** Of the rules that want it; empty when none does. */
  reasons: string[];
}

/** What each rule says of each item, from the newest to the oldest. @param now as for `planRetention` */
export function judgeByRules<D extends Dated>(items: readonly D[], policy: RetentionPolicy, now: number): Judged<D>[] {
  const entries = items.map((item) => ({ item, moment: parseMoment(item.time) })).sort(newestFirst);
  const rules = rulesOf(policy, latestUntil(entries, now));
  return entries.map(({ item, moment }, index) => {
    const candidate = { moment, tags: item.tags, isOldest: index === entries.length - 1 };
    const reasons = rules.map((rule) => rule(candidate)).filter((reason) => reason !== undefined);
    return { item, moment, reasons };
  });
}

interface Entry<D> {
  item: D;
  moment: Moment;
}

function newestFirst(a: Entry<Dated>, b: Entry<Dated>): number {
  if (a.moment.epochNs !== b.moment.epochNs) return a.moment.epochNs > b.moment.epochNs ? -1 : 1;
  return a.item.id < b.item.id ? -1 : a.item.id > b.item.id ? 1 : 0;
}

function latestUntil(entries: readonly Entry<unknown>[], now: number): Moment | undefined {
  const nowNs = BigInt(Math.round(now)) * 1_000_000n;
  return entries.find(({ moment }) => moment.epochNs < nowNs)?.moment;
}

function planWithoutRules<S extends DatedSnapshot>(snapshots: S[], policy: RetentionPolicy): RetentionPlan<S> {
  if (policy.unsafeAllowRemoveAll) return { keep: [], remove: snapshots };
  return { keep: snapshots.map((snapshot) => ({ snapshot, reasons: ['policy is empty'] })), remove: [] };
}

function refusal([newest, ...others]: DatedSnapshot[]): AppError {
  const detail = `the policy keeps none of ${others.length + 1} snapshots of ${newest!.hostname}:${newest!.paths.join(',')}`;
  return new AppError('refused', { detail, hint: 'Add a rule such as --keep-last 1, or --unsafe-allow-remove-all.' });
}
