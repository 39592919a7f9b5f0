/** What a node of a cluster is configured by, and what of it must be the same on every node. */

/**
 * - `cluster`: the same on every node, so that a living peer knows it better than any backup.
 * - `node`: of this node alone.
 * - `state`: what the cluster itself keeps and hands to a node that joins; never restored while a peer lives.
 */
export type Belonging = 'cluster' | 'node' | 'state';

export interface ConfigurationItem {
  /** Absolute; a folder, of which the files directly in it are meant, ends with a slash. */
  path: string;
  belonging: Belonging;
}

export const COROSYNC_CONF = '/etc/corosync/corosync.conf';
export const HA_CF = '/etc/ha.d/ha.cf';
export const HARESOURCES = '/etc/ha.d/haresources';
export const HA_AUTHKEYS = '/etc/ha.d/authkeys';
/** Where Pacemaker keeps the CIB (pacemaker-based(8)). */
export const CIB_FOLDER = '/var/lib/pacemaker/cib';
export const CIB_FILE = `${CIB_FOLDER}/cib.xml`;
/** The same of Heartbeat 2 with `crm yes`. */
export const HEARTBEAT_CIB = '/var/lib/heartbeat/crm/cib.xml';

const CLUSTER = [
  COROSYNC_CONF,
  '/etc/corosync/authkey',
  '/etc/corosync/uidgid.d/',
  '/etc/pacemaker/authkey',
  HA_CF,
  HARESOURCES,
  HA_AUTHKEYS,
];
const NODE = [
  ...['pacemaker', 'corosync', 'sbd', 'heartbeat'].flatMap((name) => [
    `/etc/default/${name}`,
    `/etc/sysconfig/${name}`,
  ]),
  '/etc/ha.d/resource.d/',
  '/etc/powerman/',
  '/etc/cluster/',
  '/var/lib/pcsd/',
];
const STATE = [CIB_FILE, HEARTBEAT_CIB];

export const CONFIGURATION_ITEMS: readonly ConfigurationItem[] = [
  ...CLUSTER.map((path) => ({ path, belonging: 'cluster' as const })),
  ...NODE.map((path) => ({ path, belonging: 'node' as const })),
  ...STATE.map((path) => ({ path, belonging: 'state' as const })),
];

/** Undefined for a path that is no configuration of a cluster, nor a file directly in one of the folders. */
export function itemOf(path: string): ConfigurationItem | undefined {
  const folder = path.slice(0, path.lastIndexOf('/') + 1);
  if (path === folder || ['.', '..'].includes(path.slice(folder.length))) return undefined;
  return CONFIGURATION_ITEMS.find((item) => item.path === path || item.path === folder);
}
