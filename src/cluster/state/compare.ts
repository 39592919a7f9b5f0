/** Whether the nodes of one cluster say the same of it. */
import type { ClusterState } from '../state.ts';
import { primitivesOf } from './walk.ts';

/** One thing on which answers differ, with who says what. */
export interface Disagreement {
  /** `DC`, `quorum`, `members`, `node n2`, `resource oss`. */
  about: string;
  views: readonly { from: readonly string[]; says: string }[];
}

/**
 * DC, quorum and membership; only where all agree on those also where resources run, as of two halves of a cluster
 * neither knows what the other runs. Heartbeat's answers on resources are each of its own side, and are not compared.
 */
export function compareStates(states: readonly ClusterState[]): Disagreement[] {
  if (states.length < 2) return [];
  const basic = differing(states, basicsOf);
  if (basic.length > 0) return basic;
  return states.every(({ kind }) => kind === 'pacemaker') ? differing(states, placesOf) : [];
}

function differing(
  states: readonly ClusterState[],
  factsOf: (state: ClusterState) => ReadonlyMap<string, string>,
): Disagreement[] {
  const facts = states.map((state) => ({ from: state.from, told: factsOf(state) }));
  const names = new Set(facts.flatMap(({ told }) => [...told.keys()]));
  return [...names].flatMap((about) => {
    const bySaying = Map.groupBy(facts, ({ told }) => told.get(about) ?? 'not known');
    if (bySaying.size < 2) return [];
    return [{ about, views: [...bySaying].map(([says, own]) => ({ from: own.map(({ from }) => from), says })) }];
  });
}

function basicsOf({ kind, dc, hasQuorum, nodes }: ClusterState): Map<string, string> {
  const quorum = hasQuorum === undefined ? 'not told' : hasQuorum ? 'yes' : 'no';
  return new Map([
    ['software', kind],
    ...(kind === 'pacemaker' ? [['DC', dc?.name ?? 'none'] as const, ['quorum', quorum] as const] : []),
    ...nodes.map(({ name, isOnline, isUnclean, isPending }): [string, string] => [
      `node ${name}`,
      `${isOnline ? 'online' : 'offline'}${isPending ? ', pending' : ''}${isUnclean ? ', unclean' : ''}`,
    ]),
  ]);
}

function placesOf({ resources }: ClusterState): Map<string, string> {
  const byId = Map.groupBy(primitivesOf(resources), ({ primitive }) => primitive.id);
  return new Map(
    [...byId].map(([id, all]) => {
      const nodes = all.flatMap(({ primitive }) => (primitive.isActive ? primitive.nodes : []));
      return [`resource ${id}`, nodes.length === 0 ? 'stopped' : `on ${nodes.toSorted().join(', ')}`];
    }),
  );
}
