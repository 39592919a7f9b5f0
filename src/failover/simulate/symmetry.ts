/**
 * Which faults are the same but for names. Nodes and resources get a colour from what they are, and a new one from the
 * colours of what they are tied to, until none changes any more (colour refinement); a pair of faults is told by the
 * colours it has when one of its subjects is marked. The same colours could in theory belong to clusters that differ;
 * those would have to be regular graphs of constraints, which nobody writes.
 */
import { cib } from '../../cluster.ts';
import type { Fault, World } from './model.ts';

interface Edge {
  to: string;
  label: string;
}

export interface Symmetry {
  keyOf(fault: Fault): string;
  /** The same for a pair whichever comes first. */
  keyOfPair(a: Fault, b: Fault): string;
  /** Parts of the cluster that no constraint ties together; of a fault the part that it hits. */
  partOf(fault: Fault): string | undefined;
}

const ROUNDS = 6;

export function symmetryOf(world: World): Symmetry {
  const edges = edgesOf(world);
  const colours = new Map<string, number>();
  const interned = (text: string): number => {
    if (!colours.has(text)) colours.set(text, colours.size);
    return colours.get(text)!;
  };
  const first = firstColours(world, interned);
  const plain = refine({ edges, first, interned });
  const marked = new Map<string, ReadonlyMap<string, number>>();
  const colourWith = (mark: Fault): ReadonlyMap<string, number> => {
    const subject = subjectOf(mark);
    if (!marked.has(subject))
      marked.set(
        subject,
        refine({ edges, first: new Map([...first, [subject, interned(`marked ${first.get(subject)}`)]]), interned }),
      );
    return marked.get(subject)!;
  };
  const keyIn = (fault: Fault, of: ReadonlyMap<string, number>): string =>
    `${modeOf(fault)}/${of.get(subjectOf(fault)) ?? '-'}`;
  const parts = partsOf(world, edges);
  return {
    keyOf: (fault) => keyIn(fault, plain),
    keyOfPair: (a, b) => {
      const seen = [`${keyIn(a, plain)} ${keyIn(b, colourWith(a))}`, `${keyIn(b, plain)} ${keyIn(a, colourWith(b))}`];
      return seen.toSorted().join(' | ');
    },
    partOf: (fault) => parts.get(subjectOf(fault)),
  };
}

export function subjectOf(fault: Fault): string {
  if ('node' in fault) return `node ${fault.node}`;
  if (fault.kind === 'quorum-lost') return 'quorum';
  return `resource ${fault.kind === 'fence-dead' ? fault.device : fault.resource}`;
}

function modeOf(fault: Fault): string {
  return fault.kind === 'resource-fails' ? fault.operation : fault.kind;
}

function refine({
  edges,
  first,
  interned,
}: {
  edges: ReadonlyMap<string, Edge[]>;
  first: ReadonlyMap<string, number>;
  interned: (text: string) => number;
}): Map<string, number> {
  let colours = new Map(first);
  for (let round = 0; round < ROUNDS; round++) {
    const next = new Map<string, number>();
    for (const [vertex, colour] of colours) {
      const around = (edges.get(vertex) ?? []).map(({ to, label }) => `${label}>${colours.get(to)}`).toSorted();
      next.set(vertex, interned(`${colour}:${around.join(',')}`));
    }
    const isDone = new Set(next.values()).size === new Set(colours.values()).size;
    colours = next;
    if (isDone && round > 1) break;
  }
  return colours;
}

/** What each is by itself: names, and values that are names of devices and directories, do not count. */
function firstColours(world: World, interned: (text: string) => number): Map<string, number> {
  const colours = new Map<string, number>([['quorum', interned('quorum')]]);
  for (const { name, votes, isOnline, isStandby } of world.nodes) {
    const node = world.cib.nodes.find((each) => each.name === name);
    const attributes = [...cib.valuesIn(node?.attributes ?? [])].map((pair) => pair.join('='));
    colours.set(`node ${name}`, interned(JSON.stringify(['node', votes, isOnline, isStandby, attributes])));
  }
  const literal = literalText(world);
  for (const resource of cib.everyResource(world.cib.resources)) {
    const what: unknown[] = [resource.kind, [...cib.valuesIn(resource.meta)].toSorted(), literal.get(resource.id)];
    if (resource.kind === 'primitive')
      what.push(
        resource.agent === undefined ? '' : cib.formatAgent(resource.agent),
        [...cib.valuesIn(resource.params).keys()].toSorted(),
        cib.valueIn(resource.params, 'fstype'),
        cib.valueIn(resource.params, 'pcmk_delay_base'),
        resource.operations.map(({ name, intervalMs, timeoutMs, onFail, role, isEnabled }) => [
          name,
          intervalMs,
          timeoutMs,
          onFail,
          role,
          isEnabled,
        ]),
      );
    colours.set(`resource ${resource.id}`, interned(JSON.stringify(what)));
  }
  return colours;
}

/** Constraints of several resources, or by rule, set those that they name apart by their whole text. */
function literalText(world: World): Map<string, string> {
  const texts = new Map<string, string>();
  const add = (id: string, text: string): void => void texts.set(id, `${texts.get(id) ?? ''}${text}`);
  for (const each of world.cib.constraints) {
    const text = cib.formatXml(each.element);
    for (const id of each.sets.flatMap(({ resources }) => resources)) add(id, text);
    if (each.kind === 'location' && each.resource !== undefined && each.rules.length > 0)
      add(each.resource, text.replaceAll(each.resource, '*').replace(/ id="[^"]*"/g, ''));
  }
  return texts;
}

type Add = (from: string, to: string, label: string) => void;

function edgesOf(world: World): Map<string, Edge[]> {
  const edges = new Map<string, Edge[]>();
  const add: Add = (from, to, label) => {
    edges.set(from, [...(edges.get(from) ?? []), { to, label: `${label}+` }]);
    edges.set(to, [...(edges.get(to) ?? []), { to: from, label: `${label}-` }]);
  };
  for (const each of world.cib.constraints) addConstraint(each, add);
  for (const each of cib.everyResource(world.cib.resources)) addMembers(each, add);
  for (const [id, nodes] of world.placement) for (const node of nodes) add(vertexOf(id), `node ${node}`, 'runs');
  for (const { id, hosts } of world.devices)
    for (const host of hosts ?? []) add(vertexOf(id), `node ${host}`, 'shoots');
  return edges;
}

function vertexOf(resource: string): string {
  return `resource ${resource}`;
}

function addConstraint(each: cib.Constraint, add: Add): void {
  if (each.kind === 'location' && each.resource !== undefined && each.node !== undefined)
    add(vertexOf(each.resource), `node ${each.node}`, `location ${each.score} ${each.role}`);
  if (each.kind === 'colocation' && each.resource !== undefined && each.withResource !== undefined)
    add(vertexOf(each.resource), vertexOf(each.withResource), `with ${each.score} ${each.role} ${each.withRole}`);
  if (each.kind === 'order' && each.first !== undefined && each.next !== undefined) {
    const label = `before ${each.strength} ${each.firstAction} ${each.nextAction} ${each.isSymmetrical}`;
    add(vertexOf(each.first), vertexOf(each.next), label);
  }
}

function addMembers(each: cib.Resource, add: Add): void {
  if (each.kind === 'group')
    for (const [at, member] of each.members.entries()) add(vertexOf(each.id), vertexOf(member.id), `member ${at}`);
  else if (each.kind !== 'primitive' && each.member !== undefined)
    add(vertexOf(each.id), vertexOf(each.member.id), 'instance');
}

/** Joined by constraints and groups; fence devices, which may stand anywhere, join nothing. */
function partsOf(world: World, edges: ReadonlyMap<string, Edge[]>): Map<string, string> {
  const parts = new Map<string, string>();
  const fences = new Set(world.resources.filter(({ isFence }) => isFence).map(({ id }) => `resource ${id}`));
  // Where a resource may run anywhere, everything can meet everything.
  const isOpen = cib.parseBoolean(cib.valueIn(world.cib.properties, 'symmetric-cluster') ?? 'true') ?? true;
  if (isOpen && world.nodes.length > 2) return parts;
  for (const start of edges.keys()) {
    if (parts.has(start) || fences.has(start)) continue;
    const open = [start];
    for (let at = open.pop(); at !== undefined; at = open.pop()) {
      if (parts.has(at) || fences.has(at)) continue;
      parts.set(at, start);
      open.push(...(edges.get(at) ?? []).map(({ to }) => to));
    }
  }
  return parts;
}
