/** Numbers of one operation, from its rounds. */
import { total } from '../limit.ts';
import type { Round } from '../results.ts';

export const OURS = 'holdfast';
export const PEERS = ['restic', 'borg'] as const;

export interface Spread {
  median: number;
  least: number;
  most: number;
}

export function spread(values: number[]): Spread {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = (sorted.length - 1) / 2;
  const median = (sorted[Math.floor(middle)]! + sorted[Math.ceil(middle)]!) / 2;
  return { median, least: sorted[0]!, most: sorted.at(-1)! };
}

/** The peer's time by ours, round by round. */
export function peerRatios(rounds: Round[], peer: string): number[] {
  return rounds.map((round) => secondsOf(round, peer) / secondsOf(round, OURS));
}

export function betterPeerRatios(rounds: Round[]): number[] {
  return rounds.map((round) => Math.min(...PEERS.map((peer) => secondsOf(round, peer))) / secondsOf(round, OURS));
}

/** The arithmetic limit by our time; none for operations that have no limit. */
export function limitShares(rounds: Round[]): number[] {
  return rounds.flatMap((round) => (round.limit === undefined ? [] : [total(round.limit) / secondsOf(round, OURS)]));
}

/** The most of any round. */
export function memoryPeakMiB(rounds: Round[], name: string): number {
  return Math.max(...rounds.map(({ measures }) => measures[name]!.memoryBytes)) / 2 ** 20;
}

function secondsOf({ measures }: Round, name: string): number {
  return measures[name]!.seconds;
}
