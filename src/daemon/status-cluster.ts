/** How the fencing of clusters stands, from the ledger and from nothing else. */
import type { Run } from '../ledger.ts';
import type { OverdueJudgement } from './overdue.ts';

/**
 * - `incomplete`, `failed`: how the last test ended; stopped and killed ones have failed.
 * - `ok`: every way was proven, and not too long ago.
 */
export type ClusterState = 'ok' | 'incomplete' | 'never ran' | 'failed' | 'overdue';

/** One way by which a node can be fenced. */
export interface WayStatus {
  /** The node that would be shot. */
  node: string;
  /** Device and the node that uses it. */
  by: string;
  /** What came of it when it was last tried. */
  isProven: boolean;
  atMs: number;
  text: string;
  /** When it was last proven; undefined when it never was. */
  provenMs: number | undefined;
}

export interface ClusterStatus {
  cluster: string;
  state: ClusterState;
  running: Run | undefined;
  /** The newest test that has ended. */
  last: Run | undefined;
  lastSuccess: Run | undefined;
  nextMs: number | undefined;
  overdue: OverdueJudgement;
  ways: readonly WayStatus[];
}

/** What the ledger says of a subject, whatever it is. */
export interface SubjectRuns {
  running: Run | undefined;
  last: Run | undefined;
  lastSuccess: Run | undefined;
}

export function stateOfCluster({ last }: Pick<SubjectRuns, 'last'>, { isOverdue }: OverdueJudgement): ClusterState {
  if (isOverdue) return 'overdue';
  if (last === undefined) return 'never ran';
  if (last.status === 'incomplete') return 'incomplete';
  return last.status === 'success' ? 'ok' : 'failed';
}

interface Recorded {
  node: string;
  by: string;
  isProven: boolean;
  atMs: number;
  text: string;
}

/** Of each way what was found last; at the same time a failure counts. */
export function waysOf(proofs: readonly Recorded[]): WayStatus[] {
  const ways = Map.groupBy(proofs, ({ node, by }) => JSON.stringify([node, by]));
  return [...ways.values()].map((own) => {
    const newest = own.reduce((best, each) =>
      each.atMs > best.atMs || (each.atMs === best.atMs && !each.isProven) ? each : best,
    );
    const { node, by, isProven, atMs, text } = newest;
    return { node, by, isProven, atMs, text, provenMs: own.find((each) => each.isProven)?.atMs };
  });
}
