/** What crm_simulate is asked, and what it answers. */

export interface SimulatorRequest {
  /** A whole CIB with its status. */
  cibText: string;
  /** Nodes that are no longer heard (`--node-fail`). */
  failedNodes?: readonly string[];
  /** Nodes that come back (`--node-up`). */
  returnedNodes?: readonly string[];
  /** `RESOURCE_monitor_INTERVALms@NODE=CODE`: results that came in (`--op-inject`). */
  injected?: readonly string[];
  /** Operations that fail if they are tried (`--op-fail`), spelled alike. */
  failing?: readonly string[];
}

export interface SimulatedTransition {
  before: SimulatedStatus;
  after: SimulatedStatus;
  /** False when actions were left over that wait for what cannot be done. */
  isComplete: boolean;
  /** Actions and what each waits for, in an order in which they can be done. */
  graph: readonly GraphAction[];
  /** What the scheduler gave as its reason, by resource or node. */
  reasons: ReadonlyMap<string, string>;
  /** Operations of `failing` that were tried: `mdt0#start_0`. */
  failed: readonly string[];
  /** Every operation that was tried before the first one failed, and that one, spelled as in `failing`: `mdt0_start_0@n1`. */
  tried: readonly string[];
  /** The CIB as it is afterwards, to go on from. */
  cibText: string;
  /** Cluster-wide limit for a fencing, in milliseconds. */
  fencingTimeoutMs: number;
}

export interface SimulatedStatus {
  nodes: readonly NodeNow[];
  resources: readonly ResourceNow[];
}

export interface NodeNow {
  name: string;
  isOnline: boolean;
  isUnclean: boolean;
  isStandby: boolean;
}

/** An instance of a primitive. Those of a clone appear more than once. */
export interface ResourceNow {
  id: string;
  agent: string;
  /** Of a clone or bundle: runs on several nodes on purpose. */
  isCloned: boolean;
  /** `Started`, `Stopped`, `Promoted` (or `Master`), … */
  role: string;
  nodes: readonly string[];
  isBlocked: boolean;
  isFailed: boolean;
  isManaged: boolean;
}

export interface GraphAction {
  id: number;
  /** `operation`: something an agent does; `fence`: a node is shot; `other`: milestones and bookkeeping. */
  kind: 'operation' | 'fence' | 'other';
  /** `start`, `stop`, `monitor`, `promote`; of a fencing `off`, `reboot` or `on`. */
  operation: string;
  /** Of a fencing the node itself. */
  node: string;
  resource: string;
  intervalMs: number;
  timeoutMs: number;
  /** Ids of what must be done before. */
  after: readonly number[];
}
