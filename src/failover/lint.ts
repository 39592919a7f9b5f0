/** What is wrong or unsafe in a configuration of Heartbeat or Pacemaker, with place, reason and remedy. */
export { lint } from './lint/checks.ts';
export { checkCib } from './lint/cib.ts';
export { type GatherRequest, gatherNode } from './lint/gather.ts';
export type { LintNode } from './lint/model.ts';
