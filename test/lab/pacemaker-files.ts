/** Files of a node of Pacemaker and Corosync, as they must be on a host that has no service manager. */
import type { Host } from './host.ts';

/** Started by the host's first process. The machine's own state of a cluster, should it have one, is not the host's. */
export const PACEMAKER_BOOT = `#!/bin/bash
install -d -o hacluster -g haclient -m 750 /run/crm
install -d -m 755 /run/resource-agents
if [ ! -e /etc/lab/seeded ]; then
  rm -rf /var/lib/pacemaker /var/lib/corosync /var/log/pacemaker /var/log/corosync
  install -d -m 755 /var/lib/corosync /var/log/corosync
  install -d -o hacluster -g haclient -m 750 /var/lib/pacemaker /var/lib/pacemaker/{cib,pengine,cores,blackbox}
  install -d -o hacluster -g haclient -m 770 /var/log/pacemaker
  install -o hacluster -g haclient -m 600 /etc/lab/cib.xml /var/lib/pacemaker/cib/cib.xml
  touch /etc/lab/seeded
fi
[ "$1" != by-hand ] && [ -e /etc/lab/no-cluster-at-boot ] && exit 0
export PCMK_logfile=/var/log/pacemaker/pacemaker.log PCMK_logfacility=none PCMK_ipc_type=shared-mem
corosync || exit
until corosync-cfgtool -s >/dev/null 2>&1; do sleep 0.05; done
exec pacemakerd
`;

/** There are no kernel modules to load, but the agent for file systems insists on trying (ocf_heartbeat_Filesystem(7)). */
export const NO_MODULES = '#!/bin/sh\nexit 0\n';

/** Only to have a short wait for other nodes at the first start, which is 20 s by default (pacemaker-controld(7)). */
export const FIRST_CIB =
  '<cib validate-with="pacemaker-3.9" epoch="1" num_updates="0" admin_epoch="0"><configuration><crm_config>' +
  '<cluster_property_set id="first"><nvpair id="first-dc-deadtime" name="dc-deadtime" value="2s"/></cluster_property_set>' +
  '</crm_config><nodes/><resources/><constraints/></configuration><status/></cib>\n';

/** corosync.conf(5) with two links; for two nodes, both must have been there once. */
export function corosyncConf(hosts: readonly Host[], tokenMs: number): string {
  const nodes = hosts.map((host, at) => [
    '    node {',
    `        name: ${host.name}`,
    `        nodeid: ${at + 1}`,
    `        ring0_addr: ${host.address(0)}`,
    `        ring1_addr: ${host.address(1)}`,
    '    }',
  ]);
  const pair = hosts.length === 2 ? ['    two_node: 1', '    wait_for_all: 1'] : [];
  const sections = [
    ['totem {', '    version: 2', '    cluster_name: lab', '    transport: knet', `    token: ${tokenMs}`],
    ['    crypto_cipher: aes256', '    crypto_hash: sha256', '}'],
    ['system {', '    sched_rr: no', '    move_to_root_cgroup: no', '}'],
    ['logging {', '    to_stderr: no', '    to_logfile: yes', '    logfile: /var/log/corosync/corosync.log'],
    ['    to_syslog: no', '    timestamp: hires', '}'],
    ['quorum {', '    provider: corosync_votequorum', ...pair, '}'],
    ['nodelist {', ...nodes.flat(), '}', ''],
  ];
  return sections.flat().join('\n');
}

export function hostsFile(hosts: readonly Host[]): string {
  return ['127.0.0.1 localhost', ...hosts.map((host) => `${host.address(0)} ${host.name}`), ''].join('\n');
}
