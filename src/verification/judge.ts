/** Whether what was read so far proves a snapshot. */
import { readingMs } from './reading-time.ts';

export interface JudgeOptions {
  /** ms since 1970. */
  nowMs: number;
  /** A reading longer ago than this no longer counts. */
  provenForMs: number;
}

export interface ProofState {
  /** Every pack was read, none longer ago than counts, and there is at least one: nothing is proven by nothing. */
  isProven: boolean;
  /** The oldest reading among the packs; undefined while any was never read. */
  provenMs: number | undefined;
  /** Packs that were never read, … */
  missing: number;
  /** … and that were read too long ago. */
  aged: number;
}

/** `verifiedMs` says when each pack was last read and found right. */
export function judgeProof(
  needed: Iterable<string>,
  verifiedMs: ReadonlyMap<string, number>,
  { nowMs, provenForMs }: JudgeOptions,
): ProofState {
  let count = 0;
  let missing = 0;
  let aged = 0;
  let oldestMs = Number.POSITIVE_INFINITY;
  for (const pack of needed) {
    count++;
    const at = readingMs(pack, verifiedMs, nowMs);
    if (at === undefined) {
      missing++;
      continue;
    }
    if (nowMs - at > provenForMs) aged++;
    oldestMs = Math.min(oldestMs, at);
  }
  const isRead = count > 0 && missing === 0;
  return { isProven: isRead && aged === 0, provenMs: isRead ? oldestMs : undefined, missing, aged };
}
