/** STONITH plugins of Heartbeat (cluster-glue) and the fence devices of Pacemaker that stand in for them. */
import type { Place } from '../place.ts';
import type { Secret } from './secret.ts';

export interface StonithParam {
  name: string;
  /**
   * Whether the plugin does nothing without it. On a `stonith_host` line every parameter is given all the same, as they
   * are told apart by position only.
   */
  isRequired: boolean;
  isSecret: boolean;
}

export interface StonithPlugin {
  /** As `stonith -L` lists it. */
  name: string;
  /** In the order of `stonith -n`, which is the order on a `stonith_host` line. */
  params: readonly StonithParam[];
  /** What `stonith -m` knows besides: can only be given by name, as in a CIB. */
  namedParams: readonly StonithParam[];
  fence: FenceMapping;
}

export type FenceMapping =
  | AgentMapping
  | { kind: 'none' /** Why nothing does the same. */; why: string; instead: string };

/** Every parameter of the plugin is in one of `optionOf`, `words`, `hosts`, `target` and `dropped`. */
export interface AgentMapping {
  kind: 'agent';
  /** A program of fence-agents: `fence_ipmilan`. */
  agent: string;
  /** Parameter of the plugin to option of the agent, the value unchanged. */
  optionOf: Readonly<Record<string, string>>;
  /** Options that hold whatever the parameters say. */
  fixed: Readonly<Record<string, string>>;
  /** Parameter to word to the options it stands for. A word that is not there has no equivalent. */
  words: Readonly<Record<string, Readonly<Record<string, Readonly<Record<string, string>>>>>>;
  /** Which nodes it shoots; undefined when only the device knows, by the names of its outlets. */
  hosts: HostsParam | undefined;
  /** Parameter with the URI of a hypervisor, of which address and user are taken. */
  uri: string | undefined;
  /** Parameter with `HOST:PORT`, and the port where none is given. */
  address: { param: string; port: string } | undefined;
  /** Parameters without an equivalent, and why that does no harm or what to look at. */
  dropped: Readonly<Record<string, string>>;
  /** Options of the agent that Heartbeat's files do not tell, and why they are wanted. */
  asked: Readonly<Record<string, string>>;
  /** Units and traps. */
  note: string;
}

export interface HostsParam {
  param: string;
  /** `name`; `name name,name`; `name:plug name`; `name=plug;name`. */
  form: 'one' | 'names' | 'colon' | 'equals';
  /** Parameter with the plug of the one host. */
  plugParam?: string;
}

/** A fence device of Pacemaker, whatever way it is written down. */
export interface FenceDevice {
  /** Unique among those made together, and an XML name: `fence-oss02`. */
  id: string;
  agent: string;
  options: Readonly<Record<string, string | Secret>>;
  /** Nodes it shoots, in the order of the cluster's nodes. */
  hosts: readonly string[];
  /** Of hosts whose plug has another name than the node. */
  plugOf: Readonly<Record<string, string>>;
  /** Nodes that may use it; never the one node it shoots. */
  mayRunOn: readonly string[];
  /** Seconds that shooting this host waits, so that of two nodes that shoot at each other one survives. */
  delaySecondsOf: Readonly<Record<string, number>>;
  /** Options somebody has to fill in before it works. */
  asked: readonly { option: string; why: string }[];
  notes: readonly string[];
  /** Lines it was made of. */
  places: readonly Place[];
}

/** A device of a CIB, where parameters have names, and any node may use it unless constraints say otherwise. */
export interface NamedStonith {
  from: '*';
  plugin: string;
  /** May hold passwords: never to be printed. */
  named: Readonly<Record<string, string>>;
  place: Place;
}

/** A line that became no fence device. */
export interface Unmapped {
  place: Place;
  plugin: string;
  why: string;
  instead: string;
}

export interface FencePlan {
  devices: readonly FenceDevice[];
  unmapped: readonly Unmapped[];
}
