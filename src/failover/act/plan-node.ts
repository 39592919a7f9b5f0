/** Actions on a whole node: takeover, standby, unstandby; and failback, which undoes them. */
import { live, pacemakerAct } from '../../cluster.ts';
import type { ActionPlan, ActionStep, Expectation, Situation } from './model.ts';
import { type Movable, mayLeave, movablesOf, moveTimeMs, nodeOf, preferredNode, unreadiness } from './places.ts';
import { planHeartbeatFailback, planHeartbeatStandby, planHeartbeatTakeover } from './plan-heartbeat.ts';
import { leavingText, notesOf } from './plan-move.ts';
import {
  clearStep,
  expectPacemaker,
  expectReady,
  leftOn,
  moveAndClear,
  moveStep,
  planOf,
  preferId,
  quickMs,
  refusal,
  SOUND,
} from './steps.ts';

export interface NodeRequest {
  node: string;
}

/**
 * The node takes over every resource that runs elsewhere, one after the other.
 * @throws {AppError} `refused`
 */
export function planTakeover(situation: Situation, { node }: NodeRequest, nowMs: number): ActionPlan {
  if (situation.state.kind === 'heartbeat') return planHeartbeatTakeover(situation, node, nowMs);
  const what = `takeover by ${node}`;
  expectReady(situation, node, what);
  expectNothingUnclean(situation, what);
  const all = movablesOf(situation).filter(({ wanted }) => wanted.length > 0);
  const held = all.filter(({ nodes }) => isOnlyOn(nodes, node));
  const wanted = all.filter(({ nodes }) => !isOnlyOn(nodes, node));
  const taken = wanted.filter(({ isManaged, nodes }) => isManaged && nodes.length > 0);
  const parts = taken.map((movable) => moveAndClear(situation, movable, { node, keeps: false }));
  const leaves = parts.flatMap((part) => part.leaves);
  return planOf(situation, nowMs, {
    action: 'takeover',
    subject: node,
    sources: [...new Set(taken.flatMap(({ nodes }) => nodes))].filter((each) => each !== node),
    moved: taken.map(({ id }) => id),
    steps: parts.flatMap((part) => part.steps),
    promises: [...held, ...taken].map(({ id }): Expectation => ({ kind: 'at', resource: id, node })),
    leaves,
    notes: [
      ...(taken.length === 0 ? [`${node} has everything already that can be moved`] : []),
      ...wanted.filter(({ isManaged }) => !isManaged).map(({ id }) => `${id} is not managed, and stays`),
      ...wanted.filter(({ nodes }) => nodes.length === 0).map(({ id }) => `${id} is stopped: see holdfast ha status`),
      ...(leaves.length > 0
        ? [`${leaves.join(', ')}: holds what prefers another node, until holdfast ha failback`]
        : []),
      ...taken.flatMap(({ id }) => notesOf(situation, id)),
    ],
  });
}

/** What a dead node has left can only be taken when it is sure that it is dead, which is for fencing to find out. */
function expectNothingUnclean({ state }: Situation, what: string): void {
  const unclean = state.nodes.filter(({ isUnclean }) => isUnclean).map(({ name }) => name);
  if (unclean.length === 0) return;
  throw refusal(
    what,
    `${unclean.join(' and ')} is UNCLEAN: the cluster takes over by itself as soon as it is fenced`,
    `See holdfast ha fence history; when it is surely without power: holdfast ha fence confirm ${unclean[0]}.`,
  );
}

function isOnlyOn(nodes: readonly string[], node: string): boolean {
  return nodes.length === 1 && nodes[0] === node;
}

/**
 * The node gives up all it has.
 * @throws {AppError} `refused`, for one, when nobody else would take it
 */
export function planStandby(situation: Situation, { node }: NodeRequest, nowMs: number): ActionPlan {
  if (situation.state.kind === 'heartbeat') return planHeartbeatStandby(situation, node, nowMs);
  const own = nodeOf(situation, node);
  const what = `standby of ${node}`;
  if (own === undefined) throw refusal(what, 'it is no node of the cluster', 'See: holdfast ha status.');
  if (own.isStandby)
    return planOf(situation, nowMs, { action: 'standby', subject: node, notes: [`${node} is in standby already`] });
  expectNothingUnclean(situation, what);
  const others = situation.state.nodes.filter((each) => each.name !== node && unreadiness(each) === undefined);
  const given = movablesOf(situation).filter(({ nodes }) => nodes.includes(node));
  if (given.length > 0 && others.length === 0)
    throw refusal(
      what,
      `no other node would take ${given.map(({ id }) => id).join(', ')}`,
      'Bring another node up first.',
    );
  const stuck = given.filter(({ id }) => others.every((other) => isBanned(situation, id, other.name)));
  if (stuck.length > 0)
    throw refusal(
      what,
      `${stuck.map(({ id }) => id).join(', ')} may run nowhere else`,
      'See its constraints: holdfast ha status.',
    );
  const isLeft = given.every(({ isManaged }) => isManaged);
  const step = standbyStep(situation, { node, isOn: true, moved: given.map(({ id }) => id) });
  return planOf(situation, nowMs, {
    action: 'standby',
    subject: node,
    // Instances of clones stop there as well; if one does not, the node is fenced.
    sources: isHolding(situation, node) ? [node] : [],
    moved: given.map(({ id }) => id),
    steps: [isLeft ? step : { ...step, expects: step.expects.filter(({ kind }) => kind !== 'empty') }],
    promises: runningOf(situation),
    notes: [
      ...given.filter(({ isManaged }) => !isManaged).map(({ id }) => `${id} is not managed, and stays`),
      ...given.flatMap(({ id }) => notesOf(situation, id)),
      `${node} stays in standby over reboots, until: holdfast ha unstandby ${node}`,
    ],
  });
}

function isHolding({ state }: Situation, node: string): boolean {
  return live
    .primitivesOf(state.resources)
    .some(({ primitive }) => primitive.isActive && primitive.nodes.includes(node) && !live.isFenceDevice(primitive));
}

function isBanned({ state }: Situation, id: string, node: string): boolean {
  return state.bans.some((each) => each.resource === id && each.node === node && each.score <= -1_000_000);
}

/** @throws {AppError} `refused` */
export function planUnstandby(situation: Situation, { node }: NodeRequest, nowMs: number): ActionPlan {
  const what = `unstandby of ${node}`;
  expectPacemaker(situation, what, `Its groups come back by: holdfast ha failback.`);
  const own = nodeOf(situation, node);
  if (own === undefined) throw refusal(what, 'it is no node of the cluster', 'See: holdfast ha status.');
  if (own.isStandbyOnFail && !own.isStandby)
    throw refusal(what, 'a failed operation put it there', `Clear the failure: holdfast ha cleanup --node ${node}.`);
  if (!own.isStandby)
    return planOf(situation, nowMs, { action: 'unstandby', subject: node, notes: [`${node} is not in standby`] });
  const back: Situation = {
    ...situation,
    state: {
      ...situation.state,
      nodes: situation.state.nodes.map((each) => (each.name === node ? { ...each, isStandby: false } : each)),
    },
  };
  const leaving = movablesOf(situation).flatMap((movable) => {
    const each = leftOn(situation, movable.id).length === 0 ? mayLeave(back, movable) : undefined;
    return each === undefined || (each.to !== undefined && each.to !== node) ? [] : [each];
  });
  const moved = leaving.map(({ id }) => id);
  return planOf(situation, nowMs, {
    action: 'unstandby',
    subject: node,
    sources: [...new Set(leaving.flatMap(({ from }) => from ?? []))],
    moved,
    steps: [standbyStep(situation, { node, isOn: false, moved })],
    promises: runningOf(situation),
    notes: leaving.map((each) =>
      each.to === undefined
        ? leavingText(each, 'goes')
        : `${each.id} goes to ${node} by itself, which it prefers more than to stay`,
    ),
  });
}

/** What runs shall run after as well, wherever. */
function runningOf(situation: Situation): Expectation[] {
  const running = movablesOf(situation).filter(({ nodes, wanted }) => nodes.length > 0 && wanted.length > 0);
  return running.map(({ id }) => ({ kind: 'once', resource: id }));
}

function standbyStep(
  situation: Situation,
  { node, isOn, moved }: { node: string; isOn: boolean; moved: readonly string[] },
): ActionStep {
  const change = { kind: isOn ? ('standby' as const) : ('unstandby' as const), node };
  return {
    text: isOn ? `put ${node} into standby, so that it gives up what it has` : `let ${node} take resources again`,
    checks: [...SOUND, { kind: 'online', node }],
    change,
    command: pacemakerAct.argvOf(change),
    expects: [
      { kind: 'standby', node, isOn },
      ...(isOn ? [{ kind: 'empty' as const, node }] : []),
      { kind: 'nowhere-twice' },
    ],
    timeLimitMs: moved.length === 0 ? quickMs : moveTimeMs(situation, moved),
  };
}

/**
 * Each resource goes back to the node that it prefers, in order; what moves left on it is removed when it is there.
 * @param resources only these; all when empty
 * @throws {AppError} `refused`
 */
export function planFailback(
  situation: Situation,
  { resources }: { resources: readonly string[] },
  nowMs: number,
): ActionPlan {
  if (situation.state.kind === 'heartbeat') return planHeartbeatFailback(situation, nowMs);
  expectNothingUnclean(situation, 'failback');
  const all = movablesOf(situation);
  const unknown = resources.find((id) => !all.some((each) => each.id === id));
  if (unknown !== undefined)
    throw refusal('failback', `${unknown}: no such resource that can be moved`, 'See: holdfast ha status.');
  const chosen = all.filter(({ id, nodes }) => (resources.length === 0 || resources.includes(id)) && nodes.length > 0);
  const parts = chosen.map((movable) => failbackOf(situation, movable));
  const moving = parts.filter(({ from }) => from !== undefined);
  return planOf(situation, nowMs, {
    action: 'failback',
    subject: resources.join(' '),
    sources: [...new Set(moving.flatMap(({ from }) => from ?? []))],
    moved: moving.map(({ id }) => id),
    steps: parts.flatMap(({ steps }) => steps),
    promises: parts.flatMap(({ id, node, steps }): Expectation[] =>
      steps.length === 0 || node === undefined ? [] : [{ kind: 'at', resource: id, node }],
    ),
    notes: [
      ...parts.flatMap(({ note }) => note ?? []),
      ...(parts.every(({ steps, note }) => steps.length === 0 && note === undefined)
        ? ['nothing is away from the node that it prefers']
        : []),
    ],
  });
}

interface FailbackPart {
  id: string;
  node: string | undefined;
  from: readonly string[] | undefined;
  steps: ActionStep[];
  note: string | undefined;
}

function failbackOf(situation: Situation, movable: Movable): FailbackPart {
  const { id, nodes, isManaged } = movable;
  const node = preferredNode(situation, id);
  const stay = (note: string | undefined): FailbackPart => ({ id, node, from: undefined, steps: [], note });
  if (node === undefined) return stay(`${id} prefers no node, and stays on ${nodes.join(' and ')}`);
  const left = leftOn(situation, id);
  const ids = [...new Set([...left, preferId(id)])];
  if (isOnlyOn(nodes, node))
    return left.length === 0
      ? stay(undefined)
      : { ...stay(undefined), steps: [clearStep(situation, { id, ids: left, before: node, after: node })] };
  if (!isManaged) return stay(`${id} is not managed, and stays on ${nodes.join(' and ')}`);
  const why = unreadiness(nodeOf(situation, node));
  if (why !== undefined) return stay(`${id} stays on ${nodes.join(' and ')}: ${node} ${why}`);
  const steps = [moveStep(situation, movable, node), clearStep(situation, { id, ids, before: node, after: node })];
  return { id, node, from: nodes, steps, note: undefined };
}
