/**
 * Which snapshots stay, and why. Everything here is pure: it plans from a list of snapshots or points, a policy and the
 * time, and removes nothing itself. `planForget` is for snapshots of anybody, by restic's rules; `planPoints` for the
 * points of one plan, by the ladder too. `judgeRun` says whether a run is unusual, `simulator` shows what a policy holds
 * over a year.
 */
export { judgeRun } from './retention/anomaly.ts';
export { parseDuration } from './retention/duration.ts';
export { type ForgetGroup, planForget } from './retention/forget.ts';
export {
  type GroupBy,
  groupSnapshots,
  parseGroupBy,
  parseTagSet,
  type SnapshotFilter,
} from './retention/group.ts';
export type { Point } from './retention/ladder.ts';
export type { PointPlan, PointPolicy } from './retention/point-policy.ts';
export { planPoints } from './retention/points.ts';
export { isEmptyPolicy } from './retention/policy.ts';
export { type RetentionPolicy, UNLIMITED } from './retention/rules.ts';
export * as simulator from './retention/simulator.ts';
