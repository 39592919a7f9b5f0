/** Which device can shoot which node, from where, and how soon. */
import { cib } from '../../cluster.ts';
import type { FenceFacts, World, WorldNode } from './model.ts';

export function fenceFactsOf(view: cib.Cib, nodes: readonly Pick<WorldNode, 'name'>[]): FenceFacts[] {
  const isOpen = cib.parseBoolean(cib.valueIn(view.properties, 'symmetric-cluster') ?? 'true') ?? true;
  return [...cib.everyResource(view.resources)].flatMap((resource) => {
    if (resource.kind !== 'primitive' || resource.agent?.standard !== 'stonith') return [];
    if (/^stopped$/i.test(cib.valueIn(resource.meta, 'target-role') ?? '')) return [];
    return [factsOf(resource, { view, isOpen, nodes })];
  });
}

function factsOf(
  { id, params }: cib.Primitive,
  { view, isOpen, nodes }: { view: cib.Cib; isOpen: boolean; nodes: readonly Pick<WorldNode, 'name'>[] },
): FenceFacts {
  const values = cib.valuesIn(params);
  const listed = wordsOf(values.get('pcmk_host_list'));
  const mapped = wordsOf(values.get('pcmk_host_map')).map((word) => word.split(':')[0]!);
  const hosts = [...new Set([...listed, ...mapped])];
  const asksItself = hosts.length === 0 || /^(?:dynamic-list|status|none)$/.test(values.get('pcmk_host_check') ?? '');
  const usableOn = nodes.map(({ name }) => name).filter((node) => scoreOn(view, { resource: id, node, isOpen }) >= 0);
  const base = values.get('pcmk_delay_base') ?? '0';
  const max = cib.durationMs(values.get('pcmk_delay_max') ?? '0') ?? 0;
  const delayMsOf = (node: string): number => cib.durationMs(delayTextOf(base, node)) ?? 0;
  const least = Math.max(0, ...nodes.map(({ name }) => delayMsOf(name)));
  return { id, hosts: asksItself ? undefined : hosts, usableOn, delayMsOf, delayRandomMs: Math.max(0, max - least) };
}

function wordsOf(text = ''): string[] {
  return text.split(/[\s,;]+/).filter((word) => word !== '');
}

/** `2s` for all, or `n1:0;n2:10s` (pacemaker-fenced(7), pcmk_delay_base). */
function delayTextOf(base: string, node: string): string {
  if (!base.includes(':')) return base;
  const pair = wordsOf(base).find((word) => word.startsWith(`${node}:`));
  return pair === undefined ? '0' : pair.slice(node.length + 1);
}

/** Sum of what constraints by plain node say. In a cluster that is not symmetric nothing runs where nothing says so. */
function scoreOn(
  view: cib.Cib,
  { resource, node, isOpen }: { resource: string; node: string; isOpen: boolean },
): number {
  const scores = view.constraints.flatMap((each) =>
    each.kind === 'location' && each.resource === resource && each.node === node && each.score !== undefined
      ? [each.score]
      : [],
  );
  if (scores.some((score) => score <= -cib.INFINITY_SCORE)) return -cib.INFINITY_SCORE;
  if (scores.length === 0) return isOpen ? 0 : -cib.INFINITY_SCORE;
  return scores.reduce((sum, score) => sum + score, 0);
}

export interface Shot {
  devices: readonly string[];
  delayMs: number;
  /** The delay may be longer by this, by chance. */
  randomMs: number;
}

/** How `from` would shoot `target`, or why it cannot. The first level that works, as Pacemaker tries them in order. */
export function shotAt(
  world: World,
  { target, from, dead }: { target: string; from: readonly string[]; dead: ReadonlySet<string> },
): Shot | { why: string } {
  const able = world.devices.filter(
    ({ hosts, usableOn }) => (hosts?.includes(target) ?? true) && usableOn.some((node) => from.includes(node)),
  );
  const living = able.filter(({ id }) => !dead.has(id));
  const levels = levelsOf(world.cib, target);
  const choices = levels.length > 0 ? levels : living.map(({ id }) => [id]);
  const chosen = choices.find((devices) => devices.every((id) => living.some((each) => each.id === id)));
  if (chosen === undefined) return { why: whyNot(world, { target, able, dead, hasLevels: levels.length > 0 }) };
  const facts = living.filter(({ id }) => chosen.includes(id));
  return {
    devices: chosen,
    delayMs: Math.max(...facts.map((each) => each.delayMsOf(target))) + priorityDelayMs(world, target),
    randomMs: Math.max(...facts.map(({ delayRandomMs }) => delayRandomMs)),
  };
}

function levelsOf(view: cib.Cib, target: string): (readonly string[])[] {
  const own = view.fencingLevels.filter(({ target: of }) =>
    of.kind === 'node'
      ? of.name === target
      : of.kind === 'pattern'
        ? matches(of.pattern, target)
        : attributeIs(view, target, of),
  );
  const byIndex = Map.groupBy(own, ({ index }) => index);
  return [...byIndex].toSorted(([a], [b]) => a - b).map(([, levels]) => levels.flatMap(({ devices }) => devices));
}

function matches(pattern: string, name: string): boolean {
  try {
    return new RegExp(pattern, 'i').test(name);
  } catch (error) {
    if (error instanceof SyntaxError) return false;
    throw error;
  }
}

function attributeIs(view: cib.Cib, target: string, { name, value }: { name: string; value: string }): boolean {
  const node = view.nodes.find((each) => each.name === target);
  return node !== undefined && cib.valueIn(node.attributes, name) === value;
}

/** `priority-fencing-delay` is added when the node that carries more is shot in a cluster of two. */
function priorityDelayMs(world: World, target: string): number {
  const delay = cib.durationMs(cib.valueIn(world.cib.properties, 'priority-fencing-delay') ?? '0') ?? 0;
  if (delay === 0 || world.nodes.length !== 2) return 0;
  const [own, other] = [
    priorityOn(world, target),
    Math.max(...world.nodes.filter(({ name }) => name !== target).map(({ name }) => priorityOn(world, name))),
  ];
  return own > other ? delay : 0;
}

function priorityOn(world: World, node: string): number {
  const inherited = Number(cib.valueIn(world.cib.resourceDefaults, 'priority') ?? 0);
  return [...cib.everyResource(world.cib.resources)].reduce((sum, resource) => {
    const runs = resource.kind === 'primitive' && world.placement.get(resource.id)?.includes(node) === true;
    return runs ? sum + Number(cib.valueIn(resource.meta, 'priority') ?? inherited) : sum;
  }, 0);
}

function whyNot(
  world: World,
  {
    target,
    able,
    dead,
    hasLevels,
  }: { target: string; able: readonly FenceFacts[]; dead: ReadonlySet<string>; hasLevels: boolean },
): string {
  const broken = able.filter(({ id }) => dead.has(id)).map(({ id }) => id);
  if (broken.length > 0) return `${broken.join(', ')} is dead, and there is no other device for ${target}`;
  if (able.length > 0 && hasLevels) return `no level of its fencing topology has all its devices`;
  if (world.devices.some(({ hosts }) => hosts?.includes(target) ?? true))
    return `its fence device may not be used by any node that is left`;
  return `there is no fence device for ${target}`;
}
