/** What the packs read so far prove of snapshots. */
import type { SnapshotId } from '../base/ids.ts';
import { type Snapshot, type Vault, verify } from '../vault.ts';
import { type JudgeOptions, judgeProof, type ProofState } from './judge.ts';
import { readingMs } from './reading-time.ts';

export interface ProveOptions extends JudgeOptions {
  /** When each pack was last read and found right, ms since 1970. */
  verifiedMs: ReadonlyMap<string, number>;
  /** For opening trees; with 0, or when absent, it is done in this thread. */
  threads?: number;
  signal?: AbortSignal | undefined;
}

export interface Judgement extends ProofState {
  snapshotId: SnapshotId;
  /** Packs it needs, as far as its trees could be read. */
  needed: Iterable<string>;
  /** Why it is not proven, one line; undefined when it is. */
  reason: string | undefined;
}

/**
 * Judges each of the snapshots, in their order. The caller holds a lock, shared or exclusive. Where a blob lies in several
 * packs, one that was verified is enough.
 * @throws {AppError} what the storage throws when it cannot be reached; `file-damaged` when an index file is
 */
export async function proveSnapshots(
  vault: Vault,
  snapshots: readonly Snapshot[],
  options: ProveOptions,
): Promise<Judgement[]> {
  const { verifiedMs, nowMs, provenForMs, threads = 0, signal } = options;
  const isFresh = (pack: string): boolean => {
    const at = readingMs(pack, verifiedMs, nowMs);
    return at !== undefined && nowMs - at <= provenForMs;
  };
  const needs = await verify.packsOf(vault, snapshots, { prefers: isFresh, threads, signal });
  return needs.map(({ snapshotId, packs, lack }) => {
    const state = judgeProof(packs, verifiedMs, options);
    const isProven = state.isProven && lack === undefined;
    return { ...state, isProven, snapshotId, needed: packs, reason: isProven ? undefined : (lack ?? reasonOf(state)) };
  });
}

function reasonOf({ missing, aged }: ProofState): string {
  const unread = missing === 0 ? [] : [`${packs(missing)} of it never read back and found right`];
  const old = aged === 0 ? [] : [`${packs(aged)} of it read back too long ago`];
  return [...unread, ...old].join(', ') || 'it needs nothing that could be read';
}

function packs(count: number): string {
  return count === 1 ? '1 pack' : `${count} packs`;
}
