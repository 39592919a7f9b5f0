/** A runbook that restores a node of a cluster: gates, then ordered steps. */
import type { cib } from '../../cluster.ts';

/** Something that must hold before anything is done. */
export interface Gate {
  isMet: boolean;
  /** Whether a reason can take its place. */
  isOverridable: boolean;
  text: string;
  /** What to do when it is not met. */
  hint: string;
}

/** A file as it is to be on the node. */
export interface WantedFile {
  path: string;
  content: Uint8Array;
  mode: number;
  user: string;
  group: string;
  uid: number;
  gid: number;
  /** `the backup`, or the name of the living peer. */
  from: string;
  /** What is there now. */
  now: 'absent' | 'different' | 'same';
}

export type RestoreChange =
  | { kind: 'files'; files: readonly WantedFile[] }
  /** The CIB on the node's disk goes to the folder of what was replaced. */
  | { kind: 'aside' }
  | { kind: 'start'; service: 'corosync' | 'pacemaker' | 'heartbeat'; daemon: string }
  /** `peer` sees the node online, and the node itself does; without a peer the node has elected itself. */
  | { kind: 'member'; peer: string | undefined }
  /** The configuration of the backup into a cluster that has none. */
  | { kind: 'replace'; wanted: cib.XmlDocument; isForced: boolean }
  /** Both have the same CIB. */
  | { kind: 'agree'; peer: string }
  | { kind: 'cleanup' };

export interface RestoreStep {
  text: string;
  /** As a command; for people. */
  command: string;
  /** What must hold right before. */
  check: string;
  /** What must hold after, and is looked at. */
  verify: string;
  change: RestoreChange;
  timeLimitMs: number;
}

export interface RestorePlan {
  cluster: string;
  /** As the record calls it. */
  node: string;
  /** As it calls itself in the cluster. */
  member: string;
  stack: 'pacemaker' | 'heartbeat';
  /** `join`: a peer lives and knows better than the backup. `found`: nobody does, and the backup is all there is. */
  mode: 'join' | 'found';
  /** The living peer whose word counts. */
  peer: string | undefined;
  gates: readonly Gate[];
  files: readonly WantedFile[];
  steps: readonly RestoreStep[];
  /** What a person should know. */
  notes: readonly string[];
  plannedMs: number;
}
