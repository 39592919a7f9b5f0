/** What may happen to a cluster, and what then happens in it. */
import type { cib, simulator } from '../../cluster.ts';

export type Fault =
  /** Loses power. */
  | { kind: 'node-dies'; node: string }
  /** Loses power, and is back after the cluster has settled. */
  | { kind: 'node-returns'; node: string }
  | { kind: 'node-standby'; node: string }
  /** All links between this node and the others; it lives on. */
  | { kind: 'link-cut'; node: string }
  /** A fence device does nothing any more. */
  | { kind: 'fence-dead'; device: string }
  /** `monitor`: found dead; `start`: and does not start there again; `stop`: and does not stop there. */
  | { kind: 'resource-fails'; resource: string; operation: 'monitor' | 'start' | 'stop' }
  | { kind: 'quorum-lost' };

/** Where each primitive runs. One that is stopped has no entry, or an empty one. */
export type Placement = ReadonlyMap<string, readonly string[]>;

/** A cluster in the state from which faults are simulated. */
export interface World {
  cibText: string;
  /** The same as the scheduler is given it. */
  quickText: string;
  cib: cib.Cib;
  nodes: readonly WorldNode[];
  resources: readonly WorldResource[];
  devices: readonly FenceFacts[];
  placement: Placement;
  fencesNodes: boolean;
  noQuorumPolicy: string;
  quorum: QuorumRules;
  timing: Timing;
  /** What was taken for granted, or stands out before anything happens. */
  remarks: readonly string[];
}

export interface WorldNode {
  name: string;
  id: string;
  votes: number;
  /** Heard and taking part. */
  isOnline: boolean;
  isStandby: boolean;
}

export interface WorldResource {
  id: string;
  agent: string;
  isCloned: boolean;
  isFence: boolean;
  /** Undefined when nobody watches it. */
  monitorMs: number | undefined;
  monitorTimeoutMs: number;
  /** Device it mounts. */
  device: string | undefined;
}

export interface FenceFacts {
  id: string;
  /** Undefined: it is asked itself which nodes it shoots. */
  hosts: readonly string[] | undefined;
  /** Names of nodes on which it may be used. */
  usableOn: readonly string[];
  /** Wait before it shoots that node; the part by chance comes on top, up to `delayRandomMs`. */
  delayMsOf(node: string): number;
  delayRandomMs: number;
}

export interface QuorumRules {
  isTwoNode: boolean;
  votesNeeded: number;
}

export interface Timing {
  tokenMs: number;
  consensusMs: number;
  /** Milliseconds that a mount of that device waits after its node died; see `mountWaitOf` of the cluster's MMP. */
  mountWaitMs(resource: WorldResource): number;
  /** Read or given, not taken for granted. */
  isMountWaitKnown(resource: WorldResource): boolean;
}

export interface Step {
  what: 'fence' | 'stop' | 'start' | 'promote' | 'demote' | 'migrate';
  /** Empty for a fencing. */
  resource: string;
  node: string;
  /** What it waits for: `stop mdt0 on n1`, `fence n1`. */
  after: readonly string[];
  state: 'done' | 'failed' | 'blocked';
}

export interface EstimatePart {
  what: string;
  /** What is certain to pass. */
  leastMs: number;
  /** What is allowed to pass: limits. */
  mostMs: number;
}

/** A resource that could be active on two nodes. */
export interface Twice {
  resource: string;
  nodes: readonly string[];
  why: string;
}

export interface Outcome {
  faults: readonly Fault[];
  verdict: Verdict;
  before: Placement;
  after: Placement;
  steps: readonly Step[];
  /** Ran before, or should, and does not any more. */
  stopped: readonly { resource: string; why: string }[];
  moved: readonly { resource: string; from: readonly string[]; to: readonly string[] }[];
  fenced: readonly { node: string; by: readonly string[] }[];
  /** Had to be fenced, and cannot be. */
  unfenced: readonly { node: string; why: string }[];
  twice: readonly Twice[];
  estimate: { parts: readonly EstimatePart[]; leastMs: number; mostMs: number };
  remarks: readonly string[];
  nodesDown: readonly string[];
}

/** From the worst: data at risk; stuck until somebody comes; service lost; moved; nothing but restarts. */
export const VERDICTS = ['twice', 'stuck', 'down', 'moved', 'same'] as const;
export type Verdict = (typeof VERDICTS)[number];

export type Graph = readonly simulator.GraphAction[];
