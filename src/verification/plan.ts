/** What to read next. */
import { readingMs } from './reading-time.ts';

export interface PackSize {
  name: string;
  /** As it lies in the storage; 0 when it is not there. */
  bytes: number;
  /** False when the listing shows already that it is gone or of another size than the index tells; true when absent. */
  isWhole?: boolean;
}

export interface ReadingPolicy {
  /** Of all bytes, above 0 and up to 1. */
  shareOfBytes: number;
  /** ms since 1970. */
  nowMs: number;
  /** A reading longer ago than this no longer counts. */
  provenForMs: number;
  /** No more than this at a time, whatever the share is, but at least one pack; no bound when absent. */
  bytesMax?: number | undefined;
}

/** How far the vault is proven before the reading. */
export interface Coverage {
  /** 0 to 1: bytes of packs whose reading counts, of all bytes; 1 for an empty vault. */
  share: number;
  /** The oldest reading; undefined while any pack was never read, or there is none. */
  oldestMs: number | undefined;
  /** Packs that were never read. */
  unread: number;
}

export interface ReadingPlan {
  /** In the order to read them. */
  packs: string[];
  /** Of these packs together. */
  bytes: number;
  coverage: Coverage;
}

interface Candidate extends PackSize {
  readMs: number | undefined;
}

/**
 * Takes what is known to be amiss, then what was never read, then what was read the longest ago, up to the share of all
 * bytes; the pack that reaches it is still taken. What was read half of `provenForMs` ago or earlier has such a share of
 * its own: however much comes newly into the vault, nothing old waits for ever. So a plan is at most twice the share.
 *
 * With ⌈1 ∕ share⌉ plans every pack that was there at the first and still is at the last was read, as long as the vault
 * has not become smaller meanwhile and what came newly was read back by those who stored it.
 */
export function planReading(
  packs: readonly PackSize[],
  verifiedMs: ReadonlyMap<string, number>,
  policy: ReadingPolicy,
): ReadingPlan {
  const { nowMs, provenForMs, shareOfBytes, bytesMax = Number.POSITIVE_INFINITY } = policy;
  const candidates = packs.map((pack): Candidate => ({ ...pack, readMs: readingMs(pack.name, verifiedMs, nowMs) }));
  const budget = shareOfBytes * bytesOf(candidates);
  const chosen = candidates.filter(isBroken).sort(byName);
  let bytes = bytesOf(chosen);
  const isTaken = (pack: Candidate): boolean => {
    if (chosen.length > 0 && bytes + pack.bytes > bytesMax) return false;
    chosen.push(pack);
    bytes += pack.bytes;
    return true;
  };
  const whole = candidates.filter((pack) => !isBroken(pack));
  for (const pack of whole.filter(({ readMs }) => readMs === undefined).sort(byName))
    if (bytes >= budget || !isTaken(pack)) break;
  let again = 0;
  for (const pack of whole.filter(({ readMs }) => readMs !== undefined).sort(byReading)) {
    const isDue = nowMs - pack.readMs! >= provenForMs / 2;
    if ((isDue ? again : bytes) >= budget && chosen.length > 0) break;
    if (!isTaken(pack)) break;
    again += pack.bytes;
  }
  return { packs: chosen.map(({ name }) => name), bytes, coverage: coverageOf(candidates, policy) };
}

function coverageOf(candidates: readonly Candidate[], { nowMs, provenForMs }: ReadingPolicy): Coverage {
  let proven = 0;
  let unread = 0;
  let oldestMs = Number.POSITIVE_INFINITY;
  for (const pack of candidates) {
    if (pack.readMs === undefined || isBroken(pack)) {
      unread++;
      continue;
    }
    if (nowMs - pack.readMs <= provenForMs) proven += pack.bytes;
    oldestMs = Math.min(oldestMs, pack.readMs);
  }
  const all = bytesOf(candidates);
  const share = all === 0 ? (unread === 0 ? 1 : 0) : proven / all;
  return { share, oldestMs: unread === 0 && candidates.length > 0 ? oldestMs : undefined, unread };
}

function isBroken({ isWhole = true }: PackSize): boolean {
  return !isWhole;
}

function bytesOf(packs: readonly PackSize[]): number {
  return packs.reduce((sum, { bytes }) => sum + bytes, 0);
}

function byName(a: Candidate, b: Candidate): number {
  return a.name < b.name ? -1 : 1;
}

function byReading(a: Candidate, b: Candidate): number {
  return a.readMs! - b.readMs! || byName(a, b);
}
