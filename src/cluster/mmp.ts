/** Multiple-mount protection of ext4 and ldiskfs: reading it from the blocks themselves, and changing it safely. */
export type { MmpHost } from './mmp/device.ts';
export { executeMmp, type MmpStep } from './mmp/execute.ts';
export type { MmpReading, MmpState } from './mmp/model.ts';
export { type MmpAction, type MmpPlan, planMmp } from './mmp/plan.ts';
export { readMmp } from './mmp/read.ts';
export { usesOf } from './mmp/uses.ts';
export { mountWaitOf, stillnessOf, updateIntervalOf } from './mmp/wait.ts';
export { type Activity, type Watched, watchMmp } from './mmp/watch.ts';
