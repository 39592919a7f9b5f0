/** What a cluster says of itself, in one form for Pacemaker and Heartbeat. Read by `cluster/pacemaker.ts` and `cluster/heartbeat-live.ts`. */

export interface ClusterState {
  /** When the answer was there, by the clock of this machine: milliseconds since 1970. */
  atMs: number;
  /** Name of the machine that was asked. */
  from: string;
  /** Its own name among the nodes, where that was asked: with Heartbeat. */
  node: string | undefined;
  kind: 'pacemaker' | 'heartbeat';
  /** Which program answered, and in which of its dialects. */
  answer: ClusterAnswer;
  /** Name of the cluster's communication layer as it tells it: `corosync`, `heartbeat`, `cman`, … */
  stack: string | undefined;
  /** Undefined when no DC is elected, and with Heartbeat, which has none. */
  dc: Coordinator | undefined;
  /** Undefined when nothing was said of it. Heartbeat in version 1 mode has none. */
  hasQuorum: boolean | undefined;
  options: ClusterOptions;
  /** The cluster's members and its remote nodes, in the order of the answer. */
  nodes: readonly NodeState[];
  /** Heartbeat's own "pings": neither run anything nor count. */
  pings: readonly PingState[];
  /** Paths between nodes; only Heartbeat tells them. */
  links: readonly LinkState[];
  resources: readonly ResourceState[];
  failures: readonly FailedAction[];
  /** Failures counted for a resource on a node; at the threshold it may not run there until they are cleared. */
  failCounts: readonly FailCount[];
  /** Location constraints that commands such as `crm_resource --move` and `--ban` left. */
  moves: readonly MoveConstraint[];
  /** Every location constraint that keeps a resource off a node. */
  bans: readonly Ban[];
  /** Newest first. Undefined when it could not be read; `gaps` says why. */
  fencing: readonly FencingEvent[] | undefined;
  /** Filesystems that the cluster mounts. */
  filesystems: readonly SharedFilesystem[];
  /** What was asked and not answered; nothing may be concluded from its absence. */
  gaps: readonly Gap[];
}

export interface ClusterAnswer {
  program: string;
  /** `crm_mon`: documents with that root (Pacemaker 1.1 and `--as-xml`); `pacemaker-result`: since 2.0.3; `cl_status`. */
  dialect: 'crm_mon' | 'pacemaker-result' | 'cl_status';
  /** Of the program, or of the interface (`api-version`) where that is told. */
  version: string | undefined;
}

export interface Coordinator {
  name: string | undefined;
  version: string | undefined;
  /** Members run different versions, as in the middle of an upgrade. */
  isMixedVersion: boolean;
}

/** Cluster-wide settings; undefined where nothing was said. */
export interface ClusterOptions {
  /** `stonith-enabled` */
  fencesNodes: boolean | undefined;
  noQuorumPolicy: string | undefined;
  /** `maintenance-mode`: nothing is started, stopped or watched. */
  isInMaintenance: boolean | undefined;
  stopsAllResources: boolean | undefined;
  isSymmetric: boolean | undefined;
}

export interface NodeState {
  name: string;
  id: string;
  kind: 'member' | 'remote' | 'guest' | 'ping' | 'unknown';
  isOnline: boolean;
  isDc: boolean;
  /** What the cluster is unsure of, and fences before it goes on. */
  isUnclean: boolean;
  isStandby: boolean;
  /** In standby because an operation failed with `on-fail=standby`. */
  isStandbyOnFail: boolean;
  isInMaintenance: boolean;
  /** Joining: its processes run, it is no full member yet. */
  isPending: boolean;
  isShuttingDown: boolean;
  /** Since Pacemaker 2.1.2: `red`, `yellow` or `green`. */
  health: string | undefined;
  resourcesRunning: number | undefined;
  attributes: readonly NodeAttribute[];
}

export interface NodeAttribute {
  name: string;
  value: string;
  /** Of a ping attribute: what it is when every host answers. */
  expected: number | undefined;
}

export interface PingState {
  name: string;
  isReached: boolean;
}

export interface LinkState {
  node: string;
  link: string;
  isUp: boolean;
}

export type ResourceState = PrimitiveState | CollectionState;

/** One instance of something that starts and stops. In a clone or a bundle there are several with one id. */
export interface PrimitiveState {
  kind: 'primitive';
  id: string;
  /** `ocf:heartbeat:Filesystem`, `stonith:fence_ipmilan`, `lsb:lustre`; with single colons in every dialect. */
  agent: string;
  role: Role;
  /** What an administrator asked for (`target-role`). */
  targetRole: Role | undefined;
  /** Names of the nodes it is active on. More than one, outside a move that is under way, is the worst that can happen. */
  nodes: readonly string[];
  isActive: boolean;
  /** Was last active on nodes that are unclean: whether it still is, nobody knows. */
  isUncertain: boolean;
  isFailed: boolean;
  /** Failed, but told to ignore it (`on-fail=ignore`). */
  isFailureIgnored: boolean;
  /** The cluster does nothing about it any more until a person does. */
  isBlocked: boolean;
  isManaged: boolean;
  /** Runs, but is no longer in the configuration. */
  isOrphaned: boolean;
  /** What is being done to it: `Starting`, `Stopping`, `Migrating`, … */
  pending: string | undefined;
  /** Node that it stays with while that one is away (`shutdown-lock`). */
  lockedTo: string | undefined;
}

export interface CollectionState {
  kind: 'group' | 'clone' | 'bundle';
  id: string;
  isManaged: boolean;
  /** Stopped on purpose. Undefined in dialects that do not tell. */
  isDisabled: boolean | undefined;
  isFailed: boolean;
  /** Of a clone: one instance or more is promoted above the others. */
  isPromotable: boolean;
  members: readonly ResourceState[];
}

/** In the words of Pacemaker 2.1, whatever the dialect: `Master` is `Promoted`, `Slave` is `Unpromoted`. */
export type Role =
  | 'Started'
  | 'Stopped'
  | 'Promoted'
  | 'Unpromoted'
  | 'Starting'
  | 'Stopping'
  | 'Migrating'
  | 'Unknown';

export interface FailedAction {
  resource: string;
  /** `start`, `monitor`, …; empty when the dialect does not tell. */
  operation: string;
  intervalMs: number | undefined;
  node: string;
  exitCode: number | undefined;
  /** `not running`, `unknown error`, … */
  exitText: string;
  /** What the agent gave as its reason; often empty. */
  reason: string;
  /** How it ended: `complete`, `Timed Out`, `Error`, … */
  status: string;
  at: ToldTime | undefined;
}

export interface FailCount {
  resource: string;
  node: string;
  /** Infinity as Pacemaker counts: a million or more. */
  count: number;
  threshold: number | undefined;
}

/** A time as a cluster told it. Those without a zone are of the machine that was asked, and have no `ms`. */
export interface ToldTime {
  text: string;
  /** Milliseconds since 1970. */
  ms: number | undefined;
}

export interface MoveConstraint {
  /** `cli-prefer-oss`, `cli-ban-oss-on-n2`; `cli-standby-…` of old versions. */
  id: string;
  resource: string;
  kind: 'prefer' | 'ban';
  /** Undefined when a rule says where, not a node. */
  node: string | undefined;
  score: string;
  /** When it ends by itself, as it is written in the rule; undefined when never. */
  until: string | undefined;
}

export interface Ban {
  id: string;
  resource: string;
  node: string;
  /** -1,000,000 is never. */
  score: number;
  isPromotedOnly: boolean;
}

export interface FencingEvent {
  target: string;
  /** `reboot`, `off`, `on`, … */
  action: string;
  status: 'success' | 'failed' | 'pending';
  /** The node that carried it out. */
  delegate: string | undefined;
  client: string;
  origin: string;
  reason: string;
  completed: ToldTime | undefined;
}

export interface SharedFilesystem {
  resource: string;
  device: string;
  mountpoint: string | undefined;
  kind: string | undefined;
  /** Its options say `ro`: multiple-mount protection takes no notice of such a mount. */
  isReadOnly?: true;
}

export interface Gap {
  /** `constraints`, `fencing history`, … */
  what: string;
  why: string;
}

/** What stands out in a state. */
export interface Remark {
  level: 'error' | 'warning';
  /** Stable name of the rule, for programs. */
  code: string;
  /** Node, resource or other thing that it is about. */
  subject: string;
  text: string;
}
