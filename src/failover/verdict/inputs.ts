/** Inputs of a verdict that follow from what was read; pure. */
import { FENCING_PROOF_MS_MAX } from '../../base/cluster-limits.ts';
import type { state } from '../../cluster.ts';
import type { VerdictInput } from './model.ts';

/** Somebody's proof that a node can be fenced: a test of its path, or its last real shot. */
export interface FencingProof {
  node: string;
  /** Id of the device that answered; undefined of a real shot, which needed all that it took. */
  device?: string | undefined;
  /** Device or program that answered, and whom. */
  by: string;
  isProven: boolean;
  atMs: number;
  text: string;
  /** Why nothing is off although it answers, as with an agent that only pretends. */
  powerless?: string;
}

/** What `by` of a real shot begins with. */
export const SHOT = 'a shot by ';

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
  const unseen = (text: string): VerdictInput => ({ ...input, finding: 'unexamined', examinedMs: undefined, text });
  if (fencing === undefined) return unseen('it is away, and the fencing history could not be read');
  // Unfencing is no end of anything.
  const last = fencing.find(({ target, action }) => target === name && action !== 'on');
  if (last?.status !== 'success') return { ...input, finding: 'bad', text: 'it is away, and nobody fenced it' };
  const endedMs = last.completed?.ms;
  if (endedMs === undefined || atMs - endedMs > FENCING_PROOF_MS_MAX)
    return unseen(
      'it is away, and was fenced longer ago than a day, or nobody knows when: it may have come back since',
    );
  return { ...input, finding: 'good', text: `off: ${last.action} by ${last.delegate ?? 'a node'}` };
}

/** What proofs are judged by. */
export interface FencingEvidence {
  node: string;
  proofs: readonly FencingProof[];
  /** By the topology: devices of which all are needed, a list for each level; undefined where any device will do. */
  levels?: readonly (readonly string[])[] | undefined;
  nowMs: number;
}

/**
 * The newest proof of each way counts; one that failed after a good one undoes it. Where the topology wants several devices
 * together, each of them has to be proven. A real shot proves all of it, until something fails after it.
 */
export function fencingInput(
  { kind, options, atMs }: state.ClusterState,
  { node, proofs, levels, nowMs }: FencingEvidence,
): VerdictInput {
  const input = { name: 'fencing', subject: node } as const;
  const unseen = (text: string): VerdictInput => ({ ...input, finding: 'unexamined', examinedMs: undefined, text });
  if (kind === 'pacemaker' && options.fencesNodes === false)
    return { ...input, finding: 'bad', examinedMs: atMs, text: 'fencing is switched off' };
  if (kind === 'pacemaker' && options.fencesNodes === undefined)
    return unseen('the cluster does not tell whether fencing is on');
  const own = proofs.filter((proof) => proof.node === node);
  const newest = [...Map.groupBy(own, ({ by }) => by).values()].map(
    (all) => all.toSorted((a, b) => b.atMs - a.atMs)[0]!,
  );
  if (newest.length === 0) return unseen('no path was asked');
  const failed = newest.filter(({ isProven }) => !isProven);
  const fresh = newest.filter(
    (proof) => proof.isProven && nowMs - proof.atMs <= FENCING_PROOF_MS_MAX && !isUndone(proof, failed),
  );
  const proven = enoughOf(fresh, levels);
  if (proven !== undefined) {
    const also = failed.length === 0 ? '' : `; but not ${failed.map(({ by }) => by).join(', ')}`;
    // As old as the oldest of those that are needed together.
    const examinedMs = Math.min(...proven.map(({ atMs: provenMs }) => provenMs));
    return { ...input, finding: 'good', examinedMs, text: `${wordsOfProofs(proven, nowMs)}${also}` };
  }
  if (failed.length > 0)
    return {
      ...input,
      finding: 'bad',
      examinedMs: Math.max(...failed.map(({ atMs: failedMs }) => failedMs)),
      text: wordsOfProofs(failed, nowMs),
    };
  const powerless = fresh.flatMap((proof) => proof.powerless ?? []);
  if (powerless.length > 0) return { ...input, finding: 'bad', examinedMs: nowMs, text: powerless.join('; ') };
  if (fresh.length > 0 && levels !== undefined)
    return unseen(`only ${fresh.map(({ by }) => by).join(', ')} is proven, and no level of the topology as a whole`);
  return unseen(
    `its newest proof is more than a day old: ${wordsOfProofs([newest.toSorted((a, b) => b.atMs - a.atMs)[0]!], nowMs)}`,
  );
}

function wordsOfProofs(proofs: readonly FencingProof[], nowMs: number): string {
  return proofs.map(({ by, text, atMs }) => `${by}: ${text}${ageOf(nowMs - atMs)}`).join('; ');
}

/** Nothing for what was tried just now. */
function ageOf(ms: number): string {
  const minutes = Math.floor(ms / 60_000);
  if (minutes < 1) return '';
  const [amount, unit] =
    minutes < 120 ? [minutes, 'min'] : minutes < 48 * 60 ? [minutes / 60, 'h'] : [minutes / 1440, 'd'];
  return `, ${Math.floor(amount)} ${unit} ago`;
}

/** A shot says nothing of what failed since. */
function isUndone(proof: FencingProof, failed: readonly FencingProof[]): boolean {
  return deviceOf(proof) === undefined && failed.some(({ atMs }) => atMs > proof.atMs);
}

/** Undefined of a shot. */
export function deviceOf({ device, by }: FencingProof): string | undefined {
  return device ?? (by.startsWith(SHOT) ? undefined : by.replace(/ from \S+$/, ''));
}

/** The proofs that suffice to switch the node off; undefined when they do not. */
function enoughOf(
  proven: readonly FencingProof[],
  levels: FencingEvidence['levels'],
): readonly FencingProof[] | undefined {
  const newest = proven.toSorted((a, b) => b.atMs - a.atMs);
  const shot = newest.find((proof) => deviceOf(proof) === undefined);
  if (levels === undefined) {
    const one = newest.find(({ powerless }) => powerless === undefined);
    return one === undefined ? undefined : [one];
  }
  for (const level of levels) {
    const each = level.map((id) => newest.find((proof) => deviceOf(proof) === id));
    if (level.length > 0 && !each.includes(undefined)) return each as FencingProof[];
  }
  return shot === undefined ? undefined : [shot];
}
