/** What is wrong or unsafe in a Heartbeat configuration, with place, reason and remedy. */
export { lint } from './lint/checks.ts';
export { type GatherRequest, gatherNode } from './lint/gather.ts';
export type { LintNode } from './lint/model.ts';
