/**
 * The cluster: Pacemaker with Corosync, or Heartbeat. Its configuration files are read, changed and written without loss
 * (comments, order and what is not known stay); what it says of itself comes in one form, `state`, whichever of the two
 * answers; multiple-mount protection is read from the blocks themselves. Nothing here decides: that is `failover`.
 */
export * as cib from './cluster/cib.ts';
export * as corosync from './cluster/corosync.ts';
export * as drbd from './cluster/drbd.ts';
export * as fencing from './cluster/fencing.ts';
export type { Finding } from './cluster/finding.ts';
export * as heartbeat from './cluster/heartbeat.ts';
export * as heartbeatAct from './cluster/heartbeat-act.ts';
export * as live from './cluster/live.ts';
export * as mmp from './cluster/mmp.ts';
export * as pacemaker from './cluster/pacemaker.ts';
export * as pacemakerAct from './cluster/pacemaker-act.ts';
export type { Place, SyntaxProblem } from './cluster/place.ts';
export * as powerman from './cluster/powerman.ts';
export { hideSecrets } from './cluster/secret-text.ts';
export * as simulator from './cluster/simulator.ts';
export type * as state from './cluster/state.ts';
export * as stonith from './cluster/stonith.ts';
export { UNANSWERED, UNREACHED } from './cluster/unanswered.ts';
