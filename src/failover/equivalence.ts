/** Whether a new cluster does what the old one did: both are given every fault, and what differs is named. */
export { compareImport, type Equivalence } from './equivalence/compare.ts';
export { type HeartbeatPair, playOrder } from './equivalence/heartbeat.ts';
