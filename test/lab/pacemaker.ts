/** A real cluster of Pacemaker and Corosync on hosts of the lab, with the power controller as its means of fencing. */
import { randomBytes } from 'node:crypto';
import type { Host } from './host.ts';
import type { Lab } from './lab.ts';
import type { Lun } from './lun.ts';
import { type ConfigurationOptions, configurationXml, directoryOf } from './pacemaker-configuration.ts';
import { corosyncConf, FIRST_CIB, hostsFile, NO_MODULES, PACEMAKER_BOOT } from './pacemaker-files.ts';
import { FENCE_AGENT } from './power-scripts.ts';
import { until } from './wait.ts';

/** Programs that a cluster needs, as test/peers.ts names them. */
export const PACEMAKER_PEERS = [
  'root',
  'namespaces',
  'ip',
  'mke2fs',
  'python3',
  'corosync',
  'pacemakerd',
  'crm_mon',
  'ocf-tester',
] as const;

const TOKEN_MS = 1000;
const ONLINE_MS_MAX = 40_000;
const SETTLE_S = 60;
const AUTHKEY_BYTES = 256;

export interface PacemakerOptions {
  /** Corosync's token, after which a silent node counts as lost; 1000 when absent. */
  tokenMs?: number;
  /** What the nodes are configured with, where that is not the lab's own to make. */
  corosync?: { conf: string; authkey: Uint8Array };
}

/** Boots fresh hosts of these names, and waits until each sees all online. Resources come with `load`. */
export async function startPacemaker(
  lab: Lab,
  names: readonly string[],
  { tokenMs = TOKEN_MS, corosync }: PacemakerOptions = {},
): Promise<PacemakerCluster> {
  const hosts = names.map((name) => lab.host(name));
  const { conf, authkey } = corosync ?? { conf: corosyncConf(hosts, tokenMs), authkey: randomBytes(AUTHKEY_BYTES) };
  for (const host of hosts) {
    host.write('/etc/hosts', hostsFile(hosts));
    host.write('/etc/corosync/corosync.conf', conf);
    host.write('/etc/corosync/authkey', authkey, 0o400);
    host.write('/etc/lab/cib.xml', FIRST_CIB);
    host.write('/etc/lab/boot', PACEMAKER_BOOT, 0o755);
    host.write('/usr/sbin/fence_lab', FENCE_AGENT, 0o755);
    host.write('/usr/sbin/modprobe', NO_MODULES, 0o755);
  }
  const cluster = new PacemakerCluster(lab, hosts);
  await Promise.all(hosts.map((host) => host.boot()));
  await cluster.waitOnline();
  return cluster;
}

export class PacemakerCluster {
  readonly hosts: readonly Host[];
  readonly #lab: Lab;

  constructor(lab: Lab, hosts: readonly Host[]) {
    this.#lab = lab;
    this.hosts = hosts;
  }

  /** Configures fencing and file systems, and waits until nothing is left to do. */
  async configure(options: Omit<ConfigurationOptions, 'nodes'>): Promise<void> {
    for (const host of this.hosts)
      await host.must(['mkdir', '-p', ...options.filesystems.map(({ lun }) => directoryOf(lun))]);
    await this.load(configurationXml({ ...options, nodes: this.hosts.map(({ name }) => name) }));
    await this.settle();
  }

  /** Replaces the `configuration` section of the CIB. */
  async load(xml: string): Promise<void> {
    await this.#any().must(['cibadmin', '--replace', '--scope', 'configuration', '--xml-pipe'], { input: xml });
  }

  /** Waits until the cluster has nothing more to do, by its own word. */
  async settle(): Promise<void> {
    const argv = ['crm_resource', '--wait', `--timeout=${SETTLE_S}s`];
    await this.#any().must(argv, { timeLimitMs: (SETTLE_S + 5) * 1000 });
  }

  /** Nodes that are online as `host` sees it; none while its cluster stack does not answer. */
  async online(host: Host = this.#any()): Promise<string[]> {
    const { output } = await host.exec(['crm_mon', '--one-shot', '--output-as=xml']);
    return [...output.matchAll(/<node name="([^"]+)"[^>]*\sonline="true"[^>]*\spending="false"/g)].map(([, n]) => n!);
  }

  /** @returns milliseconds until every one of these hosts, all when absent, sees exactly these online */
  async waitOnline(names: readonly string[] = this.hosts.map(({ name }) => name)): Promise<number> {
    const wanted = [...names].sort().join();
    const seeing = this.hosts.filter(({ name }) => names.includes(name));
    const isSo = async (): Promise<boolean> => {
      const seen = await Promise.all(seeing.map((host) => this.online(host)));
      return seen.every((each) => each.sort().join() === wanted);
    };
    return until(`${wanted} are online`, isSo, {
      limitMs: ONLINE_MS_MAX,
      everyMs: 200,
      explain: () => this.describe(),
    });
  }

  /** @returns milliseconds until the LUN was mounted on this node and nowhere else */
  async waitActive(lun: Lun, node: string, limitMs: number): Promise<number> {
    try {
      return await this.#lab.waitActive(lun, node, limitMs);
    } catch (error) {
      throw new Error(await this.describe(), { cause: error });
    }
  }

  /** Switches a node on and waits until all are online again, with nothing left to do. @returns milliseconds until online */
  async rejoin(node: string): Promise<number> {
    const begin = performance.now();
    await this.#lab.host(node).boot();
    await this.waitOnline();
    const tookMs = performance.now() - begin;
    await this.settle();
    return tookMs;
  }

  /** What each host sees, for messages. */
  async describe(): Promise<string> {
    const views = this.hosts.map(async (host) => {
      if (!host.isOn) return `${host.name} is off`;
      const { output, errorText } = await host.exec(['crm_mon', '-1rf']);
      return `${host.name} sees:\n${output}${errorText}`;
    });
    return (await Promise.all(views)).join('\n');
  }

  #any(): Host {
    const host = this.hosts.find(({ isOn }) => isOn);
    if (host === undefined) throw new Error('all nodes are off');
    return host;
  }
}
