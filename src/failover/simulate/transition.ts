/** Follows a transition graph action by action, as the cluster would, and looks at each start whether it is safe. */
import type { simulator } from '../../cluster.ts';
import type { Graph, Placement, Step, Twice } from './model.ts';

type Action = simulator.GraphAction;

export interface FollowInput {
  graph: Graph;
  /** False: what waits for actions that are not in the graph waits for ever. */
  isComplete: boolean;
  placement: Placement;
  /** What may be active on several nodes. */
  plural: ReadonlySet<string>;
  /** Nodes that are not heard, so that only fencing proves anything of them. */
  lost: ReadonlySet<string>;
  /** Of those, the ones that were fenced already. */
  proven: ReadonlySet<string>;
  /** Nodes that cannot be fenced. */
  unfenceable: ReadonlySet<string>;
  /** Operations that fail: `mdt0#start_0`. */
  failed: readonly string[];
}

export interface Followed {
  steps: Step[];
  placement: Map<string, string[]>;
  fenced: string[];
  /** Nodes whose fencing was wanted and cannot be. */
  stuck: string[];
  twice: Twice[];
  /** Ids of actions that were done. */
  done: ReadonlySet<number>;
}

const SHOWN = new Set(['start', 'stop', 'promote', 'demote', 'migrate_to', 'migrate_from']);

export function followGraph(input: FollowInput): Followed {
  const { graph, unfenceable, failed } = input;
  const placement = new Map([...input.placement].map(([id, nodes]) => [id, [...nodes]]));
  const state = new Map<number, Step['state']>();
  const result: Followed = { steps: [], placement, fenced: [], stuck: [], twice: [], done: new Set() };
  const byId = new Map(graph.map((action) => [action.id, action]));
  for (const action of graph) {
    const isHeld = action.after.some((id) => (byId.has(id) || !input.isComplete) && state.get(id) !== 'done');
    const hasFailed = failed.includes(`${action.resource}#${action.operation}_0`) && action.kind === 'operation';
    const isStuck = action.kind === 'fence' && unfenceable.has(action.node);
    state.set(action.id, isHeld ? 'blocked' : isStuck ? 'blocked' : hasFailed ? 'failed' : 'done');
    if (isStuck && !isHeld) result.stuck.push(action.node);
    if (isShown(action)) result.steps.push(stepOf(action, { byId, state: state.get(action.id)! }));
    if (state.get(action.id) === 'done') doAction(action, { input, byId, result });
  }
  const done = new Set([...state].filter(([, each]) => each === 'done').map(([id]) => id));
  return { ...result, done };
}

function doAction(
  action: Action,
  { input, byId, result }: { input: FollowInput; byId: ReadonlyMap<number, Action>; result: Followed },
): void {
  const { placement } = result;
  const { kind, operation, resource, node } = action;
  if (kind === 'fence') {
    result.fenced.push(node);
    for (const [id, nodes] of placement)
      placement.set(
        id,
        nodes.filter((each) => each !== node),
      );
  } else if (kind === 'operation' && operation === 'start') {
    if (!input.plural.has(resource)) result.twice.push(...unsafeStart(action, input, byId));
    placement.set(resource, [...new Set([...(placement.get(resource) ?? []), node])]);
  } else if (kind === 'operation' && operation === 'stop') {
    placement.set(
      resource,
      (placement.get(resource) ?? []).filter((each) => each !== node),
    );
  }
}

/** A start needs behind it, for each node where the resource was: its stop there, or the fencing of that node if it is lost. */
function unsafeStart(action: Action, input: FollowInput, byId: ReadonlyMap<number, Action>): Twice[] {
  const { resource, node } = action;
  const behind = ancestorsOf(action, byId);
  const others = (input.placement.get(resource) ?? []).filter((each) => each !== node);
  const unproven = others.filter((other) => {
    const isLost = input.lost.has(other);
    if (isLost && input.proven.has(other)) return false;
    return !behind.some(
      ({ kind, operation, node: at, resource: of }) =>
        at === other &&
        (kind === 'fence' || (!isLost && kind === 'operation' && operation === 'stop' && of === resource)),
    );
  });
  return unproven.map((other) => ({
    resource,
    nodes: [other, node],
    why: input.lost.has(other)
      ? `${node} starts it though nothing proves that ${other} is off`
      : `${node} starts it without waiting for its stop on ${other}`,
  }));
}

function ancestorsOf(action: Action, byId: ReadonlyMap<number, Action>): Action[] {
  const seen = new Set<number>();
  const open = [...action.after];
  for (let id = open.pop(); id !== undefined; id = open.pop()) {
    if (seen.has(id)) continue;
    seen.add(id);
    open.push(...(byId.get(id)?.after ?? []));
  }
  return [...seen].flatMap((id) => byId.get(id) ?? []);
}

export function isShown({ kind, operation }: Action): boolean {
  return kind === 'fence' || (kind === 'operation' && SHOWN.has(operation));
}

function stepOf(action: Action, { byId, state }: { byId: ReadonlyMap<number, Action>; state: Step['state'] }): Step {
  const { kind, operation, resource, node } = action;
  const what = kind === 'fence' ? 'fence' : operation.startsWith('migrate') ? 'migrate' : (operation as Step['what']);
  return { what, resource, node, after: shownBefore(action, byId), state };
}

/** The nearest shown actions that it waits for, through milestones. */
function shownBefore(action: Action, byId: ReadonlyMap<number, Action>): string[] {
  const found = new Set<string>();
  const seen = new Set<number>();
  const open = [...action.after];
  for (let id = open.pop(); id !== undefined; id = open.pop()) {
    const before = byId.get(id);
    if (before === undefined || seen.has(id)) continue;
    seen.add(id);
    if (isShown(before)) found.add(nameOf(before));
    else open.push(...before.after);
  }
  return [...found].toSorted();
}

export function nameOf({ kind, operation, resource, node }: Action): string {
  return kind === 'fence' ? `fence ${node}` : `${operation} ${resource} on ${node}`;
}
