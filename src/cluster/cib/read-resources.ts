/** Resources of a CIB. */
import type { Cib, Group, Operation, Primitive, Resource, ValueSet } from './model.ts';
import { attributeOf, newName, resolved, setsOf, type View, valueIn, valuesIn } from './read-parts.ts';
import { type Agent, durationMs, parseBoolean } from './values.ts';
import { elementsOf, type XmlElement } from './xml.ts';

/** Attributes of a resource of any schema. */
const NO_META = new Set(['id', 'class', 'type', 'provider', 'template', 'description']);
/** Parameters that became meta attributes with pacemaker-1.0. */
const OLD_META = new Set([
  'resource_stickiness',
  'allow_migrate',
  'globally_unique',
  'target_role',
  'clone_max',
  'clone_node_max',
  'master_max',
  'master_node_max',
]);

type Base = Pick<Primitive, 'id' | 'description' | 'params' | 'meta' | 'element'>;

/** @param element One of `primitive`, `group`, `clone`, `master`, `master_slave`, `bundle`. */
export function readResource(view: View, element: XmlElement): Resource {
  const base = readBase(view, element);
  switch (element.name) {
    case 'primitive':
      return readPrimitive(view, element);
    case 'group':
      return readGroup(view, element);
    case 'bundle':
      return {
        kind: 'bundle',
        ...base,
        member: elementsOf(element, 'primitive').map((each) => readPrimitive(view, each))[0],
      };
    default: {
      const isPromotable = element.name !== 'clone' || parseBoolean(valueIn(base.meta, 'promotable') ?? '') === true;
      const [member] = elementsOf(element, 'primitive', 'group').map((each) =>
        each.name === 'group' ? readGroup(view, each) : readPrimitive(view, each),
      );
      return { kind: 'clone', ...base, isPromotable, member };
    }
  }
}

export function readTemplate(view: View, element: XmlElement): Primitive {
  return readPrimitive(view, element);
}

/** `resources` and all in them. */
export function* everyResource(resources: readonly Resource[]): Generator<Resource> {
  for (const resource of resources) {
    yield resource;
    if (resource.kind === 'group') yield* resource.members;
    else if (resource.kind !== 'primitive' && resource.member !== undefined) yield* everyResource([resource.member]);
  }
}

/**
 * With what each resource takes from its template, as the scheduler puts them together: what is said at the resource goes
 * first, and an operation replaces one of the same name and role.
 */
export function withTemplates(cib: Cib): Cib {
  const templates = new Map(cib.templates.map((each) => [each.id, each]));
  const completed = <T extends Resource>(resource: T): T => {
    if (resource.kind === 'primitive') return fromTemplate(resource, templates.get(resource.template ?? '')) as T;
    if (resource.kind === 'group') return { ...resource, members: resource.members.map(completed) };
    return resource.member === undefined ? resource : { ...resource, member: completed(resource.member) };
  };
  return cib.templates.length === 0 ? cib : { ...cib, resources: cib.resources.map(completed) };
}

function fromTemplate(primitive: Primitive, template: Primitive | undefined): Primitive {
  if (template === undefined) return primitive;
  const own = new Set(primitive.operations.map(operationKey));
  return {
    ...primitive,
    agent: template.agent,
    params: [...primitive.params, ...template.params],
    meta: [...primitive.meta, ...template.meta],
    utilization: [...primitive.utilization, ...template.utilization],
    operations: [...primitive.operations, ...template.operations.filter((each) => !own.has(operationKey(each)))],
  };
}

function operationKey({ name, role }: Operation): string {
  const isPlain = role === undefined || ['Started', 'Slave', 'Unpromoted'].includes(role);
  return `${name} ${isPlain ? '' : role}`;
}

function readGroup(view: View, element: XmlElement): Group {
  const members = elementsOf(element, 'primitive').map((each) => readPrimitive(view, each));
  return { kind: 'group', ...readBase(view, element), members };
}

function readPrimitive(view: View, element: XmlElement): Primitive {
  return {
    kind: 'primitive',
    ...readBase(view, element),
    agent: agentOf(element),
    template: attributeOf(element, 'template'),
    utilization: setsOf(view, element, 'utilization'),
    operations: elementsOf(element, 'operations')
      .map((each) => resolved(view, each))
      .flatMap((each) => elementsOf(each, 'op'))
      .map((each) => readOperation(view, each)),
  };
}

function readBase(view: View, element: XmlElement): Base {
  return {
    id: attributeOf(element, 'id') ?? '',
    description: attributeOf(element, 'description'),
    params: setsOf(view, element, 'instance_attributes'),
    meta: [...setsOf(view, element, 'meta_attributes'), ...(view.isOld ? oldMeta(view, element) : [])],
    element,
  };
}

/** Before pacemaker-1.0 meta attributes stood among the parameters or on the resource itself. */
function oldMeta(view: View, element: XmlElement): ValueSet[] {
  const own = [...element.attributes].filter(([name]) => !NO_META.has(name));
  const found = valuesIn(setsOf(view, element, 'instance_attributes'));
  const values = [...own, ...[...found].filter(([name]) => OLD_META.has(name))];
  if (values.length === 0) return [];
  const pairs = values.map(([name, value]) => ({ name: newName(name), value, element }));
  return [{ id: '', score: 0, rule: undefined, values: pairs, element }];
}

function agentOf(element: XmlElement): Agent | undefined {
  const standard = attributeOf(element, 'class');
  const type = attributeOf(element, 'type');
  if (standard === undefined || type === undefined) return undefined;
  return { standard, provider: attributeOf(element, 'provider'), type };
}

function readOperation(view: View, op: XmlElement): Operation {
  const element = resolved(view, op);
  const meta = setsOf(view, element, 'meta_attributes');
  // Each may also stand among the meta attributes of the operation.
  const value = (name: string): string | undefined => attributeOf(element, name) ?? valueIn(meta, name);
  const duration = (name: string): number | undefined => durationMs(value(name) ?? '');
  return {
    id: attributeOf(element, 'id') ?? '',
    name: attributeOf(element, 'name') ?? '',
    intervalMs: duration('interval'),
    timeoutMs: duration('timeout'),
    onFail: value('on-fail') ?? value('on_fail'),
    role: value('role'),
    isEnabled: parseBoolean(value('enabled') ?? '') ?? parseBoolean(value('disabled') ?? '') !== true,
    params: setsOf(view, element, 'instance_attributes'),
    meta,
    element: op,
  };
}
