/** Who holds which groups of a Heartbeat cluster, from what each side says of itself. */
import type { ClusterState, PrimitiveState, Remark } from '../state.ts';
import { primitivesOf } from './walk.ts';

/**
 * One state of all sides that answered, which must be at least one. Groups that nobody holds are stopped when every node
 * that is up was asked, and unknown before.
 */
export function mergeHoldings(states: readonly ClusterState[]): ClusterState {
  const [first] = states;
  const asked = new Set(states.map(({ node }) => node));
  const isComplete = first!.nodes.every(({ name, isOnline }) => !isOnline || asked.has(name));
  const byId = Map.groupBy(
    states.flatMap(({ resources }) => primitivesOf(resources).map(({ primitive }) => primitive)),
    ({ id }) => id,
  );
  const links = states.flatMap((state) => state.links);
  return {
    ...first!,
    from: states.map(({ from }) => from).join(' and '),
    links: [...new Map(links.toSorted((a, b) => Number(b.isUp) - Number(a.isUp)).map(byPath)).values()],
    resources: [...byId.values()].map((same) => merge(same, isComplete)),
    gaps: states
      .flatMap(({ gaps }) => gaps)
      .filter(({ what }, at, all) => all.findIndex((g) => g.what === what) === at),
  };
}

/** A path counts as down as soon as one side says so: links of the own node are always told as up. */
function byPath(link: ClusterState['links'][number]): [string, ClusterState['links'][number]] {
  return [JSON.stringify([link.node, link.link]), link];
}

function merge(same: readonly PrimitiveState[], isComplete: boolean): PrimitiveState {
  const nodes = [...new Set(same.flatMap((each) => each.nodes))];
  const pending = same.find((each) => each.pending !== undefined)?.pending;
  const role = nodes.length > 0 ? 'Started' : isComplete && pending === undefined ? 'Stopped' : 'Unknown';
  return { ...same[0]!, nodes, isActive: nodes.length > 0, role, pending };
}

/** Groups that two sides or more hold at once. */
export function heldTwice(states: readonly ClusterState[]): Remark[] {
  const own = states.filter(({ kind }) => kind === 'heartbeat');
  if (own.length < 2) return [];
  return primitivesOf(mergeHoldings(own).resources).flatMap(({ primitive: { id, nodes } }): Remark[] =>
    nodes.length < 2
      ? []
      : [
          {
            level: 'error',
            code: 'active-twice',
            subject: id,
            text: `are HELD BY SEVERAL NODES: ${nodes.join(' and ')}`,
          },
        ],
  );
}
