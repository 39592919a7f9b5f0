/**
 * Restoring a node's cluster configuration from what `capture` has kept. A living peer knows better than any backup: its files
 * and its CIB count, and the backup brings only what is the node's own. Where nobody lives, the backup's CIB goes into an
 * empty cluster, and only when each peer is known not to run. A plan first, whose gates are all looked at; then steps, each
 * checked before and verified after; what an earlier run has done is not done again.
 */
export { executeRestore, type RestoreEvent } from './restore/execute.ts';
export type { Confirmation } from './restore/gates.ts';
export { VERIFIED_MIN } from './restore/gates.ts';
export { lookAt, type NodeLook } from './restore/look.ts';
export type { RestorePlan } from './restore/model.ts';
export { planRestore } from './restore/plan.ts';
export { openStored, type StoredConfiguration } from './restore/stored.ts';
export { keptIn } from './restore/target.ts';
