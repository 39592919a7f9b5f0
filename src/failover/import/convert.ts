/** A CIB of Heartbeat 2, before the schemas that Pacemaker still upgrades, as plain values of today. */
import { cib, type Place } from '../../cluster.ts';
import { convertConstraint } from './convert-constraints.ts';
import { convertFencing, type FencingConversion, newFencingConversion } from './convert-fencing.ts';
import { tellUncovered } from './fencing.ts';
import type { Notebook } from './model.ts';
import { mapScript } from './scripts.ts';
import { operationsOf } from './timing.ts';

type Values = Record<string, string>;

/** Attributes of old resource elements that are meta attributes today. */
const OLD_META = ['is_managed', 'restart_type', 'multiple_active', 'resource_stickiness', 'priority'];
/** Values of clones that stood among their instance attributes. */
const CLONE_META: Readonly<Record<string, string>> = {
  'clone-max': 'clone-max',
  'clone-node-max': 'clone-node-max',
  'master-max': 'promoted-max',
  'master-node-max': 'promoted-node-max',
  notify: 'notify',
  'globally-unique': 'globally-unique',
  ordered: 'ordered',
  interleave: 'interleave',
  'target-role': 'target-role',
  'is-managed': 'is-managed',
};
/** Properties that are defaults of resources or operations today. */
const MOVED: Readonly<Record<string, readonly ['resource' | 'operation', string]>> = {
  'default-resource-stickiness': ['resource', 'resource-stickiness'],
  'is-managed-default': ['resource', 'is-managed'],
  'default-action-timeout': ['operation', 'timeout'],
};
const GONE_PROPERTIES = new Set(
  'default-resource-failure-stickiness transition-idle-timeout short-resource-names ignore-dtd suppress-cib-writes cluster-infrastructure dc-version last-lrm-refresh'.split(
    ' ',
  ),
);
/** Agents that went to the projects whose programs they start. */
const RENAMED: Readonly<Record<string, string>> = {
  'ocf:heartbeat:drbd': 'ocf:linbit:drbd',
  'ocf:heartbeat:pingd': 'ocf:pacemaker:ping',
  'ocf:heartbeat:IPaddr': 'ocf:heartbeat:IPaddr2',
};
/** Written by the cluster itself. */
const OWN_PROPERTIES = new Set(['cluster-infrastructure', 'dc-version', 'last-lrm-refresh']);

export interface ConvertContext {
  notebook: Notebook;
  placeOf(element: cib.XmlElement): Place;
}

interface Conversion extends ConvertContext {
  fencing: FencingConversion;
}

export function convertCib(old: cib.Cib, given: ConvertContext): cib.PlainCib {
  const context: Conversion = { ...given, fencing: newFencingConversion(old) };
  const { properties, resourceDefaults, operationDefaults } = convertProperties(old, context);
  const resources = old.resources.flatMap((each) => convertResource(each, context) ?? []);
  const ids = new Set(resources.flatMap(idsIn));
  const constraints = old.constraints.flatMap((each) => convertConstraint(each, ids, context) ?? []);
  const { devices, constraints: bans, nodes } = context.fencing;
  // With agents that were there already, only the cluster itself can tell which nodes they shoot.
  if (devices.length > 0 && cib.everyResource(old.resources).every((each) => !isTodaysFencing(each)))
    tellUncovered(devices, { nodes, notebook: context.notebook });
  return { properties, resourceDefaults, operationDefaults, resources, constraints: [...constraints, ...bans] };
}

function isTodaysFencing(resource: cib.Resource): boolean {
  const agent = resource.kind === 'primitive' ? resource.agent : undefined;
  return agent?.standard === 'stonith' && agent.type.startsWith('fence_');
}

function convertProperties(old: cib.Cib, context: ConvertContext) {
  const found = { properties: {} as Values, resourceDefaults: {} as Values, operationDefaults: {} as Values };
  for (const { name, value, element } of pairsOf(old.properties, context)) {
    const today = name.replaceAll('_', '-');
    const moved = Object.hasOwn(MOVED, today) ? MOVED[today] : undefined;
    if (moved !== undefined) {
      (moved[0] === 'resource' ? found.resourceDefaults : found.operationDefaults)[moved[1]] = value;
      tell(context, {
        about: today,
        element,
        was: `${name}=${value}`,
        becomes: `${moved[1]}=${value} of all ${moved[0]}s`,
      });
    } else if (!GONE_PROPERTIES.has(today)) found.properties[today] = value;
    else if (!OWN_PROPERTIES.has(today))
      context.notebook.unmapped.push({
        what: `${name}=${value}`,
        place: context.placeOf(element),
        why: 'Pacemaker has no such property any more',
        instead: today.includes('failure') ? 'migration-threshold and failure-timeout' : 'nothing',
      });
  }
  if (found.properties['stonith-enabled'] !== 'true') {
    const was = `stonith-enabled=${found.properties['stonith-enabled'] ?? '(not set)'}`;
    found.properties['stonith-enabled'] = 'true';
    const why = 'Without fencing a takeover from a node that is only believed dead mounts a file system twice.';
    context.notebook.explanations.push({
      about: 'stonith-enabled',
      place: undefined,
      was,
      becomes: 'stonith-enabled=true',
      why,
    });
  }
  for (const set of old.resourceDefaults) Object.assign(found.resourceDefaults, valuesOf([set], context));
  for (const set of old.operationDefaults) Object.assign(found.operationDefaults, valuesOf([set], context));
  return found;
}

function convertResource(resource: cib.Resource, context: Conversion): cib.PlainResource | undefined {
  if (resource.kind === 'primitive') return convertPrimitive(resource, context);
  if (resource.kind === 'group') return convertGroup(resource, context);
  if (resource.kind === 'clone') return convertClone(resource, context);
  return lost(context, resource, 'a bundle, which no CIB of Heartbeat had');
}

function convertGroup(group: cib.Group, context: Conversion): cib.PlainGroup | undefined {
  const members = group.members.flatMap((each) => convertPrimitive(each, context) ?? []);
  if (members.length === 0) return lost(context, group, 'nothing of it is left');
  const isComplete = members.length === group.members.length;
  const meta = { ...metaOf(group, context), ...(isComplete ? {} : { 'target-role': 'Stopped' }) };
  return { kind: 'group', id: group.id, members, meta };
}

function convertClone(clone: cib.Clone, context: Conversion): cib.PlainClone | cib.PlainPrimitive | undefined {
  const { member } = clone;
  const converted = member === undefined ? undefined : convertResource(member, context);
  // A fence device is one of the cluster: any node may use it, wherever it is started.
  if (converted?.kind === 'primitive' && converted.agent.startsWith('stonith:')) {
    tell(context, { about: clone.id, element: clone.element, was: 'a clone', becomes: `${converted.id} alone` });
    return converted;
  }
  if (converted === undefined || converted.kind === 'clone') return lost(context, clone, 'nothing of it is left');
  const meta = { ...metaOf(clone, context), ...(clone.isPromotable ? { promotable: 'true' } : {}) };
  if (clone.isPromotable)
    tell(context, {
      about: clone.id,
      element: clone.element,
      was: `<${clone.element.name}>`,
      becomes: 'a clone with promotable=true',
    });
  return { kind: 'clone', id: clone.id, member: converted, meta };
}

function convertPrimitive(primitive: cib.Primitive, context: Conversion): cib.PlainPrimitive | undefined {
  const { id, agent } = primitive;
  if (agent === undefined) return lost(context, primitive, 'it names no agent');
  if (agent.standard === 'heartbeat') return convertScript(primitive, agent.type, context);
  if (agent.standard === 'stonith' && !agent.type.startsWith('fence_'))
    return convertPlugin(primitive, agent.type, context);
  const operations = primitive.operations.filter(({ isEnabled }) => isEnabled).map(convertOperation);
  const params = valuesOf(primitive.params, context);
  const meta = metaOf(primitive, context);
  const old = cib.formatAgent(agent);
  const name = RENAMED[old] ?? old;
  if (name !== old) tell(context, { about: id, element: primitive.element, was: old, becomes: name });
  return { kind: 'primitive', id, agent: name, params, meta, operations };
}

/** Today's Pacemaker is mostly built without the plugins of cluster-glue. */
function convertPlugin(primitive: cib.Primitive, plugin: string, context: Conversion): cib.PlainPrimitive | undefined {
  const operations = primitive.operations.filter(({ isEnabled }) => isEnabled).map(convertOperation);
  const rest = { meta: metaOf(primitive, context), operations };
  const params = valuesOf(primitive.params, context);
  const old = { id: primitive.id, plugin, params, place: context.placeOf(primitive.element), rest };
  return convertFencing(old, { into: context.fencing, notebook: context.notebook });
}

/** Parameters of the class heartbeat are named 1, 2, 3 by their positions. */
function convertScript(
  primitive: cib.Primitive,
  script: string,
  context: ConvertContext,
): cib.PlainPrimitive | undefined {
  const values = valuesOf(primitive.params, context);
  const params = Object.keys(values)
    .filter((name) => /^\d+$/.test(name))
    .toSorted((a, b) => Number(a) - Number(b))
    .map((name) => values[name]!);
  const mapped = mapScript(script, params, { lustreAgent: 'filesystem', scripts: {} });
  const text = [script, ...params].join('::');
  if (mapped.kind !== 'agent')
    return lost(
      context,
      primitive,
      mapped.kind === 'none' ? `${text}: ${mapped.why}` : `${text} is DRBD by role`,
      mapped.kind === 'none' ? mapped.instead : 'a promotable clone of ocf:linbit:drbd, before the group',
    );
  const { agent } = mapped;
  tell(context, { about: primitive.id, element: primitive.element, was: `heartbeat:${text}`, becomes: agent });
  const own = primitive.operations.filter(({ isEnabled }) => isEnabled).map(convertOperation);
  const given = new Set(own.map(({ name }) => name));
  const operations = [...operationsOf(agent, mapped.params).filter(({ name }) => !given.has(name)), ...own];
  return {
    kind: 'primitive',
    id: primitive.id,
    agent,
    params: mapped.params,
    meta: metaOf(primitive, context),
    operations,
  };
}

function convertOperation({ name, intervalMs, timeoutMs, onFail, role, params }: cib.Operation): cib.PlainOperation {
  const values = Object.fromEntries(
    params.flatMap((set) => set.values.map((pair) => [pair.name, pair.value ?? ''] as const)),
  );
  return {
    name,
    ...(intervalMs === undefined ? {} : { interval: durationText(intervalMs) }),
    ...(timeoutMs === undefined ? {} : { timeout: durationText(timeoutMs) }),
    ...(onFail === undefined ? {} : { onFail }),
    ...(role === undefined ? {} : { role }),
    ...(Object.keys(values).length === 0 ? {} : { params: values }),
  };
}

function durationText(ms: number): string {
  return ms % 1000 === 0 ? `${ms / 1000}s` : `${ms}ms`;
}

function metaOf(resource: cib.Primitive | cib.Group | cib.Clone, context: ConvertContext): Values {
  const meta: Values = {};
  for (const name of OLD_META) {
    const value = resource.element.attributes.get(name);
    if (value !== undefined) meta[name.replaceAll('_', '-')] = value;
  }
  if (resource.kind === 'primitive') return { ...meta, ...valuesOf(resource.meta, context) };
  for (const [name, value] of [
    ...Object.entries(valuesOf(resource.params, context)),
    ...Object.entries(valuesOf(resource.meta, context)),
  ]) {
    const dashed = name.replaceAll('_', '-');
    meta[CLONE_META[dashed] ?? dashed] = value;
  }
  return meta;
}

function pairsOf(sets: readonly cib.ValueSet[], context: ConvertContext) {
  return sets
    .toSorted((a, b) => b.score - a.score)
    .flatMap((set) => {
      if (set.rule === undefined) return set.values;
      context.notebook.unmapped.push({
        what: `values ${set.id}`,
        place: context.placeOf(set.element),
        why: 'they hold by a rule, which is not converted',
        instead: 'add them with their rule by hand',
      });
      return [];
    })
    .flatMap(({ name, value, element }) => (value === undefined ? [] : [{ name, value, element }]));
}

/** The set with the highest score counts. */
function valuesOf(sets: readonly cib.ValueSet[], context: ConvertContext): Values {
  const values: Values = {};
  for (const { name, value } of pairsOf(sets, context)) values[name] ??= value;
  return values;
}

function idsIn(resource: cib.PlainResource): string[] {
  if (resource.kind === 'primitive') return [resource.id];
  if (resource.kind === 'group') return [resource.id, ...resource.members.map(({ id }) => id)];
  return [resource.id, ...idsIn(resource.member)];
}

function lost(context: ConvertContext, resource: cib.Resource, why: string, instead = 'add it anew'): undefined {
  context.notebook.unmapped.push({ what: resource.id, place: context.placeOf(resource.element), why, instead });
  return undefined;
}

function tell(
  { notebook, placeOf }: ConvertContext,
  { element, ...told }: { about: string; element: cib.XmlElement; was: string; becomes: string },
): void {
  notebook.explanations.push({ ...told, place: placeOf(element), why: 'The spelling of today.' });
}
