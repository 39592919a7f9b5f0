/** Heartbeat's three files as data. Each keeps its lines, so that a file is written back byte for byte. */
import type { Place, SyntaxProblem } from '../place.ts';

/** One line of a file with its own line ending, or the last one without. */
export interface HaLine {
  readonly text: string;
  /** Undefined where the line is empty, a comment, or not understood. */
  readonly directive: HaDirective | undefined;
}

export interface HaDirective {
  readonly name: string;
  readonly args: readonly string[];
  readonly place: Place;
}

/** `ha.cf`. `formatHaCf(parseHaCf(text))` is `text`, whatever it is. */
export interface HaCf {
  readonly file: string;
  readonly lines: readonly HaLine[];
  readonly problems: readonly SyntaxProblem[];
}

/** What the directives of `ha.cf` mean; undefined where not given. Of a directive given twice, Heartbeat takes the last. */
export interface HaSettings {
  /** `node`, in order, each once. */
  nodes: readonly string[];
  /** Seconds in the file unless a unit says otherwise (ha.cf(5)). */
  keepaliveMs: number | undefined;
  warntimeMs: number | undefined;
  deadtimeMs: number | undefined;
  initdeadMs: number | undefined;
  deadpingMs: number | undefined;
  autoFailback: 'on' | 'off' | 'legacy' | undefined;
  udpPort: number | undefined;
  /** One entry a path: `bcast eth0 eth1` are two. */
  media: readonly HaMedium[];
  ping: readonly HaPing[];
  /** `stonith` and `stonith_host`, in order. */
  stonith: readonly StonithLine[];
  crm: 'off' | 'on' | 'respawn' | 'manual' | undefined;
  /** Programs that Heartbeat starts and restarts. */
  respawn: readonly { user: string; command: readonly string[]; place: Place }[];
  /** Who may use the API, by service: `uid=hacluster`, `gid=haclient`. */
  apiauth: readonly { service: string; allow: readonly string[]; place: Place }[];
  watchdog: string | undefined;
  compression: string | undefined;
  logFacility: string | undefined;
  logFile: string | undefined;
  debugFile: string | undefined;
  useLogd: boolean | undefined;
  baud: number | undefined;
  realtime: boolean | undefined;
  autojoin: 'none' | 'other' | 'any' | undefined;
}

export interface HaMedium {
  kind: 'bcast' | 'mcast' | 'ucast' | 'serial' | 'mcast6' | 'other';
  /** The device first: `eth0`, `/dev/ttyS0`; then the address and what else the kind takes. */
  args: readonly string[];
  place: Place;
}

export interface HaPing {
  kind: 'ping' | 'ping_group' | 'hbaping';
  /** The group's name; of a single one its address. */
  name: string;
  addresses: readonly string[];
  place: Place;
}

export interface StonithLine {
  /** Node that may use it, or `*`; `*` for `stonith`. */
  from: string;
  /** `external/ipmi`, `ipmilan`, `meatware`; `external foo` of old files is `external/foo`. */
  plugin: string;
  /** `stonith_host`: positional, in the plugin's `getconfignames` order. May hold passwords: never to be printed. */
  params: readonly string[];
  /** `stonith`: file with the parameters. */
  configFile: string | undefined;
  place: Place;
}

/** `haresources`. `formatHaresources(parseHaresources(text))` is `text`, whatever it is. */
export interface Haresources {
  readonly file: string;
  readonly lines: readonly HaresourcesLine[];
  readonly groups: readonly HaGroup[];
  readonly problems: readonly SyntaxProblem[];
}

/** A line with what backslashes continue it with, line endings included. */
export interface HaresourcesLine {
  readonly text: string;
  readonly group: HaGroup | undefined;
}

/** Started from left to right, stopped from right to left. */
export interface HaGroup {
  readonly node: string;
  readonly resources: readonly HaResource[];
  readonly place: Place;
}

export interface HaResource {
  readonly script: string;
  readonly params: readonly string[];
  /** A bare IP address, which is `IPaddr::ADDRESS`. */
  readonly isImplicit: boolean;
  readonly place: Place;
}

/** `authkeys`. The texts of the keys are in no field: only `formatAuthkeys` and `keyTextOf` know them. */
export interface Authkeys {
  readonly file: string;
  /** Number that `auth` names. */
  readonly active: number | undefined;
  readonly keys: readonly HaKey[];
  readonly problems: readonly SyntaxProblem[];
}

export interface HaKey {
  readonly id: number;
  /** `crc`, `md5` or `sha1`; empty where it is none of them, as it may then be a key that slipped. */
  readonly method: string;
  readonly hasKey: boolean;
  readonly place: Place;
}
