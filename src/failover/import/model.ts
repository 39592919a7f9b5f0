/** From Heartbeat, or a description of pairs, to a new cluster of Pacemaker and corosync: what goes in and what comes out. */

import {
  type cib,
  type corosync,
  type heartbeat,
  hideSecrets,
  type Place,
  type powerman,
  type stonith,
} from '../../cluster.ts';
import type { ServiceReadings } from './services/read.ts';

export interface ImportInput {
  cf: heartbeat.HaCf;
  haresources: heartbeat.Haresources;
  /** Undefined where it could not be read: nothing of it is taken over anyway. */
  authkeys: heartbeat.Authkeys | undefined;
  /** Addresses that somebody gave, of a node in the order of the links. */
  addresses?: Readonly<Record<string, readonly string[]>>;
  /** Addresses to which the nodes' names lead, as the caller found them. */
  resolved?: Readonly<Record<string, readonly string[]>>;
  /** What a script without an agent of its own is on the nodes; what is not in here is not known. */
  scripts?: Readonly<Record<string, ScriptKind>>;
  /** What services of init.d run there, as `readServices` found it; what is not in here was not read. */
  services?: ServiceReadings;
  /** Text of a file of parameters that a `stonith` line names. */
  configText?: (file: string) => string | undefined;
  /** Which node hangs on which plug, where PowerMan switches them. */
  powerman?: powerman.PowermanView;
  options?: ImportOptions;
}

/**
 * In Heartbeat's order of looking: `resource.d` comes before `init.d`; `systemd` has a unit of that name; `ocf` is to be run by
 * an agent in its place, and `lsb` by the script whatever agent there is.
 */
export type ScriptKind = 'resource.d' | 'init.d' | 'systemd' | 'ocf' | 'lsb';

export interface ImportOptions {
  /** `ha-NODE` of the first node when left out. */
  clusterName?: string;
  /** In place of what follows from deadtime. */
  tokenMs?: number;
  /** A node that boots alone fences its peer and starts everything, as Heartbeat does; otherwise it waits for its peer. */
  startsAlone?: boolean;
  /** Agent for Lustre targets: `ocf:heartbeat:Filesystem` when left out. */
  lustreAgent?: 'filesystem' | 'lustre';
  /** Of two nodes the one that lives on when both shoot; the first when left out. */
  survivor?: string;
}

/** Everything that `documentsOf` makes files of, in plain values. Secrets are hidden in text, JSON and inspection. */
export interface ImportPlan {
  clusterName: string;
  corosync: corosync.PlainCorosync;
  /** Without the fence devices, as those hold secrets. */
  cib: cib.PlainCib;
  fencing: readonly FencePrimitive[];
  groups: readonly ImportGroup[];
  /** Whether groups go back to their preferred node by themselves. */
  failback: 'on' | 'off';
  explanations: readonly Explanation[];
  unmapped: readonly Unmapped[];
}

/** One line of haresources. */
export interface ImportGroup {
  /** Of the group in the CIB. */
  id: string;
  /** Where it may run under the old rules, best first. */
  nodes: readonly string[];
  /** In the order of starting. */
  resources: readonly ImportResource[];
  /** False when something of it could not be taken over: it is then kept stopped until somebody completed it. */
  isComplete: boolean;
  place: Place | undefined;
}

export interface ImportResource {
  /** Undefined where it has no equivalent. */
  id: string | undefined;
  agent: string | undefined;
  script: string;
  params: readonly string[];
  place: Place | undefined;
}

export interface FencePrimitive {
  device: stonith.FenceDevice;
  operations: readonly cib.PlainOperation[];
}

/** One decision. */
export interface Explanation {
  /** `token`, `group-oss01`, `resource-stickiness` … */
  about: string;
  /** Where it came from; undefined where nothing was said there, or by an option. */
  place: Place | undefined;
  /** What stood there. */
  was: string;
  becomes: string;
  why: string;
}

/** What has no equivalent, or what somebody has to do before the cluster is whole. */
export interface Unmapped {
  what: string;
  place: Place | undefined;
  why: string;
  instead: string;
}

/** Gathers decisions while a plan is made. */
export interface Notebook {
  readonly explanations: Explanation[];
  readonly unmapped: Unmapped[];
}

export function newNotebook(): Notebook {
  return { explanations: [], unmapped: [] };
}

/** Options of mounts and arguments of programs may hold passwords, and what is gathered is shown. */
export function shownOf({ explanations, unmapped }: Notebook): Notebook {
  return {
    explanations: explanations.map((each) => ({
      ...each,
      was: hideSecrets(each.was),
      becomes: hideSecrets(each.becomes),
    })),
    unmapped: unmapped.map((each) => ({ ...each, what: hideSecrets(each.what) })),
  };
}
