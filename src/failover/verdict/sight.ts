/** What a verdict looks with, and what becomes of a look that fails. */
import { type AppError, hasCode } from '../../base/errors.ts';
import { type cib, type pacemaker, UNANSWERED } from '../../cluster.ts';
import type { Clock } from '../../host.ts';
import type { Rehearsal } from '../act/rehearse.ts';
import type { FencingProof } from './inputs.ts';
import type { ReplicaEvidence } from './inputs-replicas.ts';

export interface Sight {
  /** The machine through which the cluster is asked. */
  seat: pacemaker.Seat;
  seatOf(node: string): pacemaker.Seat | undefined;
  clock: Clock;
  signal?: AbortSignal | undefined;
  /** Proofs of fencing paths from elsewhere, such as tests that were recorded. */
  proofs?: readonly FencingProof[];
  replicas?: readonly ReplicaEvidence[];
  /** The configuration that the plan puts there: its devices are what fences from then on. */
  wanted?: cib.XmlDocument | undefined;
  /** Tries the plan out; undefined where nothing could. */
  rehearse?: (() => Promise<Rehearsal>) | undefined;
}

/** What keeps one thing from being looked at; anything else is a bug or an interruption. */
const UNSEEN = [...UNANSWERED, 'device-failed', 'storage-denied', 'config'] as const;

/** @throws whatever is none of those */
export async function orUnseen<T>(look: () => Promise<T>): Promise<{ value: T } | { error: AppError }> {
  try {
    return { value: await look() };
  } catch (error) {
    if (!hasCode(error, ...UNSEEN)) throw error;
    return { error };
  }
}
