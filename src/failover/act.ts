/** Acting on a cluster: plans for what operators do, one executor that looks before and after each step, and its adapters. */
export type { ActingCluster } from './act/cluster.ts';
export { differencesOf } from './act/differences.ts';
export { type ActionEvent, type ActionResult, executeAction } from './act/execute.ts';
export { type HeartbeatSeats, livePair, readPair } from './act/live-heartbeat.ts';
export { livePacemaker, type PacemakerSeats, readSituation } from './act/live-pacemaker.ts';
export {
  type ActionPlan,
  type Situation,
  wordsOfCheck,
  wordsOfExpectation,
} from './act/model.ts';
export { type ApplyPlan, planApply, strangeness } from './act/plan-apply.ts';
export { planCleanup, planClear, planMove } from './act/plan-move.ts';
export { planFailback, planStandby, planTakeover, planUnstandby } from './act/plan-node.ts';
export { type Rehearsal, rehearse } from './act/rehearse.ts';
