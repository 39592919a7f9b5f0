/** Everything that one node is configured by, and the CIB as it tells it. */
import { CLUSTER_REREAD_MS, CONFIGURATION_NODES_MAX } from '../../base/cluster-limits.ts';
import type { ErrorCode } from '../../base/errors.ts';
import { hasCode } from '../../base/errors.ts';
import { forEachLimited } from '../../base/tasks.ts';
import { cib, corosync, type pacemaker, pacemakerAct, UNANSWERED, UNREACHED } from '../../cluster.ts';
import type { Clock } from '../../host.ts';
import { CIB_FILE, CONFIGURATION_ITEMS, COROSYNC_CONF } from './items.ts';
import { type ReadFile, type ReadNode, readNodeFiles } from './read.ts';

export interface CaptureHost {
  /** As the configuration calls the node. */
  name: string;
  seat: pacemaker.Seat;
}

export interface GatherOptions {
  clock: Clock;
  signal?: AbortSignal | undefined;
  /** For each program that is run on a node. */
  timeLimitMs: number;
}

export interface GatheredNode {
  name: string;
  atMs: number;
  /** Undefined when the node could not be asked; `why` says why. */
  read: ReadNode | undefined;
  why: string | undefined;
  /** The CIB of a running cluster. */
  live: cib.XmlDocument | undefined;
  /** Why there is none. */
  liveWhy: string | undefined;
}

/** Of a live CIB: not there is no failure, as the cluster may be down, or be one of Heartbeat. */
const NO_CIB: readonly ErrorCode[] = [...UNANSWERED, 'config', 'refused'];

/**
 * All nodes, side by side. CIBs that differ are asked for once more before they count, as nobody is asked in the same instant.
 * @throws only the abort signal's reason, and bugs: a node that does not answer is told in the result
 */
export async function gatherConfiguration(
  hosts: readonly CaptureHost[],
  options: GatherOptions,
): Promise<GatheredNode[]> {
  const { clock, signal } = options;
  const nodes: GatheredNode[] = [];
  await forEachLimited(hosts.entries(), { width: CONFIGURATION_NODES_MAX, signal }, async ([at, host], own) => {
    nodes[at] = await gatherNode(host, { ...options, signal: own });
  });
  const versions = nodes.flatMap(({ live }) => (live === undefined ? [] : [versionOf(live)]));
  if (new Set(versions).size <= 1) return nodes;
  await clock.sleep(CLUSTER_REREAD_MS, signal);
  return await Promise.all(
    nodes.map(async (node, at) => {
      if (node.read === undefined || node.live === undefined) return node;
      return { ...node, ...(await readLive(hosts[at]!.seat, node.read, options)) };
    }),
  );
}

/** As two nodes of one cluster have it alike. */
export function versionOf(document: cib.XmlDocument): string {
  const { adminEpoch, epoch } = cib.epochOf(document);
  return `${adminEpoch}.${epoch}`;
}

async function gatherNode({ name, seat }: CaptureHost, options: GatherOptions): Promise<GatheredNode> {
  const { clock } = options;
  try {
    const first = await readNodeFiles(
      seat,
      CONFIGURATION_ITEMS.map(({ path }) => path),
      options,
    );
    const key = keyElsewhere(first.files);
    const read = key === undefined ? first : joined(first, await readNodeFiles(seat, [key], options));
    return { name, atMs: clock.nowMs(), read, why: undefined, ...(await readLive(seat, read, options)) };
  } catch (error) {
    if (!hasCode(error, ...UNREACHED)) throw error;
    return { name, atMs: clock.nowMs(), read: undefined, why: error.message, live: undefined, liveWhy: error.message };
  }
}

/** The key of corosync.conf where it is not the usual one. */
export function keyElsewhere(files: readonly ReadFile[]): string | undefined {
  const settings = corosyncOf(files);
  const file = settings?.crypto.keyFile;
  if (file === undefined || !file.startsWith('/')) return undefined;
  return CONFIGURATION_ITEMS.some(({ path }) => path === file) ? undefined : file;
}

/** Undefined when there is no corosync.conf. */
export function corosyncOf(files: readonly Pick<ReadFile, 'path' | 'bytes'>[]): corosync.CorosyncSettings | undefined {
  const file = files.find(({ path }) => path === COROSYNC_CONF);
  return file === undefined
    ? undefined
    : corosync.settingsOf(corosync.parseCorosync(file.bytes.toString(), COROSYNC_CONF));
}

async function readLive(
  seat: pacemaker.Seat,
  { files }: ReadNode,
  options: GatherOptions,
): Promise<Pick<GatheredNode, 'live' | 'liveWhy'>> {
  const isPacemaker = files.some(({ path }) => path === COROSYNC_CONF || path === CIB_FILE);
  if (!isPacemaker) return { live: undefined, liveWhy: 'it is no node of Pacemaker' };
  try {
    const live = await pacemakerAct.readLiveCib(seat, options);
    // Something else that is XML would not do.
    cib.epochOf(live);
    return { live, liveWhy: undefined };
  } catch (error) {
    if (!hasCode(error, ...NO_CIB)) throw error;
    return { live: undefined, liveWhy: error.message };
  }
}

function joined(first: ReadNode, second: ReadNode): ReadNode {
  return {
    name: first.name,
    files: [...first.files, ...second.files],
    absent: [...first.absent, ...second.absent],
    unreadable: [...first.unreadable, ...second.unreadable],
  };
}
