/** What is looked for on a node. Most nodes have only some of it. */

/** How secrets get out of a text, beside those that are known by their value. */
export type Redaction = 'cib' | 'authkeys' | 'ha.cf' | 'powerman' | 'plain';

export interface BundleItem {
  /** Its place in the bundle, below the node. */
  name: string;
  redaction: Redaction;
  /** A file, of which the end is taken, or a program and its arguments. */
  from: { path: string } | { call: readonly [string, ...string[]] };
}

const CONFIGURATION: readonly (readonly [string, Redaction])[] = [
  ['/etc/corosync/corosync.conf', 'plain'],
  ['/etc/ha.d/ha.cf', 'ha.cf'],
  ['/etc/ha.d/haresources', 'plain'],
  ['/etc/ha.d/authkeys', 'authkeys'],
  ['/etc/powerman/powerman.conf', 'powerman'],
  ['/etc/default/pacemaker', 'plain'],
  ['/etc/default/corosync', 'plain'],
  ['/etc/sysconfig/pacemaker', 'plain'],
  ['/etc/sysconfig/corosync', 'plain'],
  ['/etc/hosts', 'plain'],
  ['/etc/fstab', 'plain'],
  ['/etc/mdadm/mdadm.conf', 'plain'],
  ['/etc/mdadm.conf', 'plain'],
  ['/etc/os-release', 'plain'],
  ['/var/lib/pacemaker/cib/cib.xml', 'cib'],
  ['/proc/mounts', 'plain'],
  ['/proc/mdstat', 'plain'],
  ['/proc/uptime', 'plain'],
];

const LOGS = [
  '/var/log/pacemaker/pacemaker.log',
  '/var/log/pacemaker.log',
  '/var/log/cluster/corosync.log',
  '/var/log/corosync/corosync.log',
  '/var/log/ha-log',
  '/var/log/ha-debug',
] as const;

const CALLS: Readonly<Record<string, readonly [string, ...string[]]>> = {
  'date.txt': ['date', '-u', '+%Y-%m-%dT%H:%M:%SZ'],
  'uname.txt': ['uname', '-a'],
  'crm_mon.xml': ['crm_mon', '--one-shot', '--inactive', '--output-as=xml'],
  'crm_mon.txt': ['crm_mon', '--one-shot', '--inactive', '--failcounts', '--show-node-attributes', '--neg-locations'],
  'crm_verify.txt': ['crm_verify', '--live-check', '-V'],
  'stonith-history.txt': ['stonith_admin', '--history', '*', '--verbose'],
  'stonith-registered.txt': ['stonith_admin', '--list-registered'],
  'corosync-links.txt': ['corosync-cfgtool', '-s'],
  'corosync-quorum.txt': ['corosync-quorumtool', '-s'],
  'heartbeat.txt': ['cl_status', 'hbstatus'],
  'heartbeat-nodes.txt': ['cl_status', 'listnodes'],
  'heartbeat-resources.txt': ['cl_status', 'rscstatus'],
  'pacemaker-version.txt': ['pacemakerd', '--version'],
  'corosync-version.txt': ['corosync', '-v'],
  'packages-dpkg.txt': ['dpkg-query', '--show'],
  'packages-rpm.txt': ['rpm', '--query', '--all'],
  'services.txt': ['systemctl', 'list-units', '--all', '--no-pager', '--plain'],
  'journal.txt': [
    ...(['journalctl', '--no-pager', '--lines=50000', '--output=short-iso'] as const),
    ...['pacemaker', 'corosync', 'heartbeat', 'sbd', 'pcsd'].map((unit) => `--unit=${unit}.service`),
  ],
  'kernel.txt': ['dmesg', '--time-format=iso'],
  'addresses.txt': ['ip', '-oneline', 'address'],
};

export const BUNDLE_ITEMS: readonly BundleItem[] = [
  { name: 'cib-live.xml', redaction: 'cib', from: { call: ['cibadmin', '--query'] } },
  ...CONFIGURATION.map(([path, redaction]): BundleItem => ({ name: path.slice(1), redaction, from: { path } })),
  ...Object.entries(CALLS).map(([name, call]): BundleItem => ({ name, redaction: 'plain', from: { call } })),
  ...LOGS.map((path): BundleItem => ({ name: path.slice(1), redaction: 'plain', from: { path } })),
];

/** Where Pacemaker keeps the CIBs before each change (pacemaker-based(8)). */
export const CIB_HISTORY = '/var/lib/pacemaker/cib';
const HISTORY_FILE = /^cib-\d+\.raw$/;

/** Of a listing, newest first, the CIBs of the past that are taken. */
export function historyItems(listing: string, max: number): BundleItem[] {
  const names = listing.split('\n').filter((name) => HISTORY_FILE.test(name));
  return names.slice(0, max).map((name) => {
    const path = `${CIB_HISTORY}/${name}`;
    return { name: path.slice(1), redaction: 'cib', from: { path } };
  });
}

/** What is left out on purpose, and told. */
export const LEFT_OUT: readonly { what: string; why: string }[] = [
  { what: '/etc/corosync/authkey, /etc/pacemaker/authkey', why: 'keys' },
  { what: '/var/lib/pacemaker/pengine', why: 'holds passwords inside compressed files; the CIBs say as much' },
  { what: '/var/lib/pacemaker/lrm/secrets', why: 'passwords' },
];
