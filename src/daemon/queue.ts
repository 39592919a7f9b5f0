/** Which of the runs that are due may begin beside those under way. Pure. */
import { MAINTENANCE_BEHIND_MS, PRUNE_RESERVE_MS } from '../base/limits.ts';
import type { RunRequest } from './model.ts';

export interface Place {
  request: RunRequest;
  /** The vault it works on; undefined for what works on none. */
  vault: string | undefined;
}

export interface Waiting extends Place {
  /** When it became due. */
  beginMs: number;
}

/**
 * Those that may begin now, the longest waiting first. Verification and pruning stand a while behind backups. Tests of fencing
 * take no place, as they load nothing here, and what they prove is wanted fresh however long backups take. Pruning
 * needs a vault for itself: it waits here for what works on it, rather than fail at the vault's lock. For PRUNE_RESERVE_MS
 * nothing new begins on that vault meanwhile, so that it gets its turn; after that it takes a pause when there is one.
 * `others` are run by other processes: they are in the way, but take no place.
 */
export function admit(
  waiting: readonly Waiting[],
  running: readonly Place[],
  { runsAtOnce, others, nowMs }: { runsAtOnce: number; others: readonly Place[]; nowMs: number },
): Waiting[] {
  const rankOf = ({ vault, request, beginMs }: Waiting): number =>
    beginMs + (vault === undefined || request.kind === 'backup' ? 0 : MAINTENANCE_BEHIND_MS);
  const places = ({ vault }: Place): number => (vault === undefined ? 0 : 1);
  let taken = running.reduce((sum, each) => sum + places(each), 0);
  const ordered = [...waiting].sort((a, b) => rankOf(a) - rankOf(b));
  const begun: Waiting[] = [];
  const reserved: Place[] = [];
  for (const each of ordered) {
    if (taken + places(each) > runsAtOnce) continue;
    if (![...running, ...others, ...begun, ...reserved].some((other) => conflicts(each, other))) {
      begun.push(each);
      taken += places(each);
    } else if (each.request.kind === 'prune' && nowMs <= each.beginMs + PRUNE_RESERVE_MS) reserved.push(each);
  }
  return begun;
}

function conflicts(one: Place, other: Place): boolean {
  const kinds = [one.request.kind, other.request.kind];
  if (kinds[0] === kinds[1] && one.request.subject === other.request.subject) return true;
  if (one.vault === undefined || one.vault !== other.vault) return false;
  return kinds.includes('prune') || !kinds.includes('backup');
}
