/** A real pair of Heartbeat in version 1 mode (haresources) on hosts of the lab. */
import type { Host } from './host.ts';
import { BOARD_USER, boardOf, giveIpmitool } from './ipmi.ts';
import type { Lab } from './lab.ts';
import type { Lun } from './lun.ts';
import { directoryOf } from './pacemaker-configuration.ts';
import { hostsFile, NO_MODULES } from './pacemaker-files.ts';
import { POWER_SOCKET, STONITH_PLUGIN } from './power-scripts.ts';
import { LINKS } from './switch.ts';
import { until } from './wait.ts';

/** Programs that a pair needs, as test/peers.ts names them. */
export const HEARTBEAT_PEERS = ['root', 'namespaces', 'ip', 'mke2fs', 'python3', 'cl_status', 'ocf-tester'] as const;

/** 13 s on a machine that does nothing else. */
const START_MS_MAX = 80_000;
const SETTLE_MS_MAX = 30_000;
const QUIET_MS = 800;
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
[ "$1" != by-hand ] && [ -e /etc/lab/no-cluster-at-boot ] && exit 0
exec /usr/libexec/heartbeat/heartbeat
`;

export interface HeartbeatOptions {
  /** LUN of the group that prefers the first host. */
  lun: Lun;
  /** LUN of a group that prefers the second: active/active. */
  second?: Lun;
  /** Whether the power controller is used; true when absent. */
  hasStonith?: boolean;
  /** By a plugin of its own, which is what it is when absent, or as boards that speak IPMI, one for each host. */
  power?: 'lab' | 'ipmi';
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
  const luns = [options.lun, ...(options.second === undefined ? [] : [options.second])];
  for (const host of hosts) {
    host.write('/etc/hosts', hostsFile(hosts));
    for (const [path, text] of Object.entries(files)) host.write(path, text, path.endsWith('authkeys') ? 0o600 : 0o644);
    host.write('/etc/lab/boot', BOOT, 0o755);
    host.write('/usr/lib/stonith/plugins/external/lab', STONITH_PLUGIN, 0o755);
    host.write('/usr/sbin/modprobe', NO_MODULES, 0o755);
    for (const lun of luns) host.write(`${directoryOf(lun)}/.keep`, '');
    if (options.power === 'ipmi') giveIpmitool(host);
  }
  await Promise.all(hosts.map((host) => host.boot()));
  const pair = new HeartbeatPair(lab, hosts, options.lun);
  await Promise.all(luns.map((lun, at) => pair.waitActive(hosts[at]!, START_MS_MAX, lun)));
  return pair;
}

/** Path → text of what a node of the pair is configured with. */
export function heartbeatFiles(
  hosts: readonly [Host, Host],
  { lun, second, hasStonith = true, power = 'lab', autoFailback = 'off' }: HeartbeatOptions,
): Record<string, string> {
  const media = hosts.flatMap((host) => LINKS.map((link) => `ucast eth${link} ${host.address(link)}`));
  const names = hosts.map(({ name }) => name);
  const haCf = [
    ...['logfile /var/log/ha-log', 'logfacility none', 'realtime off', 'udpport 694'],
    ...['keepalive 200ms', 'warntime 1', 'deadtime 2', 'initdead 5'],
    ...media,
    `auto_failback ${autoFailback}`,
    ...(hasStonith
      ? power === 'ipmi'
        ? boards(hosts)
        : [`stonith_host * external/lab ${names.join()} ${POWER_SOCKET}`]
      : []),
    ...names.map((name) => `node ${name}`),
    ...['crm off', ''],
  ];
  return {
    '/etc/ha.d/ha.cf': haCf.join('\n'),
    '/etc/ha.d/haresources': [lun, second].map((each, at) => groupLine(names[at]!, each, at)).join(''),
    '/etc/ha.d/authkeys': `auth 1\n1 sha1 ${KEY}\n`,
  };
}

/** Each is used by the other host, as nobody shoots himself. */
function boards([first, second]: readonly [Host, Host]): string[] {
  const lineOf = (from: Host, target: Host): string => {
    const { address, password } = boardOf(target);
    return `stonith_host ${from.name} external/ipmi ${target.name} ${address} ${BOARD_USER} ${password} lanplus`;
  };
  return [lineOf(second, first), lineOf(first, second)];
}

function groupLine(node: string, lun: Lun | undefined, at: number): string {
  if (lun === undefined) return '';
  return `${node} 10.77.0.${100 + at}/24/eth0 Filesystem::${lun.path}::${directoryOf(lun)}::ext4\n`;
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

  /** Whether neither is in the middle of something, by their own word. */
  async isSettled(): Promise<boolean> {
    const held = await Promise.all(this.hosts.map((host) => this.heldBy(host)));
    return held.every((each) => ['all', 'local', 'foreign', 'none'].includes(each));
  }

  /** Waits until they have settled and stay so: a pair in transition drops the next order, and between two steps does not say so. */
  async settle(): Promise<void> {
    let sinceMs = performance.now();
    const isQuiet = async (): Promise<boolean> => {
      if (!(await this.isSettled())) sinceMs = performance.now();
      return performance.now() - sinceMs >= QUIET_MS;
    };
    await until('the pair has settled', isQuiet, { limitMs: SETTLE_MS_MAX, everyMs: 100 });
  }

  /** @returns milliseconds until the file system, the first group's when absent, was mounted on this host and nowhere else */
  async waitActive(host: Host, limitMs: number, lun = this.lun): Promise<number> {
    try {
      return await this.#lab.waitActive(lun, host.name, limitMs);
    } catch (error) {
      const logs = this.hosts.map((each) => `${each.name}:\n${(each.read('/var/log/ha-log') ?? '').slice(-3000)}`);
      throw new Error(logs.join('\n'), { cause: error });
    }
  }
}
