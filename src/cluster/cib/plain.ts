/** What a CIB is built from: plain values, without the ids of lesser elements, which follow from the names. */
import type { XmlElement } from './xml.ts';

export interface PlainCib {
  /** Cluster properties such as `stonith-enabled`. */
  properties?: Readonly<Record<string, string>>;
  resourceDefaults?: Readonly<Record<string, string>>;
  operationDefaults?: Readonly<Record<string, string>>;
  nodes?: readonly PlainNode[];
  resources?: readonly PlainResource[];
  constraints?: readonly PlainConstraint[];
  fencingLevels?: readonly PlainFencingLevel[];
}

export interface PlainNode {
  /** Corosync's node id, as text. */
  id: string;
  name: string;
  attributes?: Readonly<Record<string, string>>;
}

export type PlainResource = PlainPrimitive | PlainGroup | PlainClone;

export interface PlainPrimitive {
  kind: 'primitive';
  id: string;
  /** `ocf:heartbeat:Filesystem`, `stonith:fence_ipmilan`, `systemd:nfs-server`, `lsb:NAME` … */
  agent: string;
  description?: string;
  /** Instance attributes. */
  params?: Readonly<Record<string, string>>;
  /** Meta attributes. */
  meta?: Readonly<Record<string, string>>;
  operations?: readonly PlainOperation[];
}

/** Durations as Pacemaker reads them: `30s`, `2min`, `500ms`. */
export interface PlainOperation {
  name: string;
  /** `0s` when left out: run once, not again and again. */
  interval?: string;
  timeout?: string;
  onFail?: string;
  role?: string;
  /** Instance attributes of the operation, such as `OCF_CHECK_LEVEL`. */
  params?: Readonly<Record<string, string>>;
}

export interface PlainGroup {
  kind: 'group';
  id: string;
  /** Started in this order, stopped in the other. */
  members: readonly PlainPrimitive[];
  description?: string;
  meta?: Readonly<Record<string, string>>;
}

export interface PlainClone {
  kind: 'clone';
  id: string;
  member: PlainPrimitive | PlainGroup;
  /** `promotable`, `clone-max`, `interleave` … */
  meta?: Readonly<Record<string, string>>;
}

/** A score is a whole number, or `INFINITY` or `-INFINITY`. */
export type PlainScore = number | 'INFINITY' | '-INFINITY';

export type PlainConstraint = PlainLocation | PlainColocation | PlainOrder | PlainCopy;

/** A constraint of another CIB as it stands there: with sets of resources, or of a ticket, which schemas have always spelt alike. */
export interface PlainCopy {
  kind: 'copy';
  id: string;
  element: XmlElement;
}

export interface PlainLocation {
  kind: 'location';
  id: string;
  resource: string;
  role?: string;
  /** Either a node with its score, or rules. */
  prefer: { node: string; score: PlainScore } | { rules: readonly PlainRule[] };
}

export interface PlainRule {
  /** A score, or the name of the node attribute that holds it. */
  score: PlainScore | { attribute: string };
  /** Whether all or any of the expressions must hold: `and` when left out. */
  combine?: 'and' | 'or';
  expressions: readonly PlainExpression[];
}

export type PlainExpression =
  | {
      kind: 'attribute';
      attribute: string;
      operation: 'lt' | 'gt' | 'lte' | 'gte' | 'eq' | 'ne';
      value: string;
      /** How values are compared; as text when left out. */
      type?: 'string' | 'integer' | 'number' | 'version';
    }
  | { kind: 'attribute'; attribute: string; operation: 'defined' | 'not_defined' }
  /** Times in ISO 8601: `gt` after `start`, `lt` before `end`, `in_range` up to `end` and, if given, from `start` on. */
  | { kind: 'date'; operation: 'gt' | 'lt' | 'in_range'; start?: string; end?: string }
  | { kind: 'rule'; rule: Omit<PlainRule, 'score'> };

export interface PlainColocation {
  kind: 'colocation';
  id: string;
  resource: string;
  withResource: string;
  score: PlainScore;
  role?: string;
  withRole?: string;
}

export interface PlainOrder {
  kind: 'order';
  id: string;
  first: string;
  next: string;
  /** `Mandatory` when left out. */
  strength?: 'Mandatory' | 'Optional' | 'Serialize';
  firstAction?: 'start' | 'stop' | 'promote' | 'demote';
  nextAction?: 'start' | 'stop' | 'promote' | 'demote';
  /** Whether stopping goes the other way round: yes when left out. */
  isSymmetrical?: boolean;
}

export interface PlainFencingLevel {
  /** Name of the node to fence. */
  target: string;
  /** Tried in order, 1 to 9; all devices of a level have to succeed. */
  index: number;
  devices: readonly string[];
}
