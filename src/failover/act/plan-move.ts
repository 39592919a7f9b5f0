/** Moving one resource, removing what moves left, and forgetting failures. */
import { AppError } from '../../base/errors.ts';
import { pacemakerAct } from '../../cluster.ts';
import type { ActionPlan, ActionStep, Expectation, Situation } from './model.ts';
import {
  type Movable,
  mayLeave,
  movableOf,
  movablesOf,
  moveTimeMs,
  preferenceOf,
  returnsTo,
  unreadiness,
} from './places.ts';
import { clearStep, expectPacemaker, expectReady, leftOn, moveAndClear, planOf, refusal } from './steps.ts';

export interface MoveRequest {
  resource: string;
  /** Where to; where there is only one node that could be meant it may be left out. */
  node: string | undefined;
  /** Leave the constraint, so that the resource stays whatever it would prefer. */
  keeps: boolean;
}

/** @throws {AppError} `refused`, `usage` */
export function planMove(situation: Situation, request: MoveRequest, nowMs: number): ActionPlan {
  const what = `move of ${request.resource}`;
  expectPacemaker(
    situation,
    what,
    'It moves all groups of a node at once: holdfast ha takeover, ha standby, ha failback.',
  );
  const movable = expectMovable(situation, request.resource, what);
  const { id, nodes } = movable;
  const node = request.node ?? onlyOther(situation, movable);
  const notes = id === request.resource ? [] : [`${request.resource} is part of ${id}, which moves as a whole`];
  if (nodes.length === 1 && nodes[0] === node)
    return planOf(situation, nowMs, {
      action: 'move',
      subject: id,
      notes: [...notes, `${id} is on ${node} already`],
      leaves: leftOn(situation, id),
    });
  expectReady(situation, node, what);
  expectAllowed(situation, id, node);
  const home = returnsTo(situation, id, node);
  if (home !== undefined && !request.keeps)
    throw refusal(
      what,
      `without a constraint it would go back to ${home}, which it prefers`,
      `Keep the constraint with --keep, and remove it later: holdfast ha clear ${id}.`,
    );
  const { steps, leaves } = moveAndClear(situation, movable, { node, keeps: request.keeps });
  return planOf(situation, nowMs, {
    action: 'move',
    subject: id,
    sources: nodes,
    moved: [id],
    steps,
    promises: [{ kind: 'at', resource: id, node }],
    leaves,
    notes: [...notes, ...notesOf(situation, id)],
  });
}

/** @throws {AppError} `refused` */
export function expectMovable(situation: Situation, id: string, what: string): Movable {
  const movable = movableOf(situation, id);
  if (movable === undefined) {
    const isThere = situation.state.resources.some((each) => each.id === id);
    const why = isThere ? 'a clone or fence device runs where it is allowed, and is not moved' : 'no such resource';
    const known = movablesOf(situation).map((each) => each.id);
    throw refusal(what, why, `Resources that can be moved: ${known.join(', ') || 'none'}.`);
  }
  if (!movable.isManaged) throw refusal(what, 'it is not managed', 'Let the cluster manage it first.');
  if (movable.wanted.length === 0) throw refusal(what, 'it is stopped on purpose', 'Start it first.');
  return movable;
}

function onlyOther(situation: Situation, { id, nodes }: Movable): string {
  const others = situation.state.nodes.filter((each) => !nodes.includes(each.name) && unreadiness(each) === undefined);
  if (others.length === 1) return others[0]!.name;
  throw new AppError('usage', {
    detail: `${id}: ${others.length === 0 ? 'no other node takes resources' : `several nodes could be meant: ${others.map(({ name }) => name).join(', ')}`}`,
    hint: `Name one: holdfast ha move ${id} NODE`,
  });
}

/** @throws {AppError} `refused` when a constraint keeps it off that node for good */
function expectAllowed(situation: Situation, id: string, node: string): void {
  const { state } = situation;
  const ban = state.bans.find((each) => each.resource === id && each.node === node && each.score <= -1_000_000);
  if (ban === undefined) return;
  const isMove = state.moves.some((each) => each.id === ban.id);
  const hint = isMove
    ? `A move left it: holdfast ha clear ${id}.`
    : 'Change the configuration first: holdfast ha apply.';
  throw refusal(`move of ${id}`, `${ban.id} keeps it off ${node}`, hint);
}

/** What only the scheduler can tell. */
export function notesOf(situation: Situation, id: string): string[] {
  const colocated = (situation.cib?.constraints ?? []).flatMap((each) =>
    each.kind === 'colocation' && each.withResource === id && each.score > 0 ? [each.resource ?? ''] : [],
  );
  return [
    ...(preferenceOf(situation, id).hasRules
      ? [`rules, patterns or sets say where ${id} runs: what they do is seen only in the simulation`]
      : []),
    ...colocated.map((other) => `${other} goes where ${id} is, and moves along`),
  ];
}

/** @throws {AppError} `refused` */
export function planClear(
  situation: Situation,
  { resource }: { resource: string | undefined },
  nowMs: number,
): ActionPlan {
  const what = resource === undefined ? 'clear' : `clear of ${resource}`;
  expectPacemaker(situation, what, 'It leaves no constraints.');
  const moves = situation.state.moves.filter((each) => resource === undefined || each.resource === resource);
  const byResource = Map.groupBy(moves, (each) => each.resource);
  const steps = [...byResource].map(([id, own]): ActionStep => {
    const nodes = movableOf(situation, id)?.nodes ?? [];
    const at = nodes.length === 1 ? nodes[0] : undefined;
    const isTold = at !== undefined && !preferenceOf(situation, id).hasRules && notesOf(situation, id).length === 0;
    const after = isTold ? (returnsTo(situation, id, at) ?? at) : undefined;
    return clearStep(situation, { id, ids: own.map((each) => each.id), after });
  });
  const leaving = [...byResource.keys()].flatMap((id) => {
    const movable = movableOf(situation, id);
    if (movable === undefined) return [];
    // What others are bound to moves by what only the scheduler knows.
    const isBound = notesOf(situation, id).length > 0 && movable.nodes[0] !== undefined;
    return mayLeave(situation, movable) ?? (isBound ? [{ id, from: movable.nodes[0], to: undefined }] : []);
  });
  return planOf(situation, nowMs, {
    action: 'clear',
    subject: resource ?? '',
    sources: sourcesOf(leaving),
    moved: leaving.map(({ id }) => id),
    steps,
    notes: [
      ...(steps.length === 0
        ? [`no constraint of a move is there${resource === undefined ? '' : ` for ${resource}`}`]
        : []),
      ...leaving.map((each) => leavingText(each, 'goes')),
    ],
  });
}

export interface CleanupRequest {
  resource: string | undefined;
  node: string | undefined;
}

/** @throws {AppError} `refused` */
export function planCleanup(situation: Situation, { resource, node }: CleanupRequest, nowMs: number): ActionPlan {
  const { state } = situation;
  expectPacemaker(situation, 'cleanup', 'It counts no failures; see its log.');
  if (node !== undefined && !state.nodes.some(({ name }) => name === node))
    throw refusal('cleanup', `${node} is no node of the cluster`, 'See: holdfast ha status.');
  const ids = resource === undefined ? undefined : idsWithin(situation, resource);
  const isMeant = (each: { resource: string; node: string }): boolean =>
    (ids === undefined || ids.includes(baseOf(each.resource))) && (node === undefined || each.node === node);
  const failures = [...state.failures, ...state.failCounts].filter(isMeant);
  const hit = [...new Set(failures.map((each) => each.resource))];
  const change = { kind: 'cleanup', resource, node } as const;
  const step: ActionStep = {
    text: `forget failures of ${hit.join(', ')}`,
    checks: [{ kind: 'able' }, { kind: 'nowhere-twice' }],
    change,
    command: pacemakerAct.argvOf(change),
    expects: [{ kind: 'no-failure', resource, node }, { kind: 'nowhere-twice' }],
    timeLimitMs: moveTimeMs(situation, hit),
  };
  const promises = movablesOf(situation)
    .filter(({ wanted, id }) => wanted.length > 0 && (ids === undefined || ids.includes(id)))
    .map(({ id }): Expectation => ({ kind: 'once', resource: id }));
  const leaving = leavingAfter(situation, hit);
  return planOf(situation, nowMs, {
    action: 'cleanup',
    subject: resource ?? '',
    sources: sourcesOf(leaving),
    moved: leaving.map(({ id }) => id),
    steps: hit.length === 0 ? [] : [step],
    promises,
    notes: [
      hit.length === 0 ? 'there is no failure to forget' : 'what stopped after failures may start again',
      ...leaving.map((each) => leavingText(each, 'may go')),
    ],
  });
}

type Leaving = NonNullable<ReturnType<typeof mayLeave>>;

/** What failures keep away from the node that it prefers, or from running at all. */
function leavingAfter(situation: Situation, failed: readonly string[]): Leaving[] {
  const ids = new Set(failed.map((each) => movableOf(situation, baseOf(each))?.id));
  return movablesOf(situation).flatMap((movable) => {
    const leaving = ids.has(movable.id) ? mayLeave(situation, movable) : undefined;
    return leaving ?? [];
  });
}

function sourcesOf(leaving: readonly Leaving[]): string[] {
  return [...new Set(leaving.flatMap(({ from }) => from ?? []))];
}

/** @param verb what it does for sure, where that is known */
export function leavingText({ id, from, to }: Leaving, verb: string): string {
  if (from === undefined) return `${id} is stopped, and may start`;
  if (to === undefined) return `${id} may leave ${from}, by rules that only the scheduler knows`;
  return `${id} ${verb} from ${from} to ${to}, which it prefers`;
}

/** The resource and everything in it. @throws {AppError} `refused` */
function idsWithin({ state }: Situation, id: string): string[] {
  const walk = (resources: typeof state.resources): string[] =>
    resources.flatMap((each) => [each.id, ...(each.kind === 'primitive' ? [] : walk(each.members))]);
  const find = (resources: typeof state.resources): string[] | undefined => {
    for (const each of resources) {
      if (baseOf(each.id) === id) return walk([each]).map(baseOf);
      const inner = each.kind === 'primitive' ? undefined : find(each.members);
      if (inner !== undefined) return inner;
    }
    return undefined;
  };
  const found = find(state.resources);
  if (found === undefined) throw refusal(`cleanup of ${id}`, 'no such resource', 'See: holdfast ha status.');
  return found;
}

/** `ping:1` is an instance of `ping`. */
function baseOf(id: string): string {
  return id.replace(/:\d+$/, '');
}
