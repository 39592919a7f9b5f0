/** The configuration of a cluster as streams of a snapshot. */
import type { CapturedStream } from '../backup.ts';
import type { Config, SourceConfig } from '../config.ts';
import { capture } from '../failover.ts';
import { type Clock, type Processes, ssh } from '../host.ts';
import type { RunWorld } from './model.ts';

export type ClusterConfig = Extract<SourceConfig, { cluster: string }>;

export interface ClusterParts {
  clusters: Config['clusters'];
  processesOfNode: (node: string) => Processes;
  clock: Clock;
  /** `0.1.0` */
  version: string;
  signal: AbortSignal;
}

export interface OpenedCluster {
  streams: CapturedStream[];
  /** What must be there and was not had; the snapshot lacks it. */
  problems: readonly string[];
}

/**
 * Reads everything at once: what becomes files is known only then, and it is little.
 * @throws {AppError} `source-failed` when no node gives anything; the signal's reason
 */
export async function openCluster(source: ClusterConfig, parts: ClusterParts): Promise<OpenedCluster> {
  const { clusters, processesOfNode, clock, version, signal } = parts;
  const hosts = clusters[source.cluster]!.nodes.map((name) => {
    return { name, seat: { name, processes: processesOfNode(name) } };
  });
  const nodes = await capture.gatherConfiguration(hosts, { clock, signal, timeLimitMs: source.timeLimit });
  const { files, problems } = capture.captureOf(source.cluster, nodes, { nowMs: clock.nowMs(), version });
  const streams = files.map(({ name, mode, bytes }) => ({ name, mode, stream: onePart(bytes) }));
  return { streams, problems: problems.map((problem) => `cluster ${source.cluster}: ${problem}`) };
}

async function* onePart(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  if (bytes.length > 0) yield bytes;
}

const CONNECT_TIMEOUT_MS = 15_000;

/** A node is this machine, a host of the configuration, or one that ssh knows by that name. */
export function processesOfNode({ config, identity, processesOf }: RunWorld, node: string): Processes {
  if (Object.hasOwn(config.hosts, node)) return processesOf(node);
  const local = processesOf('local');
  if (node === identity.hostname) return local;
  return ssh.sshProcesses(local, { name: node, address: node, connectTimeoutMs: CONNECT_TIMEOUT_MS });
}
