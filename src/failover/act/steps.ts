/** Parts that plans share. */
import { AppError } from '../../base/errors.ts';
import { pacemakerAct } from '../../cluster.ts';
import type { ActionName, ActionPlan, ActionStep, Check, Expectation, Situation } from './model.ts';
import { type Movable, moveTimeMs, nodeOf, returnsTo, unreadiness } from './places.ts';

/** Holds before every step of Pacemaker. */
export const SOUND: readonly Check[] = [{ kind: 'able' }, { kind: 'settled' }, { kind: 'nowhere-twice' }];
/** Looked at when all is done. */
export const KEPT: readonly Expectation[] = [{ kind: 'nowhere-twice' }, { kind: 'mounted' }];

/** Steps of changes that move nothing far: a place to start from. */
const QUICK_MS = 60_000;

export interface PlanParts extends Partial<Omit<ActionPlan, 'action' | 'subject' | 'plannedMs' | 'cluster'>> {
  action: ActionName;
  subject: string;
}

export function planOf(situation: Situation, plannedMs: number, parts: PlanParts): ActionPlan {
  const { state } = situation;
  const { action, subject, steps = [], sources = [], moved = [], promises = [], leaves = [], notes = [] } = parts;
  return {
    action,
    cluster: state.kind,
    subject,
    plannedMs,
    isNeeded: parts.isNeeded ?? steps.length > 0,
    sources,
    moved,
    arriving: parts.arriving ?? [],
    steps: steps.map((step, at) =>
      at === 0 ? { ...step, checks: [...step.checks, ...asPlanned(situation, step)] } : step,
    ),
    promises: steps.length === 0 ? [] : [...promises, ...KEPT],
    leaves,
    notes,
  };
}

/**
 * Plan, verdict and simulation are of one configuration: when another changed it meanwhile, nothing of them holds. Later
 * steps find what the ones before have changed.
 */
function asPlanned({ state, cib }: Situation, { checks }: ActionStep): Check[] {
  const isTold = checks.some(({ kind }) => kind === 'version');
  return [
    ...(state.options.fencesNodes === true ? [{ kind: 'fences' as const }] : []),
    ...(cib === undefined || isTold
      ? []
      : [{ kind: 'version' as const, version: { adminEpoch: cib.adminEpoch, epoch: cib.epoch } }]),
  ];
}

export function refusal(what: string, why: string, hint: string): AppError {
  return new AppError('refused', { detail: `${what}: ${why}`, hint: `${hint} Nothing was changed.` });
}

/** @throws {AppError} `refused` */
export function expectReady(situation: Situation, name: string, what: string): void {
  const why = unreadiness(nodeOf(situation, name));
  if (why !== undefined) throw refusal(what, `${name} ${why}`, 'See: holdfast ha status.');
}

/** @throws {AppError} `refused` when the cluster is Heartbeat, which has nothing of the kind */
export function expectPacemaker({ state }: Situation, what: string, instead: string): void {
  if (state.kind === 'pacemaker') return;
  throw refusal(what, 'Heartbeat in version 1 mode has no such order', instead);
}

export function moveStep(situation: Situation, { id, nodes }: Movable, node: string): ActionStep {
  const change = { kind: 'move', resource: id, node } as const;
  const from = nodes.join(' and ');
  return {
    text: `move ${id}${from === '' ? '' : ` from ${from}`} to ${node}`,
    checks: [
      ...SOUND,
      { kind: 'ready', node },
      { kind: 'managed', resource: id },
      ...nodes.map((each): Check => ({ kind: 'at', resource: id, node: each })),
    ],
    change,
    command: pacemakerAct.argvOf(change),
    expects: [{ kind: 'at', resource: id, node }, { kind: 'nowhere-twice' }],
    timeLimitMs: moveTimeMs(situation, [id]),
  };
}

/** @param at where the resource has to be before, and where after; undefined where only the scheduler can tell */
export function clearStep(
  situation: Situation,
  { id, ids, before, after }: { id: string; ids: readonly string[]; before?: string; after?: string | undefined },
): ActionStep {
  const change = { kind: 'clear', resource: id } as const;
  return {
    text: `remove ${ids.join(' and ')}, by which moves hold ${id}`,
    checks: [...SOUND, ...(before === undefined ? [] : [{ kind: 'at' as const, resource: id, node: before }])],
    change,
    command: pacemakerAct.argvOf(change),
    expects: [
      ...ids.map((each): Expectation => ({ kind: 'constraint', id: each, isThere: false })),
      after === undefined ? { kind: 'once', resource: id } : { kind: 'at', resource: id, node: after },
      { kind: 'nowhere-twice' },
    ],
    timeLimitMs: moveTimeMs(situation, [id]),
  };
}

export const quickMs = QUICK_MS;

/** The constraint that a move leaves. */
export function preferId(resource: string): string {
  return `cli-prefer-${resource}`;
}

/** Ids of what moves have left on a resource, in the state. */
export function leftOn({ state }: Situation, resource: string): string[] {
  return state.moves.filter((each) => each.resource === resource).map(({ id }) => id);
}

/** What a move to `node` consists of: the constraint is removed where the resource then stays by itself. */
export function moveAndClear(
  situation: Situation,
  movable: Movable,
  { node, keeps }: { node: string; keeps: boolean },
): { steps: ActionStep[]; leaves: string[] } {
  const { id } = movable;
  const step = moveStep(situation, movable, node);
  const left = [...new Set([...leftOn(situation, id), preferId(id)])];
  if (keeps || returnsTo(situation, id, node) !== undefined) return { steps: [step], leaves: left };
  return { steps: [step, clearStep(situation, { id, ids: left, before: node, after: node })], leaves: [] };
}
