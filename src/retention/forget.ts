import { AppError } from '../base/errors.ts';
import type { Snapshot } from '../vault.ts';
import {
  type GroupBy,
  groupSnapshots,
  isEmptyFilter,
  type SnapshotFilter,
  type SnapshotGroup,
  selectSnapshots,
} from './group.ts';
import { type DatedSnapshot, isEmptyPolicy, planRetention, type RetentionPlan } from './policy.ts';
import type { RetentionPolicy } from './rules.ts';

export interface ForgetOptions {
  policy: RetentionPolicy;
  /** By host and paths when absent. */
  groupBy?: GroupBy;
  filter?: SnapshotFilter;
  /** Milliseconds since 1970. */
  now: number;
}

export type ForgetGroup<S extends DatedSnapshot = Snapshot> = Omit<SnapshotGroup<S>, 'snapshots'> & RetentionPlan<S>;

/**
 * Plans for every group of the snapshots the filter is about. Snapshots the filter passes over are in no group and stay.
 * @throws {AppError} `refused` when a group would lose all its snapshots and the policy does not allow that, or when
 *   an empty policy would remove everything without a filter to limit it
 */
export function planForget<S extends DatedSnapshot>(snapshots: readonly S[], options: ForgetOptions): ForgetGroup<S>[] {
  const { policy, now, filter = {}, groupBy = { host: true, paths: true, tags: false } } = options;
  if (policy.unsafeAllowRemoveAll && isEmptyPolicy(policy) && isEmptyFilter(filter))
    throw new AppError('refused', {
      detail: 'this would remove every snapshot of the vault',
      hint: 'Say which snapshots with --host, --tag or --path, or give a rule to keep some.',
    });
  return groupSnapshots(selectSnapshots(snapshots, filter), groupBy).map(({ snapshots: members, ...group }) => ({
    ...group,
    ...planRetention(members, policy, now),
  }));
}
