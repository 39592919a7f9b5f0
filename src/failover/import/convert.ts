/** A CIB of Heartbeat 2, before the schemas that Pacemaker still upgrades, as plain values of today. */
import { cib, type Place } from '../../cluster.ts';
import { convertConstraint } from './convert-constraints.ts';
import { convertFencing, type FencingConversion, newFencingConversion } from './convert-fencing.ts';
import { CLONE_META, GONE_PROPERTIES, MOVED, OLD_META, OWN_PROPERTIES, RENAMED } from './convert-names.ts';
import { convertOperation } from './convert-operation.ts';
import { tellUncovered } from './fencing.ts';
import type { Mapped } from './mapped.ts';
import type { Notebook, ScriptKind } from './model.ts';
import { mapScript } from './scripts.ts';
import { keptNote, mapKnown, type ServiceReadings } from './services.ts';
import { operationsOf } from './timing.ts';

type Values = Record<string, string>;

export interface ConvertContext {
  notebook: Notebook;
  /** What was read of services of init.d on the nodes. */
  services?: ServiceReadings;
  /** What scripts of init.d are to become, where that was asked for. */
  scripts?: Readonly<Record<string, ScriptKind>>;
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
  if (agent.standard === 'lsb') {
    const asked = Object.hasOwn(context.scripts ?? {}, agent.type);
    const service = (asked ? convertAsked : convertService)(primitive, agent.type, context);
    if (asked || service !== undefined) return service;
  }
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
  return byAgent(primitive, mapped, { was: `heartbeat:${text}`, context });
}

/** A script of init.d that somebody named. */
function convertAsked(
  primitive: cib.Primitive,
  script: string,
  context: ConvertContext,
): cib.PlainPrimitive | undefined {
  const { services = {}, scripts = {} } = context;
  const mapped = mapScript(script, [], { lustreAgent: 'filesystem', scripts, services });
  if (mapped.kind === 'agent') return byAgent(primitive, mapped, { was: `lsb:${script}`, context, why: mapped.note });
  return lost(context, primitive, mapped.kind === 'none' ? `${script} ${mapped.why}` : script);
}

/** A script of init.d whose service an agent is known to run the same; undefined where it stays the script. */
function convertService(
  primitive: cib.Primitive,
  script: string,
  context: ConvertContext,
): cib.PlainPrimitive | undefined {
  const { services = {} } = context;
  const reading = Object.hasOwn(services, script) ? services[script] : undefined;
  const mapped = mapKnown(script, reading);
  const was = `lsb:${script}`;
  if (mapped?.kind === 'agent') return byAgent(primitive, mapped, { was, context, why: mapped.note });
  const why = keptNote(script, reading).trim();
  if (why !== '') tell(context, { about: primitive.id, element: primitive.element, was, becomes: was, why });
  return undefined;
}

/** With its own operations, and those that the agent needs besides. */
function byAgent(
  primitive: cib.Primitive,
  { agent, params }: Extract<Mapped, { kind: 'agent' }>,
  { was, why, context }: { was: string; why?: string; context: ConvertContext },
): cib.PlainPrimitive {
  tell(context, { about: primitive.id, element: primitive.element, was, becomes: agent, ...(why && { why }) });
  const own = primitive.operations.filter(({ isEnabled }) => isEnabled).map(convertOperation);
  const given = new Set(own.map(({ name }) => name));
  const operations = [...operationsOf(agent, params).filter(({ name }) => !given.has(name)), ...own];
  return { kind: 'primitive', id: primitive.id, agent, params, meta: metaOf(primitive, context), operations };
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
  { element, ...told }: { about: string; element: cib.XmlElement; was: string; becomes: string; why?: string },
): void {
  const { why = 'The spelling of today.' } = told;
  notebook.explanations.push({ ...told, place: placeOf(element), why });
}
