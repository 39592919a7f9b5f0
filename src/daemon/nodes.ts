/** How the nodes of clusters are reached: this machine when it is one, as a host of the configuration, or as ssh knows them. */
import { NODE_CONNECT_MS_MAX } from '../base/cluster-limits.ts';
import type { live } from '../cluster.ts';
import { type Processes, ssh } from '../host.ts';
import type { RunWorld } from './model.ts';

type Reaching = Pick<RunWorld, 'config' | 'identity' | 'processesOf'>;

/** Nodes of a cluster of the configuration by the names they have there: `local` is this machine. */
export function nodesOf({ config, identity }: Omit<Reaching, 'processesOf'>, cluster: string): string[] {
  return config.clusters[cluster]!.nodes.map((node) => (node === 'local' ? identity.hostname : node));
}

/** @param node as it calls itself */
export function seatOf(world: Reaching, node: string): live.Seat {
  return { name: node, processes: processesOfNode(world, node) };
}

export function processesOfNode(world: Reaching, node: string): Processes {
  const { config, processesOf } = world;
  if (Object.hasOwn(config.hosts, node)) return processesOf(node);
  const local = processesOf('local');
  return isHere(world, node) ? local : ssh.sshProcesses(local, addressOf(world, node));
}

/** What ssh is told of a node. */
export function addressOf({ config }: Pick<Reaching, 'config'>, node: string): ssh.SshAddress {
  if (!Object.hasOwn(config.hosts, node)) return { name: node, address: node, connectTimeoutMs: NODE_CONNECT_MS_MAX };
  const { connectTimeout, ...host } = config.hosts[node]!;
  return { ...host, name: node, connectTimeoutMs: connectTimeout };
}

/** Whether the node is this machine, which then is reached without ssh. A host of its name in the configuration counts before. */
export function isHere({ config, identity }: Omit<Reaching, 'processesOf'>, node: string): boolean {
  return !Object.hasOwn(config.hosts, node) && node === identity.hostname;
}
