/**
 * The same plan, carried out on a copy of the CIB by the same rules, with Pacemaker's own scheduler in the place of the
 * cluster: whether every step ends as it should, and whether anybody would be fenced on the way.
 */
import { AppError, hasCode } from '../../base/errors.ts';
import { cib, pacemakerAct } from '../../cluster.ts';
import type { ActingCluster } from './cluster.ts';
import { executeAction } from './execute.ts';
import { forgetFailures } from './forget.ts';
import { judgeDifferences, type PacemakerSeats, readSituation } from './live-pacemaker.ts';
import type { ActionPlan, Change } from './model.ts';

export interface Rehearsal {
  isClean: boolean;
  /** What came out, in words. */
  text: string;
  atMs: number;
}

/** Failures that say something of the plan; others say that it could not be rehearsed, and are thrown. */
const TELLING = ['refused', 'failed'] as const;

/** @throws {AppError} when it could not be rehearsed: `command-missing`, `command-failed`, `cluster-…`, … */
export async function rehearse(plan: ActionPlan, seats: PacemakerSeats, signal?: AbortSignal): Promise<Rehearsal> {
  const { seat, clock } = seats;
  const options = { clock, signal };
  const document = await pacemakerAct.readLiveCib(seat, options);
  await using copy = await pacemakerAct.CibCopy.make(seat, document, options);
  const fenced: string[] = [];
  const cluster = copiedCluster(copy, { seats, fenced });
  // A file has no kernel that mounts.
  const { steps } = plan;
  const promises = plan.promises.filter(({ kind }) => kind !== 'mounted');
  const atMs = clock.nowMs();
  try {
    await executeAction({ ...plan, promises }, { cluster, clock, signal });
  } catch (error) {
    if (!hasCode(error, ...TELLING)) throw error;
    return { isClean: false, text: error.message, atMs };
  }
  if (fenced.length > 0) return { isClean: false, text: `${[...new Set(fenced)].join(' and ')} would be fenced`, atMs };
  return { isClean: true, text: `${steps.length} steps end as planned, and nobody is fenced`, atMs };
}

function copiedCluster(
  copy: pacemakerAct.CibCopy,
  { seats, fenced }: { seats: PacemakerSeats; fenced: string[] },
): ActingCluster {
  const { clock, wanted } = seats;
  const { seat, file: cibFile } = copy;
  const options = { clock, cibFile };
  return {
    // What the copy is not told: it has no history of fencing, and its version rises with each transition.
    read: (signal) => readSituation({ seat, clock }, { signal, cibFile }),
    change: async (change: Change) => {
      switch (change.kind) {
        case 'hb-standby':
        case 'hb-takeover':
          throw new AppError('usage', { detail: `${change.kind} is for Heartbeat` });
        case 'replace': {
          const base = cib.epochOf(await pacemakerAct.readLiveCib(seat, options));
          return await pacemakerAct.replaceConfiguration(seat, { wanted: wanted!, base }, options);
        }
        // The command leaves a file as it is.
        case 'cleanup':
          return await copy.write(forgetFailures(await pacemakerAct.readLiveCib(seat, options), change));
        default:
          return await pacemakerAct.changePacemaker(seat, change, options);
      }
    },
    wait: async () => {
      fenced.push(...(await copy.settle()));
      return true;
    },
    mounts: async (node) => {
      throw new AppError('host-unreachable', { detail: `${node}: a copy mounts nothing` });
    },
    judgeConfiguration: async () => judgeDifferences(await pacemakerAct.readLiveCib(seat, options), wanted!),
  };
}
