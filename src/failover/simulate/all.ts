/** Every single and every double fault, worst first. */
import { SIMULATIONS_BEGUN_PER_RUN, SIMULATIONS_MAX } from '../../base/cluster-limits.ts';
import { ordered } from '../../base/ordered.ts';
import type { simulator } from '../../cluster.ts';
import { arePair, singleFaults } from './fault.ts';
import { type Fault, type Outcome, VERDICTS, type World } from './model.ts';
import { remembering } from './remember.ts';
import { simulateFaults } from './settle.ts';
import { type Symmetry, symmetryOf } from './symmetry.ts';

export interface AllOutcome {
  /** One for each case that differs by more than names, worst first. */
  cases: readonly { outcome: Outcome /** Faults that come to the same. */; alike: readonly (readonly Fault[])[] }[];
  /** Faults and pairs of faults there are. */
  faults: number;
  simulated: number;
  /** Pairs that hit parts of the cluster that have nothing to do with each other: each does what it does alone. */
  independent: number;
  /** Pairs that nobody looked at, as there were too many. */
  left: number;
}

export interface AllOptions {
  /** Run at once. */
  width: number;
  signal?: AbortSignal | undefined;
  onProgress?: (done: number, of: number) => void;
}

/** @throws what the simulator throws */
export async function simulateAll(
  world: World,
  run: simulator.Simulator['run'],
  { width, signal, onProgress }: AllOptions,
): Promise<AllOutcome> {
  const { cases, independent, faults } = casesOf(world);
  const chosen = cases.slice(0, SIMULATIONS_MAX);
  const left = cases.slice(SIMULATIONS_MAX).reduce((sum, alike) => sum + alike.length, 0);
  const outcomes: AllOutcome['cases'][number][] = [];
  const sets = chosen.map(([first]) => first!);
  for await (const outcome of simulateEach(world, sets, { run, width, signal })) {
    outcomes.push({ outcome, alike: chosen[outcomes.length]!.slice(1) });
    onProgress?.(outcomes.length, chosen.length);
  }
  const sorted = outcomes.toSorted(
    (a, b) => badness(a.outcome) - badness(b.outcome) || a.outcome.faults.length - b.outcome.faults.length,
  );
  return { cases: sorted, faults, simulated: chosen.length, independent, left };
}

/** Outcomes in the order of `sets`, some of them worked on at once. @throws what the simulator throws */
export function simulateEach(
  world: World,
  sets: readonly (readonly Fault[])[],
  { run, width, signal }: Pick<AllOptions, 'width' | 'signal'> & { run: simulator.Simulator['run'] },
): AsyncGenerator<Outcome, void, undefined> {
  const answers = remembering(run, width + 1);
  const ahead = (width + 1) * SIMULATIONS_BEGUN_PER_RUN;
  return ordered(sets, { width: ahead, signal }, async (faults) => await simulateFaults(world, faults, answers));
}

/** Every single fault and every pair, by name. */
export function everyFaultSet(world: World): Fault[][] {
  const singles = singleFaults(world);
  const pairs = singles.flatMap((a, at) => singles.slice(at + 1).flatMap((b) => (arePair(a, b) ? [[a, b]] : [])));
  return [...singles.map((fault) => [fault]), ...pairs];
}

/** Faults alone first, then in pairs; in each list those that are the same but for names. */
function casesOf(world: World): { cases: Fault[][][]; independent: number; faults: number } {
  const symmetry = symmetryOf(world);
  const singles = singleFaults(world);
  const one = Map.groupBy(
    singles.map((fault) => [fault]),
    ([fault]) => symmetry.keyOf(fault!),
  );
  const pairs = new Map<string, Fault[][]>();
  let [independent, faults] = [0, singles.length];
  for (const [at, a] of singles.entries())
    for (const b of singles.slice(at + 1)) {
      if (!arePair(a, b)) continue;
      faults++;
      if (areIndependent(world, { a, b, symmetry })) {
        independent++;
        continue;
      }
      const key = symmetry.keyOfPair(a, b);
      const alike = pairs.get(key);
      if (alike === undefined) pairs.set(key, [[a, b]]);
      else alike.push([a, b]);
    }
  return { cases: [...one.values(), ...pairs.values()], independent, faults };
}

/** In parts that nothing ties together, with votes enough left even when both take nodes away. */
function areIndependent(world: World, { a, b, symmetry }: { a: Fault; b: Fault; symmetry: Symmetry }): boolean {
  const [one, other] = [symmetry.partOf(a), symmetry.partOf(b)];
  if (one === undefined || other === undefined || one === other) return false;
  // A stop that fails takes its node away as well.
  const most = Math.max(...world.nodes.map(({ votes }) => votes));
  const present = world.nodes.reduce((sum, { votes, isOnline }) => (isOnline ? sum + votes : sum), 0);
  return present - 2 * most >= world.quorum.votesNeeded;
}

function badness({ verdict }: Outcome): number {
  return VERDICTS.indexOf(verdict);
}
