/** Replicas of block devices by DRBD, as its kernel module tells of them on one machine. */
export type { DrbdPeer, DrbdPeerVolume, DrbdResource } from './drbd/model.ts';
export { readDrbd } from './drbd/read.ts';
