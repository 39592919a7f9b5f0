/**
 * Which snapshots stay, and why. Everything here is pure: it plans from a list of snapshots, a policy and the time, and
 * removes nothing itself.
 */
export { parseDuration } from './retention/duration.ts';
export { type ForgetGroup, type ForgetOptions, planForget } from './retention/forget.ts';
export {
  type GroupBy,
  groupSnapshots,
  parseGroupBy,
  parseTagSet,
  type SnapshotFilter,
} from './retention/group.ts';
export { isEmptyPolicy, type Kept } from './retention/policy.ts';
export { type RetentionPolicy, UNLIMITED } from './retention/rules.ts';
