/** What is known of each node, and what a check makes of it. */
import type { Finding, heartbeat } from '../../cluster.ts';

/** A file as it was found. `path` is as messages name it: `oss01:/etc/ha.d/ha.cf`. */
export type Found<T> =
  | { kind: 'read'; path: string; content: T; mode: number | undefined; uid: number | undefined }
  | { kind: 'absent'; path: string }
  | { kind: 'unreadable'; path: string; why: string; remedy: string }
  /** Not looked for. */
  | { kind: 'unknown'; path: string };

/** Of a file that is there, and closed to whoever looks. */
export const READ_REMEDY = 'Run this as root, or as an account that may read it.';

export type MmpFeature = 'on' | 'off' | 'not-ext4';

/** What the superblock of a device says. */
export interface DeviceSight {
  feature: MmpFeature;
  /** Seconds that a mount waits when its last owner died; undefined where it is not protected. */
  afterCrashS: number | undefined;
}

/** A node as Pacemaker and corosync have it. */
export interface PacemakerFacts {
  atMs: number;
  corosyncConf: Found<string>;
  /** What makes a key the same, without the key. */
  authkey: Found<{ digest: string; bytes: number }>;
  /** Text of the CIB. */
  cib: Found<string>;
  /** Asked of the running cluster, not read from its file. */
  isLive: boolean;
  /** A whole system, and not copies of its files in a folder. */
  isSystem: boolean;
  /** By path, of those that could be looked at. */
  devices: ReadonlyMap<string, DeviceSight>;
  /** By path, why it could not be. */
  deviceFailures: ReadonlyMap<string, string>;
}

/** One node, or one folder of files. What was not examined is undefined or `unknown`, and is told as such. */
export interface LintNode {
  /** As messages name it. */
  name: string;
  /** Why nothing is known of it. */
  unreachable?: string;
  /** `uname -n` */
  hostName: string | undefined;
  haCf: Found<string>;
  haresources: Found<string>;
  /** Parsed already, so that no text of a key is in here. */
  authkeys: Found<heartbeat.Authkeys>;
  fstab: Found<string>;
  mdadmConf: Found<string>;
  /** Names of what can be executed in `resource.d` and `init.d`. */
  scripts: { resource: ReadonlySet<string>; init: ReadonlySet<string> } | undefined;
  /** Names of the services that start at boot, without `.service`. */
  bootServices: ReadonlySet<string> | undefined;
  /** By device, of those that could be looked at. */
  mmp: ReadonlyMap<string, MmpFeature> | undefined;
  /** By device, why it could not be. */
  mmpFailures?: ReadonlyMap<string, string>;
  /** Where there is a corosync.conf or a CIB. */
  pacemaker?: PacemakerFacts;
}

/** One set of the three files; nodes with the same content share it. */
export interface Configuration {
  /** Of the first node that has it. */
  path: string;
  cf: heartbeat.HaCf;
  settings: heartbeat.HaSettings;
  haresources: heartbeat.Haresources | undefined;
  /** None where a cluster resource manager runs instead. */
  groups: readonly heartbeat.HaGroup[];
  authkeys: heartbeat.Authkeys | undefined;
  nodes: readonly LintNode[];
}

export interface Facts {
  nodes: readonly LintNode[];
  configurations: readonly Configuration[];
}

/** What a check finds; its code is added by who runs it. */
export type Remark = Omit<Finding, 'code'>;

export interface Check {
  code: string;
  find: (facts: Facts) => readonly Remark[];
}

/** A check that needs one configuration only. */
export function ofEach(find: (configuration: Configuration) => readonly Remark[]): Check['find'] {
  return ({ configurations }) => configurations.flatMap(find);
}

/** A check that looks at each node that could be reached, with the configuration it has. */
export function ofEachNode(find: (node: LintNode, configuration: Configuration) => readonly Remark[]): Check['find'] {
  return ({ configurations }) =>
    configurations.flatMap((configuration) => configuration.nodes.flatMap((node) => find(node, configuration)));
}
