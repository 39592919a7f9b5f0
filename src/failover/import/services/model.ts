/** What is read of a system to tell whether an agent would run the same service as a script of init.d does. */

export interface SeenFile {
  path: string;
  text: string;
  /** Rights, as 0o644. */
  mode: number;
  uid: number;
  gid: number;
}

export type Sight = { kind: 'read'; file: SeenFile } | { kind: 'absent' } | { kind: 'unreadable'; why: string };
export type FolderSight = { kind: 'read'; names: readonly string[] } | Exclude<Sight, { kind: 'read' }>;

/** The files of one system, by the paths that they have there. Nothing is ever read outside it. */
export interface SystemFiles {
  /** As messages name it: a host, or the folder that the system is in. */
  name: string;
  read(path: string): Promise<Sight>;
  /** What is in a folder, in no order. */
  list(folder: string): Promise<FolderSight>;
  isThere(path: string): Promise<boolean>;
}

/** A value, and what says so: `/etc/my.cnf:5`, or a reason. */
export interface Sourced {
  value: string;
  from: string;
}

export type SourcedParams = Readonly<Record<string, Sourced>>;

export type ServiceReading =
  /** The agent with these runs the same service. `care`: what is different all the same, and does not decide. */
  | { kind: 'agent'; params: SourcedParams; care: readonly string[]; readOn: string }
  /** It is not known that it would, and why. */
  | { kind: 'kept'; doubts: readonly string[]; readOn: string };

/** What one question of a service gathers. A doubt is what keeps the script. */
export interface Inquiry {
  readonly files: SystemFiles;
  readonly doubts: string[];
}

export interface Found {
  params: SourcedParams;
  care?: readonly string[];
}

/** Doubts go into the inquiry; what it gives then is not used. @param script name in init.d */
export type ReadService = (inquiry: Inquiry, script: string) => Promise<Found>;

export const NOTHING: Found = { params: {} };
