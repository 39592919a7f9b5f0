/** Inputs of a verdict that follow from what was read; pure. */
import { FENCING_PROOF_MS_MAX, REPLICA_AGE_MS_MAX } from '../../base/cluster-limits.ts';
import { live, type mmp, type state } from '../../cluster.ts';
import type { VerdictInput } from './model.ts';

/** Somebody's proof that a node can be fenced: a test of its path, or its last real shot. */
export interface FencingProof {
  node: string;
  /** Device or program that answered. */
  by: string;
  isProven: boolean;
  atMs: number;
  text: string;
}

/** When a replicated resource was last in step with what it replicates. */
export interface ReplicaEvidence {
  resource: string;
  syncedMs: number;
}

export function quorumInput({ kind, hasQuorum, atMs, nodes }: state.ClusterState): VerdictInput {
  const input = { name: 'quorum', subject: '', examinedMs: atMs } as const;
  if (kind === 'heartbeat') {
    const away = nodes.filter(({ isOnline }) => !isOnline).map(({ name }) => name);
    if (away.length > 0) return { ...input, finding: 'bad', text: `${away.join(' and ')} is not heard` };
    return { ...input, finding: 'good', text: 'Heartbeat has none in version 1 mode; both nodes hear each other' };
  }
  if (hasQuorum === undefined)
    return { ...input, finding: 'unexamined', examinedMs: undefined, text: 'nothing is said of it' };
  return hasQuorum
    ? { ...input, finding: 'good', text: 'there is quorum' }
    : { ...input, finding: 'bad', text: 'there is none' };
}

/** A node that gives something up: it is up and does so by itself, or it is surely off. */
export function peerInput({ nodes, fencing, atMs }: state.ClusterState, name: string): VerdictInput {
  const input = { name: 'peer', subject: name, examinedMs: atMs } as const;
  const node = nodes.find((each) => each.name === name);
  if (node === undefined)
    return { ...input, finding: 'unexamined', examinedMs: undefined, text: 'it is no node of the cluster' };
  if (node.isUnclean) return { ...input, finding: 'bad', text: 'UNCLEAN: neither known to be up nor surely off' };
  if (node.isPending) return { ...input, finding: 'bad', text: 'it is just joining' };
  if (node.isOnline) return { ...input, finding: 'good', text: 'up and heard: it gives up what it has by itself' };
  const last = fencing?.find(({ target }) => target === name);
  if (last?.status === 'success')
    return { ...input, finding: 'good', text: `off: ${last.action} by ${last.delegate ?? 'a node'}` };
  if (fencing === undefined)
    return {
      ...input,
      finding: 'unexamined',
      examinedMs: undefined,
      text: 'it is away, and the fencing history could not be read',
    };
  return { ...input, finding: 'bad', text: 'it is away, and nobody fenced it' };
}

/** The newest proof counts; one that failed after a good one undoes it. */
export function fencingInput(
  { kind, options, atMs }: state.ClusterState,
  { node, proofs, nowMs }: { node: string; proofs: readonly FencingProof[]; nowMs: number },
): VerdictInput {
  const input = { name: 'fencing', subject: node } as const;
  if (kind === 'pacemaker' && options.fencesNodes === false)
    return { ...input, finding: 'bad', examinedMs: atMs, text: 'fencing is switched off' };
  const own = proofs.filter((proof) => proof.node === node);
  const newest = [...Map.groupBy(own, ({ by }) => by).values()].map(
    (all) => all.toSorted((a, b) => b.atMs - a.atMs)[0]!,
  );
  if (newest.length === 0) return { ...input, finding: 'unexamined', examinedMs: undefined, text: 'no path was asked' };
  const fresh = newest.filter(({ atMs: provenMs }) => nowMs - provenMs <= FENCING_PROOF_MS_MAX);
  const [proven] = fresh.filter(({ isProven }) => isProven).toSorted((a, b) => b.atMs - a.atMs);
  const failed = newest.filter(({ isProven }) => !isProven);
  if (proven !== undefined) {
    const also = failed.length === 0 ? '' : `; but not ${failed.map(({ by }) => by).join(', ')}`;
    return { ...input, finding: 'good', examinedMs: proven.atMs, text: `${proven.by}: ${proven.text}${also}` };
  }
  if (failed.length > 0)
    return {
      ...input,
      finding: 'bad',
      examinedMs: failed[0]!.atMs,
      text: failed.map(({ by, text }) => `${by}: ${text}`).join('; '),
    };
  return { ...input, finding: 'unexamined', examinedMs: undefined, text: 'its last proof is more than a day old' };
}

/**
 * What the block of a device says, beside what the cluster says of its resource.
 * @param holder node where the resource is active; undefined when nowhere
 */
export function mmpInput(
  { device, resource }: state.SharedFilesystem,
  reading: mmp.MmpReading,
  { holder, host, nowMs }: { holder: string | undefined; host: string; nowMs: number },
): VerdictInput {
  const input = { name: 'mmp', subject: `${resource} (${device})`, examinedMs: nowMs } as const;
  const told = (finding: 'good' | 'bad', text: string): VerdictInput => ({
    ...input,
    finding,
    text: `${text} (seen from ${host})`,
  });
  switch (reading.state) {
    case 'clean':
      if (holder === undefined) return told('good', 'clean: nobody has it');
      return told('bad', `clean, as if nobody had it, and the cluster says that ${holder} has it`);
    case 'active-or-crashed':
      if (holder !== undefined) return told('good', `in use, as the cluster says: ${holder} has it`);
      return told('bad', `somebody has it, or had it when it died${by(reading)}, and the cluster knows of nobody`);
    case 'fsck':
      return told('bad', 'e2fsck or tune2fs is at work on it, or died at work: a mount is refused');
    case 'no-mmp':
      return told('bad', 'no multiple-mount protection: a second host can mount it at any time');
    case 'damaged':
      return told('bad', `damaged: ${reading.damage?.text ?? 'it cannot be trusted'}`);
    case 'not-ext4':
      return told('good', 'no ext4, and so without such a protection: fencing alone protects it');
  }
}

function by({ mmp: block }: mmp.MmpReading): string {
  return block === undefined || block.nodeName === '' ? '' : ` (${block.nodeName})`;
}

/** Agents whose resources are copies of others. */
const REPLICATED = /^ocf:(?:linbit|heartbeat):drbd|drbddisk/;

export function replicaInputs(
  { resources, atMs }: state.ClusterState,
  { replicas, nowMs }: { replicas: readonly ReplicaEvidence[]; nowMs: number },
): VerdictInput[] {
  const found = live.primitivesOf(resources).filter(({ primitive }) => REPLICATED.test(primitive.agent));
  const ids = [
    ...new Set([...found.map(({ primitive }) => primitive.id), ...replicas.map(({ resource }) => resource)]),
  ];
  if (ids.length === 0)
    return [{ name: 'replica', subject: '', finding: 'good', examinedMs: atMs, text: 'no resource is a replica' }];
  return ids.map((id): VerdictInput => {
    const input = { name: 'replica', subject: id } as const;
    const own = replicas.filter(({ resource }) => resource === id).toSorted((a, b) => b.syncedMs - a.syncedMs)[0];
    if (own === undefined)
      return {
        ...input,
        finding: 'unexamined',
        examinedMs: undefined,
        text: 'it is not known when it was last in step',
      };
    const ageMs = nowMs - own.syncedMs;
    const text = `in step ${Math.round(ageMs / 1000)} s ago`;
    return { ...input, finding: ageMs <= REPLICA_AGE_MS_MAX ? 'good' : 'bad', examinedMs: own.syncedMs, text };
  });
}
