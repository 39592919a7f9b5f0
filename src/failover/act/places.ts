/** Where resources are and where they would go: what plans are made from. */
import { OPERATION_MS } from '../../base/cluster-limits.ts';
import { cib, live, type state } from '../../cluster.ts';
import type { Situation } from './model.ts';

/** A resource at the top of the tree that can be moved as one: a group, or a primitive in none; no clone, no fence device. */
export interface Movable {
  id: string;
  /** Names of the nodes where something of it is active. */
  nodes: readonly string[];
  /** Instances that are meant to run. */
  wanted: readonly state.PrimitiveState[];
  isManaged: boolean;
}

/** In the order of the configuration, those first on which order constraints let others wait. */
export function movablesOf({ state, cib: configuration }: Situation): Movable[] {
  const movables = state.resources.flatMap((resource): Movable[] => {
    if (resource.kind === 'clone' || resource.kind === 'bundle') return [];
    if (resource.kind === 'primitive' && live.isFenceDevice(resource)) return [];
    const placed = live.primitivesOf([resource]);
    const wanted = placed.filter((each) => !live.isStoppedOnPurpose(each)).map(({ primitive }) => primitive);
    const nodes = [...new Set(placed.flatMap(({ primitive }) => (primitive.isActive ? primitive.nodes : [])))];
    const isManaged = resource.isManaged && placed.every(({ primitive }) => primitive.isManaged);
    return [{ id: resource.id, nodes, wanted, isManaged }];
  });
  return inOrder(movables, configuration);
}

/** The movable that is, or holds, a resource; undefined for what cannot be moved as one. */
export function movableOf(situation: Situation, id: string): Movable | undefined {
  const top = situation.state.resources.find(
    (resource) => resource.id === id || (resource.kind === 'group' && resource.members.some((each) => each.id === id)),
  );
  return movablesOf(situation).find((each) => each.id === top?.id);
}

function inOrder(movables: readonly Movable[], configuration: cib.Cib | undefined): Movable[] {
  const orders = (configuration?.constraints ?? []).filter((each) => each.kind === 'order');
  const before = (id: string): string[] => orders.filter(({ next }) => next === id).map(({ first }) => first ?? '');
  const done: Movable[] = [];
  const left = [...movables];
  while (left.length > 0) {
    const isFree = ({ id }: Movable): boolean =>
      !left.some((other) => other.id !== id && before(id).includes(other.id));
    const at = Math.max(0, left.findIndex(isFree));
    done.push(...left.splice(at, 1));
  }
  return done;
}

export function nodeOf({ state }: Situation, name: string): state.NodeState | undefined {
  return state.nodes.find((node) => node.name === name);
}

/** Why a node takes no resource; undefined when it does. */
export function unreadiness(node: state.NodeState | undefined): string | undefined {
  if (node === undefined) return 'is no node of the cluster';
  const words = live.wordsOfNode(node).filter((word) => !word.startsWith('health yellow'));
  return words.length === 0 ? undefined : `is ${words.join(', ')}`;
}

/** Score of each node for a resource by plain location constraints, without those that moves left. */
export interface Preference {
  scores: ReadonlyMap<string, number>;
  /** Rules, patterns or sets say something too, which only the scheduler can tell. */
  hasRules: boolean;
}

export function preferenceOf({ cib: configuration }: Situation, id: string): Preference {
  const scores = new Map<string, number>();
  let hasRules = false;
  const own = new Set([id, ...(memberIds(configuration, id) ?? [])]);
  for (const each of configuration?.constraints ?? []) {
    if (each.kind !== 'location' || /^cli-(?:prefer|ban|standby)-/.test(each.id)) continue;
    if (each.pattern !== undefined || each.sets.length > 0) hasRules = true;
    else if (!own.has(each.resource ?? '')) continue;
    else if (each.node === undefined || each.score === undefined) hasRules = true;
    else scores.set(each.node, clamp((scores.get(each.node) ?? 0) + each.score));
  }
  return { scores, hasRules };
}

/** The one node with the highest score above zero; undefined when there is none, or two. */
export function preferredNode(situation: Situation, id: string): string | undefined {
  const ranked = [...preferenceOf(situation, id).scores].filter(([, score]) => score > 0).sort((a, b) => b[1] - a[1]);
  return ranked.length > 0 && ranked[0]![1] !== ranked[1]?.[1] ? ranked[0]![0] : undefined;
}

/** How much a resource wants to stay: of a group the sum over its members (Pacemaker Explained, resource-stickiness). */
export function stickinessOf({ cib: configuration }: Situation, id: string): number {
  const resource = configuration?.resources.find((each) => each.id === id);
  if (configuration === undefined || resource === undefined) return 0;
  const fallback = cib.valueIn(configuration.resourceDefaults, 'resource-stickiness');
  const group = 'meta' in resource ? cib.valueIn(resource.meta, 'resource-stickiness') : undefined;
  const members = resource.kind === 'group' ? resource.members : [resource];
  const own = members.map((each) => cib.valueIn(each.meta, 'resource-stickiness') ?? group ?? fallback ?? '0');
  return clamp(own.reduce((sum, text) => sum + (cib.parseScore(text) ?? 0), 0));
}

/**
 * Where a resource goes by itself from `node` when nothing of moves holds it any more; undefined when it stays.
 * Colocation may pull it as well, which only the scheduler knows.
 */
export function returnsTo(situation: Situation, id: string, node: string): string | undefined {
  const { scores } = preferenceOf(situation, id);
  const here = clamp((scores.get(node) ?? 0) + stickinessOf(situation, id));
  const others = situation.state.nodes
    .filter((each) => each.name !== node && unreadiness(each) === undefined)
    .map(({ name }) => ({ name, score: scores.get(name) ?? 0 }))
    .sort((a, b) => b.score - a.score);
  return others[0] !== undefined && others[0].score > here ? others[0].name : undefined;
}

/**
 * Where a resource may go by itself when something that kept it is gone: for sure, or as far as only the scheduler can tell,
 * where rules decide; `from` is undefined when it is stopped, and may start. Undefined when it stays.
 */
export function mayLeave(
  situation: Situation,
  { id, nodes: [from], wanted, isManaged }: Movable,
): { id: string; from: string | undefined; to: string | undefined } | undefined {
  if (!isManaged || wanted.length === 0) return undefined;
  if (from === undefined) return { id, from, to: undefined };
  const to = returnsTo(situation, id, from);
  return to !== undefined || preferenceOf(situation, id).hasRules ? { id, from, to } : undefined;
}

/** Ids of a group's members. */
export function memberIds(configuration: cib.Cib | undefined, id: string): string[] | undefined {
  const resource = configuration?.resources.find((each) => each.id === id);
  return resource?.kind === 'group' ? resource.members.map((each) => each.id) : undefined;
}

/** For the DC, the monitors that follow, and a machine that is busy. */
const SLACK_MS = 60_000;

/** How long stopping and starting all of these may take one after the other, by their own timeouts. */
export function moveTimeMs({ cib: configuration }: Situation, ids: readonly string[]): number {
  if (configuration === undefined) return SLACK_MS;
  const fallback = cib.durationMs(cib.valueIn(configuration.operationDefaults, 'timeout') ?? '') ?? OPERATION_MS;
  const timeout = (primitive: cib.Primitive, name: string): number =>
    primitive.operations.find((each) => each.name === name)?.timeoutMs ?? fallback;
  return configuration.resources
    .filter(({ id }) => ids.includes(id))
    .flatMap((resource) => primitivesIn(resource))
    .reduce((sum, each) => sum + timeout(each, 'stop') + timeout(each, 'start'), SLACK_MS);
}

function primitivesIn(resource: cib.Resource): readonly cib.Primitive[] {
  if (resource.kind === 'primitive') return [resource];
  return resource.kind === 'group' ? resource.members : [];
}

function clamp(score: number): number {
  return Math.max(-cib.INFINITY_SCORE, Math.min(cib.INFINITY_SCORE, score));
}
