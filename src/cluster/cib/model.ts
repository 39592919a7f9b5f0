/**
 * What a CIB says, whatever the version of its schema: older spellings (`master`, `from`/`to`, `<attributes>`) appear as
 * today's. Each part has its element, through which the rest can be seen and changed.
 */

import type { Agent } from './values.ts';
import type { XmlElement } from './xml.ts';

/** Which of two CIBs is newer: the first of these in which they differ decides. */
export interface CibVersion {
  adminEpoch: number;
  epoch: number;
  numUpdates: number;
}

export interface Cib extends CibVersion {
  /** Name of the schema; undefined in CIBs of Heartbeat, before there was a choice. */
  validateWith: string | undefined;
  featureSet: string | undefined;
  hasQuorum: boolean | undefined;
  /** Id of the node that was DC. */
  dc: string | undefined;
  lastWritten: string | undefined;
  properties: readonly ValueSet[];
  resourceDefaults: readonly ValueSet[];
  operationDefaults: readonly ValueSet[];
  nodes: readonly CibNode[];
  resources: readonly Resource[];
  templates: readonly Primitive[];
  constraints: readonly Constraint[];
  fencingLevels: readonly FencingLevel[];
  tags: readonly { id: string; members: readonly string[]; element: XmlElement }[];
  alerts: readonly Alert[];
  acls: readonly Acl[];
  nodeStates: readonly NodeState[];
}

/** `<cluster_property_set>`, `<instance_attributes>`, `<meta_attributes>`, `<utilization>`: values under one id. */
export interface ValueSet {
  id: string;
  /** Of several sets the one with the highest score counts. */
  score: number;
  /** With a rule the set counts only while that holds. */
  rule: Rule | undefined;
  /** Those of the set that is referred to, where it is a reference. A value left out stands for none. */
  values: readonly { name: string; value: string | undefined; element: XmlElement }[];
  element: XmlElement;
}

export interface CibNode {
  id: string;
  name: string;
  type: 'member' | 'ping' | 'remote' | string;
  attributes: readonly ValueSet[];
  utilization: readonly ValueSet[];
  element: XmlElement;
}

export type Resource = Primitive | Group | Clone | Bundle;

export interface Primitive {
  kind: 'primitive';
  id: string;
  description: string | undefined;
  /** Undefined when it comes from the template. */
  agent: Agent | undefined;
  /** Id of the template from which it takes what it does not say itself. */
  template: string | undefined;
  params: readonly ValueSet[];
  meta: readonly ValueSet[];
  utilization: readonly ValueSet[];
  operations: readonly Operation[];
  element: XmlElement;
}

export interface Operation {
  id: string;
  name: string;
  intervalMs: number | undefined;
  timeoutMs: number | undefined;
  onFail: string | undefined;
  role: string | undefined;
  isEnabled: boolean;
  params: readonly ValueSet[];
  meta: readonly ValueSet[];
  element: XmlElement;
}

export interface Group {
  kind: 'group';
  id: string;
  description: string | undefined;
  /** In the order in which they start. */
  members: readonly Primitive[];
  params: readonly ValueSet[];
  meta: readonly ValueSet[];
  element: XmlElement;
}

export interface Clone {
  kind: 'clone';
  id: string;
  description: string | undefined;
  /** `<master>`, or a clone with `promotable=true`. */
  isPromotable: boolean;
  member: Primitive | Group | undefined;
  params: readonly ValueSet[];
  meta: readonly ValueSet[];
  element: XmlElement;
}

/** Named, with what is started in it; how containers are set up is not interpreted. */
export interface Bundle {
  kind: 'bundle';
  id: string;
  description: string | undefined;
  member: Primitive | undefined;
  params: readonly ValueSet[];
  meta: readonly ValueSet[];
  element: XmlElement;
}

export type Constraint = Location | Colocation | Order | Ticket;

export interface Location {
  kind: 'location';
  id: string;
  resource: string | undefined;
  /** A pattern in place of the resource's id. */
  pattern: string | undefined;
  sets: readonly ResourceSet[];
  role: string | undefined;
  node: string | undefined;
  /** In millions: see `INFINITY_SCORE`. Undefined when rules say it. */
  score: number | undefined;
  rules: readonly Rule[];
  element: XmlElement;
}

export interface Colocation {
  kind: 'colocation';
  id: string;
  /** This one goes where the other is. */
  resource: string | undefined;
  withResource: string | undefined;
  sets: readonly ResourceSet[];
  role: string | undefined;
  withRole: string | undefined;
  nodeAttribute: string | undefined;
  score: number;
  element: XmlElement;
}

export interface Order {
  kind: 'order';
  id: string;
  first: string | undefined;
  next: string | undefined;
  sets: readonly ResourceSet[];
  firstAction: string;
  nextAction: string;
  strength: 'Mandatory' | 'Optional' | 'Serialize';
  /** Whether it stops the other way round. */
  isSymmetrical: boolean;
  element: XmlElement;
}

export interface Ticket {
  kind: 'ticket';
  id: string;
  ticket: string;
  resource: string | undefined;
  sets: readonly ResourceSet[];
  role: string | undefined;
  lossPolicy: string | undefined;
  element: XmlElement;
}

export interface ResourceSet {
  id: string;
  resources: readonly string[];
  isSequential: boolean;
  requiresAll: boolean;
  role: string | undefined;
  action: string | undefined;
  score: number | undefined;
  element: XmlElement;
}

export interface Rule {
  id: string;
  /** A score, or undefined with `scoreAttribute` or where none belongs. */
  score: number | undefined;
  scoreAttribute: string | undefined;
  role: string | undefined;
  combine: 'and' | 'or';
  expressions: readonly Expression[];
  element: XmlElement;
}

export type Expression =
  | { kind: 'attribute'; attribute: string; operation: string; value: string | undefined; type: string | undefined }
  /** Times and calendars stay text: `parts` holds the attributes of `<duration>` or `<date_spec>`. */
  | {
      kind: 'date';
      operation: string;
      start: string | undefined;
      end: string | undefined;
      parts: ReadonlyMap<string, string>;
    }
  | { kind: 'resource'; agent: Partial<Agent> }
  | { kind: 'operation'; name: string; intervalMs: number | undefined }
  | { kind: 'rule'; rule: Rule };

export interface FencingLevel {
  id: string;
  /** A node's name, a pattern of names, or an attribute that nodes have. */
  target:
    | { kind: 'node'; name: string }
    | { kind: 'pattern'; pattern: string }
    | { kind: 'attribute'; name: string; value: string };
  index: number;
  devices: readonly string[];
  element: XmlElement;
}

export interface Alert {
  id: string;
  path: string;
  recipients: readonly { id: string; value: string }[];
  params: readonly ValueSet[];
  meta: readonly ValueSet[];
  element: XmlElement;
}

/** A user, a group or a role, named and not interpreted further. */
export interface Acl {
  kind: 'target' | 'group' | 'role';
  id: string;
  /** Of a target or group. */
  roles: readonly string[];
  element: XmlElement;
}

/** What the cluster knew of a node when this was written. */
export interface NodeState {
  id: string;
  name: string | undefined;
  /** In the membership of the cluster layer. */
  isMember: boolean | undefined;
  /** Whether Pacemaker's controller on it took part. */
  isController: boolean | undefined;
  /** `member`, `down`, … */
  join: string | undefined;
  /** What it should be: `member` or `down`. */
  expected: string | undefined;
  isRemote: boolean;
  /** Attributes that last until the node restarts: `standby`, `shutdown`, `fail-count-…`. */
  attributes: readonly ValueSet[];
  history: readonly ResourceHistory[];
  element: XmlElement;
}

export interface ResourceHistory {
  /** Id of the resource, of a clone with its number: `ping:0`. */
  id: string;
  agent: Partial<Agent>;
  operations: readonly HistoryEntry[];
  element: XmlElement;
}

/** What became of an operation. */
export interface HistoryEntry {
  id: string;
  operation: string;
  intervalMs: number;
  /** -1 while it is under way. */
  callId: number | undefined;
  /** What the agent answered: 0 is success, 7 not running, 8 running as promoted. */
  returnCode: number | undefined;
  /** 0 done, -1 pending, 1 cancelled, 2 timed out, 3 not supported, 4 error … */
  status: number | undefined;
  exitReason: string | undefined;
  /** Seconds since 1970 of its last change. */
  changedS: number | undefined;
  ranMs: number | undefined;
  element: XmlElement;
}
