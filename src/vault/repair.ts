/** Mending a vault: each repair is planned first, and the plan can be printed instead of being executed. */
export { executeRepairIndex, planRepairIndex, type RepairIndexResult } from './repair/index.ts';
export { executeRepairPacks, planRepairPacks } from './repair/packs.ts';
export { executeRepairSnapshots, planRepairSnapshots, type RepairSnapshotsPlan } from './repair/snapshots.ts';
export { unlock } from './unlock.ts';
