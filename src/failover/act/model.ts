/** What an action on a cluster is made of: steps with what must hold before, what is done, and what must hold after. */
import type { cib, heartbeatAct, pacemakerAct, state } from '../../cluster.ts';

export type ActionName =
  | 'takeover'
  | 'standby'
  | 'unstandby'
  | 'move'
  | 'clear'
  | 'failback'
  | 'cleanup'
  | 'apply'
  | 'rollback';

/** What is known of a cluster when something is planned or checked. */
export interface Situation {
  state: state.ClusterState;
  /** The configuration of a Pacemaker cluster; undefined with Heartbeat. */
  cib: cib.Cib | undefined;
}

export interface ActionPlan {
  action: ActionName;
  cluster: 'pacemaker' | 'heartbeat';
  /** Node, resource or file that it is about; empty for all. */
  subject: string;
  /** When it was planned. */
  plannedMs: number;
  /** False when all is as wanted; then there is no step. */
  isNeeded: boolean;
  /** Nodes that give something up: if a resource does not stop there, they are fenced. */
  sources: readonly string[];
  /** Resources that change their place. */
  moved: readonly string[];
  /** Filesystems that the cluster has not mounted before, and will. */
  arriving: readonly state.SharedFilesystem[];
  steps: readonly ActionStep[];
  /** What is verified at the end, beyond what each step is verified by. */
  promises: readonly Expectation[];
  /** Ids of constraints that stay when all is done. */
  leaves: readonly string[];
  /** What a person should know before. */
  notes: readonly string[];
}

export interface ActionStep {
  text: string;
  /** Each is looked at again right before. */
  checks: readonly Check[];
  change: Change;
  /** What the change is, as a command; for people. */
  command: readonly string[];
  /** Looked at when the cluster has settled; only then comes the next step. */
  expects: readonly Expectation[];
  /** For the cluster to settle. */
  timeLimitMs: number;
}

export type Change =
  | pacemakerAct.PacemakerChange
  | heartbeatAct.HeartbeatChange
  /** Puts the configuration of this file, which the cluster's adapter holds, into the place of that version. */
  | { kind: 'replace'; file: string; base: Pick<cib.CibVersion, 'adminEpoch' | 'epoch'> };

export type Check =
  /** Quorum, an elected DC, no maintenance, nothing unclean. With Heartbeat: every node asked agrees. */
  | { kind: 'able' }
  /** Nothing is being started, stopped, moved or fenced. */
  | { kind: 'settled' }
  /** Online as a full member, neither in standby nor in maintenance. */
  | { kind: 'ready'; node: string }
  | { kind: 'online'; node: string }
  /** Everything of this resource is active on this node and no other. */
  | { kind: 'at'; resource: string; node: string }
  /** No instance is active on two nodes. */
  | { kind: 'nowhere-twice' }
  /** It can be moved by the cluster. */
  | { kind: 'managed'; resource: string }
  /** Fencing is on, as it was when this was planned. */
  | { kind: 'fences' }
  /** The configuration is still this version. */
  | { kind: 'version'; version: Pick<cib.CibVersion, 'adminEpoch' | 'epoch'> };

export type Expectation =
  | { kind: 'at'; resource: string; node: string }
  /** Each instance of it that should run is active on one node; undefined stands for all resources that ran before. */
  | { kind: 'once'; resource: string }
  | { kind: 'nowhere-twice' }
  /** Nothing that exists once is active there. */
  | { kind: 'empty'; node: string }
  | { kind: 'standby'; node: string; isOn: boolean }
  | { kind: 'constraint'; id: string; isThere: boolean }
  | { kind: 'no-failure'; resource: string | undefined; node: string | undefined }
  /** The live configuration says what the file says. */
  | { kind: 'configured' }
  /** Each filesystem of what is active is mounted where that is, and nowhere else. */
  | { kind: 'mounted' };

export interface Outcome {
  expectation: Expectation;
  /** `unexamined`: it could not be looked at, and is no success. */
  outcome: 'met' | 'violated' | 'unexamined';
  text: string;
}

/** In words, for plans. */
export function wordsOfCheck(check: Check): string {
  switch (check.kind) {
    case 'able':
      return 'the cluster is able to act: quorum, a DC, no maintenance, no unclean node';
    case 'settled':
      return 'nothing is under way';
    case 'ready':
      return `${check.node} is online, and takes resources`;
    case 'online':
      return `${check.node} is online`;
    case 'at':
      return `${check.resource} is on ${check.node}`;
    case 'nowhere-twice':
      return 'no resource is active on two nodes';
    case 'managed':
      return `${check.resource} is managed`;
    case 'fences':
      return 'fencing is on, as it was';
    case 'version':
      return `the CIB is still ${check.version.adminEpoch}.${check.version.epoch}`;
  }
}

export function wordsOfExpectation(expectation: Expectation): string {
  switch (expectation.kind) {
    case 'at':
      return `${expectation.resource} is active on ${expectation.node}, and nowhere else`;
    case 'once':
      return `${expectation.resource} is active exactly once`;
    case 'nowhere-twice':
      return 'no resource is active on two nodes';
    case 'empty':
      return `nothing is active on ${expectation.node} any more`;
    case 'standby':
      return `${expectation.node} is ${expectation.isOn ? '' : 'not '}in standby`;
    case 'constraint':
      return `the constraint ${expectation.id} is ${expectation.isThere ? 'there' : 'gone'}`;
    case 'no-failure':
      return `no failure is left of ${expectation.resource ?? 'any resource'}${expectation.node === undefined ? '' : ` on ${expectation.node}`}`;
    case 'configured':
      return 'the live configuration says what the file says';
    case 'mounted':
      return 'each filesystem is mounted where its resource is active, and on no other node';
  }
}
