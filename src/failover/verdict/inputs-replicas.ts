/** Inputs of a verdict about replicas; pure. */
import { REPLICA_AGE_MS_MAX } from '../../base/cluster-limits.ts';
import type { drbd } from '../../cluster.ts';
import type { VerdictInput } from './model.ts';

/** When a replicated resource was last in step with what it replicates: a person's word. */
export interface ReplicaEvidence {
  resource: string;
  syncedMs: number;
}

/** A resource of the cluster that is a copy of others. */
export interface Replica {
  /** Id in the cluster. */
  id: string;
  /** What its kernel module says of it, or why that is not known. */
  told: drbd.DrbdResource | string;
}

export interface ReplicaSight {
  /** Nodes that would take it over. */
  takers: readonly string[];
  replicas: readonly ReplicaEvidence[];
  atMs: number;
  nowMs: number;
}

/** What the kernel says counts; only where it could not be asked, somebody's word does. */
export function replicaInputs(found: readonly Replica[], sight: ReplicaSight): VerdictInput[] {
  const { replicas, atMs, nowMs } = sight;
  const known = new Set(found.map(({ id }) => id));
  const spoken = replicas.map(({ resource }) => resource).filter((id) => !known.has(id));
  const others = [...new Set(spoken)].map((id): Replica => ({ id, told: 'no replica that this cluster knows of' }));
  if (found.length === 0 && others.length === 0)
    return [{ name: 'replica', subject: '', finding: 'good', examinedMs: atMs, text: 'no resource is a replica' }];
  return [...found, ...others].map(({ id, told }): VerdictInput => {
    const input = { name: 'replica', subject: id } as const;
    if (typeof told !== 'string') {
      const wrong = lagOf(told, sight.takers);
      if (wrong !== undefined) return { ...input, finding: 'bad', examinedMs: nowMs, text: wrong };
      return { ...input, finding: 'good', examinedMs: nowMs, text: 'connected, and up to date on both sides' };
    }
    const own = replicas.filter(({ resource }) => resource === id).toSorted((a, b) => b.syncedMs - a.syncedMs)[0];
    if (own === undefined) {
      const text = `it is not known whether it is in step: ${told}`;
      return { ...input, finding: 'unexamined', examinedMs: undefined, text };
    }
    const ageMs = nowMs - own.syncedMs;
    const text = `in step ${Math.round(ageMs / 1000)} s ago, as somebody says`;
    return { ...input, finding: ageMs <= REPLICA_AGE_MS_MAX ? 'good' : 'bad', examinedMs: own.syncedMs, text };
  });
}

/** Why whoever takes it over would go back in time, or would have it twice; undefined when it is in step. */
export function lagOf({ role, disks, peers }: drbd.DrbdResource, takers: readonly string[]): string | undefined {
  const copies = peers.filter(({ volumes }) => volumes.length === 0 || volumes.some(({ isClient }) => !isClient));
  const named = copies.filter(({ name }) => name !== undefined && takers.some((taker) => isSameHost(taker, name)));
  // Where the names are others than those of the nodes, any of them may be the one.
  const needed = named.length > 0 ? named : copies;
  const primaries = [role, ...peers.map((peer) => peer.role)].filter((each) => each === 'Primary');
  if (primaries.length > 1) return 'it is Primary on more than one node';
  const own = disks.find((disk) => disk !== 'UpToDate');
  if (disks.length === 0) return 'it has no disk there';
  if (own !== undefined) return `its own disk is ${own}`;
  if (needed.length === 0) return 'it has no peer that holds a copy';
  return needed.map(lagOfPeer).find((why) => why !== undefined);
}

function lagOfPeer({ name = 'its peer', connection, volumes }: drbd.DrbdPeer): string | undefined {
  if (connection !== 'Connected') return `${name} is not connected (${connection})`;
  if (volumes.length === 0) return `of ${name} no volume is told`;
  for (const { replication, disk, outOfSyncKib = 0, isClient } of volumes) {
    if (isClient) continue;
    if (replication !== 'Established') return `${name} is not in step (${replication})`;
    if (disk !== 'UpToDate') return `the disk of ${name} is ${disk}`;
    if (outOfSyncKib > 0) return `${outOfSyncKib} KiB differ on ${name}`;
  }
  return undefined;
}

/** DRBD knows hosts by `uname -n`, which may be the longer name. */
function isSameHost(a: string, b: string): boolean {
  const [one, other] = [a.toLowerCase(), b.toLowerCase()];
  return one === other || one.split('.')[0] === other.split('.')[0];
}
