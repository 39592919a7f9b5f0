/** Fencing of a running Pacemaker cluster: devices, what their agents tell, orders to the fencer, and the pause that ends by itself. */
export {
  agentMetadata,
  askAgent,
  confirmOff,
  fencingHistory,
  queryCib,
  rebootNode,
  recordOn,
  registeredDevices,
  type Tried,
  unlessUnreached,
} from './fencing/ask.ts';
export { fencingOf } from './fencing/devices.ts';
export {
  fencingSetting,
  pauseEdits,
  recheckOf,
  resumeEdits,
  type Setting,
} from './fencing/lease.ts';
export type { DeviceParam, Fencing, FencingDevice } from './fencing/model.ts';
export { patchCib } from './fencing/patch.ts';
export { dateOn, quorumOf, type Votes } from './fencing/quorum.ts';
export { lostWithout } from './fencing/survive.ts';
