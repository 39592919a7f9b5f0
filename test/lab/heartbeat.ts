/** A real pair of Heartbeat in version 1 mode (haresources) on hosts of the lab. */
import type { Host } from './host.ts';
import type { Lab } from './lab.ts';
import type { Lun } from './lun.ts';
import { directoryOf } from './pacemaker-configuration.ts';
import { hostsFile, NO_MODULES } from './pacemaker-files.ts';
import { STONITH_PLUGIN } from './power-scripts.ts';
import { LINKS } from './switch.ts';

/** Programs that a pair needs, as test/peers.ts names them. */
export const HEARTBEAT_PEERS = ['root', 'namespaces', 'ip', 'mke2fs', 'python3', 'cl_status', 'ocf-tester'] as const;

const START_MS_MAX = 40_000;
const TOOLS = '/usr/share/heartbeat';
const KEY = 'lab-secret-of-no-worth';

const BOOT = `#!/bin/bash
if [ ! -e /etc/lab/seeded ]; then
  rm -rf /var/lib/heartbeat
  install -d -m 755 /var/lib/heartbeat /var/lib/heartbeat/cores /var/lib/heartbeat/cores/root
  install -d -o hacluster -g haclient -m 700 /var/lib/heartbeat/cores/hacluster
  install -d -o hacluster -g haclient -m 750 /var/lib/heartbeat/{ccm,crm,pengine}
  touch /etc/lab/seeded
fi
for each in heartbeat heartbeat/ccm heartbeat/dopd heartbeat/crm; do
  install -d -o hacluster -g haclient -m 750 /run/$each
done
install -d -m 1777 /run/heartbeat/rsctmp
install -d /run/resource-agents
[ -e /etc/lab/no-cluster-at-boot ] && exit 0
exec /usr/libexec/heartbeat/heartbeat
`;

export interface HeartbeatOptions {
  /** LUN of the one group, which prefers the first host. */
  lun: Lun;
  /** Whether the power controller is used; true when absent. */
  hasStonith?: boolean;
  autoFailback?: 'on' | 'off';
}

/** Boots two fresh hosts of these names and waits until the group runs on the first. */
export async function startHeartbeat(
  lab: Lab,
  names: [string, string],
  options: HeartbeatOptions,
): Promise<HeartbeatPair> {
  const hosts: [Host, Host] = [lab.host(names[0]), lab.host(names[1])];
  const files = heartbeatFiles(hosts, options);
  for (const host of hosts) {
    host.write('/etc/hosts', hostsFile(hosts));
    for (const [path, text] of Object.entries(files)) host.write(path, text, path.endsWith('authkeys') ? 0o600 : 0o644);
    host.write('/etc/lab/boot', BOOT, 0o755);
    host.write('/usr/lib/stonith/plugins/external/lab', STONITH_PLUGIN, 0o755);
    host.write('/usr/sbin/modprobe', NO_MODULES, 0o755);
    host.write(`${directoryOf(options.lun)}/.keep`, '');
  }
  await Promise.all(hosts.map((host) => host.boot()));
  await lab.waitActive(options.lun, names[0], START_MS_MAX);
  return new HeartbeatPair(lab, hosts, options.lun);
}

/** Path → text of what a node of the pair is configured with. */
export function heartbeatFiles(
  hosts: readonly [Host, Host],
  { lun, hasStonith = true, autoFailback = 'off' }: HeartbeatOptions,
): Record<string, string> {
  const media = hosts.flatMap((host) => LINKS.map((link) => `ucast eth${link} ${host.address(link)}`));
  const names = hosts.map(({ name }) => name);
  const haCf = [
    ...['logfile /var/log/ha-log', 'logfacility none', 'realtime off', 'udpport 694'],
    ...['keepalive 200ms', 'warntime 1', 'deadtime 2', 'initdead 5'],
    ...media,
    `auto_failback ${autoFailback}`,
    ...(hasStonith ? [`stonith_host * external/lab ${names.join()} /bmc/power.sock`] : []),
    ...names.map((name) => `node ${name}`),
    ...['crm off', ''],
  ];
  return {
    '/etc/ha.d/ha.cf': haCf.join('\n'),
    '/etc/ha.d/haresources': `${names[0]} 10.77.0.100/24/eth0 Filesystem::${lun.path}::${directoryOf(lun)}::ext4\n`,
    '/etc/ha.d/authkeys': `auth 1\n1 sha1 ${KEY}\n`,
  };
}

export class HeartbeatPair {
  readonly hosts: readonly [Host, Host];
  readonly lun: Lun;
  readonly #lab: Lab;

  constructor(lab: Lab, hosts: readonly [Host, Host], lun: Lun) {
    this.#lab = lab;
    this.hosts = hosts;
    this.lun = lun;
  }

  /** The host takes over everything. */
  async takeover(host: Host): Promise<void> {
    await host.must([`${TOOLS}/hb_takeover`, 'all']);
  }

  /** The host gives up everything to its peer. */
  async standby(host: Host): Promise<void> {
    await host.must([`${TOOLS}/hb_standby`, 'all']);
  }

  /** `active`, `dead`, … of a node, as `host` sees it (cl_status(1)). */
  async statusOf(node: Host, host: Host): Promise<string> {
    return (await host.exec(['cl_status', 'nodestatus', node.name])).output.trim();
  }

  /** What a host holds: `all`, `local`, `foreign`, `none`, `transition`. */
  async heldBy(host: Host): Promise<string> {
    return (await host.exec(['cl_status', 'rscstatus'])).output.trim();
  }

  /** @returns milliseconds until the group's file system was mounted on this host and nowhere else */
  async waitActive(host: Host, limitMs: number): Promise<number> {
    try {
      return await this.#lab.waitActive(this.lun, host.name, limitMs);
    } catch (error) {
      const logs = this.hosts.map((each) => `${each.name}:\n${(each.read('/var/log/ha-log') ?? '').slice(-3000)}`);
      throw new Error(logs.join('\n'), { cause: error });
    }
  }
}
