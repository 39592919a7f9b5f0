/** Constraints of a CIB, of old schemas as well. */
import type { Colocation, Constraint, Location, Order, ResourceSet, Ticket } from './model.ts';
import { attributeOf, readRule, resolved, scoreOf, type View } from './read-parts.ts';
import { INFINITY_SCORE, parseBoolean } from './values.ts';
import { elementsOf, type XmlElement } from './xml.ts';

/** @param element One of `rsc_location`, `rsc_colocation`, `rsc_order`, `rsc_ticket`. */
export function readConstraint(view: View, element: XmlElement): Constraint {
  if (element.name === 'rsc_location') return readLocation(view, element);
  if (element.name === 'rsc_colocation') return readColocation(view, element);
  return element.name === 'rsc_order' ? readOrder(view, element) : readTicket(view, element);
}

function readLocation(view: View, element: XmlElement): Location {
  return {
    kind: 'location',
    ...common(view, element),
    resource: attributeOf(element, 'rsc'),
    pattern: attributeOf(element, 'rsc-pattern'),
    role: attributeOf(element, 'role'),
    node: attributeOf(element, 'node'),
    score: scoreOf(element),
    rules: elementsOf(element, 'rule').map((rule) => readRule(view, rule)),
  };
}

function readColocation(view: View, element: XmlElement): Colocation {
  const text = (...names: string[]): string | undefined => firstOf(element, names);
  return {
    kind: 'colocation',
    ...common(view, element),
    resource: text('rsc', 'from'),
    withResource: text('with-rsc', 'to'),
    role: text('rsc-role') ?? roleOf(text('from_role')),
    withRole: text('with-rsc-role') ?? roleOf(text('to_role')),
    nodeAttribute: text('node-attribute', 'node_attribute'),
    // Sets bring their own; without any the constraint binds fully.
    score: scoreOf(element) ?? INFINITY_SCORE,
  };
}

/**
 * `from type to` of schemas before 1.0 says which comes first by its type, `after` when left out: `from` after `to`. The
 * actions belong to `from` and `to`; that of `to` follows that of `from`.
 */
function readOrder(view: View, element: XmlElement): Order {
  const text = (name: string): string | undefined => element.attributes.get(name);
  const isOld = element.attributes.has('from');
  const action = text(isOld ? 'action' : 'first-action') ?? 'start';
  const other = text(isOld ? 'to_action' : 'then-action') ?? action;
  const from = { resource: text(isOld ? 'from' : 'first'), action };
  const to = { resource: text(isOld ? 'to' : 'then'), action: other };
  const [first, next] = isOld && text('type') !== 'before' ? [to, from] : [from, to];
  return {
    kind: 'order',
    ...common(view, element),
    first: first.resource,
    next: next.resource,
    firstAction: first.action,
    nextAction: next.action,
    strength: strengthOf(element),
    isSymmetrical: parseBoolean(text('symmetrical') ?? '') ?? text('kind') !== 'Serialize',
  };
}

/** A score in place of a kind: 0 and less only advises (Pacemaker Explained, "Ordering constraints"). */
function strengthOf(element: XmlElement): Order['strength'] {
  const kind = attributeOf(element, 'kind');
  if (kind === 'Optional' || kind === 'Serialize') return kind;
  const score = kind === undefined ? scoreOf(element) : undefined;
  return score !== undefined && score <= 0 ? 'Optional' : 'Mandatory';
}

function readTicket(view: View, element: XmlElement): Ticket {
  return {
    kind: 'ticket',
    ...common(view, element),
    ticket: attributeOf(element, 'ticket') ?? '',
    resource: attributeOf(element, 'rsc'),
    role: attributeOf(element, 'rsc-role'),
    lossPolicy: attributeOf(element, 'loss-policy'),
  };
}

function common(view: View, element: XmlElement): { id: string; sets: ResourceSet[]; element: XmlElement } {
  const sets = elementsOf(element, 'resource_set').map((set) => readResourceSet(resolved(view, set)));
  return { id: attributeOf(element, 'id') ?? '', sets, element };
}

function readResourceSet(element: XmlElement): ResourceSet {
  return {
    id: attributeOf(element, 'id') ?? '',
    resources: elementsOf(element, 'resource_ref').map((each) => attributeOf(each, 'id') ?? ''),
    isSequential: parseBoolean(attributeOf(element, 'sequential') ?? '') ?? true,
    requiresAll: parseBoolean(attributeOf(element, 'require-all') ?? '') ?? true,
    role: attributeOf(element, 'role'),
    action: attributeOf(element, 'action'),
    score: scoreOf(element),
    element,
  };
}

/** Roles of schemas before 1.0 may be in small letters. */
function roleOf(old: string | undefined): string | undefined {
  return old === undefined ? undefined : old.slice(0, 1).toUpperCase() + old.slice(1).toLowerCase();
}

function firstOf(element: XmlElement, names: readonly string[]): string | undefined {
  return names.map((name) => element.attributes.get(name)).find((value) => value !== undefined);
}
