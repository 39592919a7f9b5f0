/**
 * Fencing: what there is, whether each path works, the whole way proven by a shot, a pause that the cluster ends, and the word
 * of an operator that a node is off. Each action is a plan whose conditions are all examined first.
 */

export { type Condition, refuseUnless } from './fence/condition.ts';
export { executeConfirm, planConfirm } from './fence/confirm.ts';
export { planPaths, type TriedPath, tryPaths } from './fence/paths.ts';
export { executePause, executeResume, planPause, planResume } from './fence/pause.ts';
export { proofsOf, waysOf } from './fence/proofs.ts';
export { type FencingView, lastUseOf, readFencing } from './fence/read.ts';
export { executeShot, planShot, shotFacts } from './fence/shoot.ts';
export { tryCluster } from './fence/trial.ts';
