/** Values and rules, which stand everywhere in a CIB. */
import type { Expression, Rule, ValueSet } from './model.ts';
import { durationMs, parseScore } from './values.ts';
import { elementsOf, everyElement, type XmlElement } from './xml.ts';

/** A CIB being read: what is referred to by id. */
export interface View {
  /** The element with that id and name. */
  referred(id: string, name: string): XmlElement | undefined;
  /** Whether it is of a schema before pacemaker-1.0, as Heartbeat 2 wrote it. */
  isOld: boolean;
}

/** Schemas of Heartbeat; its first had no name. */
const OLD_SCHEMAS = new Set([undefined, 'pacemaker-0.6', 'transitional-0.6']);
/** Sets whose names are the cluster's own and not of an agent. */
const OWN_SETS = new Set(['cluster_property_set', 'meta_attributes']);

export function viewOf(root: XmlElement): View {
  let index: Map<string, XmlElement> | undefined;
  const build = (): Map<string, XmlElement> => {
    const found = new Map<string, XmlElement>();
    for (const part of elementsOf(root, 'configuration'))
      for (const each of everyElement(part)) {
        const id = each.attributes.get('id');
        if (id !== undefined && !found.has(`${each.name} ${id}`)) found.set(`${each.name} ${id}`, each);
      }
    return found;
  };
  return {
    isOld: OLD_SCHEMAS.has(root.attributes.get('validate-with')),
    referred: (id, name) => {
      index ??= build();
      return index.get(`${name} ${id}`);
    },
  };
}

export function attributeOf(element: XmlElement, name: string): string | undefined {
  return element.attributes.get(name);
}

/** A whole number; undefined when there is none or it is something else. */
export function numberOf(element: XmlElement, name: string): number | undefined {
  const text = element.attributes.get(name);
  return text !== undefined && /^[+-]?\d+$/.test(text) ? Number(text) : undefined;
}

export function scoreOf(element: XmlElement, name = 'score'): number | undefined {
  const text = element.attributes.get(name);
  return text === undefined ? undefined : parseScore(text);
}

export function setsOf(view: View, parent: XmlElement, name: string): ValueSet[] {
  return elementsOf(parent, name).map((element) => readSet(view, element));
}

/**
 * The value of `name` in sets without rule: that of the set with the highest score, among equals the first. What rules
 * would add depends on time and place and is left out; `hasRules` tells whether there are any.
 */
export function valueIn(sets: readonly ValueSet[], name: string): string | undefined {
  for (const set of byScore(sets)) {
    const found = set.values.find((each) => each.name === name);
    if (found !== undefined) return found.value;
  }
  return undefined;
}

/** All values of sets without rule, as `valueIn` chooses them. */
export function valuesIn(sets: readonly ValueSet[]): Map<string, string> {
  const values = new Map<string, string>();
  for (const set of byScore(sets))
    for (const { name, value } of set.values) if (value !== undefined && !values.has(name)) values.set(name, value);
  return values;
}

export function hasRules(sets: readonly ValueSet[]): boolean {
  return sets.some(({ rule }) => rule !== undefined);
}

export function readRule(view: View, element: XmlElement): Rule {
  const source = resolved(view, element);
  return {
    id: source.attributes.get('id') ?? '',
    score: scoreOf(source),
    scoreAttribute: source.attributes.get('score-attribute') ?? source.attributes.get('score_attribute'),
    role: source.attributes.get('role'),
    combine: (source.attributes.get('boolean-op') ?? source.attributes.get('boolean_op')) === 'or' ? 'or' : 'and',
    expressions: elementsOf(source).flatMap((each) => readExpression(view, each)),
    element: source,
  };
}

/** What an element with `id-ref` stands for; itself when that is not there. One step, as a reference has an id no more. */
export function resolved(view: View, element: XmlElement): XmlElement {
  const reference = element.attributes.get('id-ref');
  return reference === undefined ? element : (view.referred(reference, element.name) ?? element);
}

function readSet(view: View, element: XmlElement): ValueSet {
  const source = resolved(view, element);
  const rule = elementsOf(source, 'rule')[0];
  // Schemas before 1.0 have their values in an element of their own.
  const holders = [source, ...elementsOf(source, 'attributes')];
  return {
    id: source.attributes.get('id') ?? '',
    score: scoreOf(source) ?? 0,
    rule: rule === undefined ? undefined : readRule(view, rule),
    values: holders
      .flatMap((holder) => elementsOf(holder, 'nvpair'))
      .map((pair) => readPair(view, pair))
      .map((pair) => (view.isOld && OWN_SETS.has(element.name) ? { ...pair, name: newName(pair.name) } : pair)),
    element,
  };
}

/** The name that a property or meta attribute has had since pacemaker-1.0. */
export function newName(old: string): string {
  return old === 'transition_idle_timeout' ? 'cluster-delay' : old.replaceAll('_', '-');
}

function readPair(view: View, element: XmlElement): ValueSet['values'][number] {
  const source = resolved(view, element);
  const name = element.attributes.get('name') ?? source.attributes.get('name') ?? '';
  return { name, value: source.attributes.get('value'), element };
}

function byScore(sets: readonly ValueSet[]): ValueSet[] {
  return sets.filter(({ rule }) => rule === undefined).toSorted((a, b) => b.score - a.score);
}

function readExpression(view: View, element: XmlElement): Expression[] {
  const text = (name: string): string | undefined => element.attributes.get(name);
  switch (element.name) {
    case 'expression': {
      const [attribute, operation] = [text('attribute') ?? '', text('operation') ?? ''];
      return [{ kind: 'attribute', attribute, operation, value: text('value'), type: text('type') }];
    }
    case 'date_expression': {
      const parts = new Map(elementsOf(element, 'duration', 'date_spec').flatMap((each) => [...each.attributes]));
      return [{ kind: 'date', operation: text('operation') ?? '', start: text('start'), end: text('end'), parts }];
    }
    case 'rsc_expression': {
      const [standard, provider, type] = [text('class'), text('provider'), text('type')];
      const agent = {
        provider,
        ...(standard === undefined ? {} : { standard }),
        ...(type === undefined ? {} : { type }),
      };
      return [{ kind: 'resource', agent }];
    }
    case 'op_expression':
      return [{ kind: 'operation', name: text('name') ?? '', intervalMs: durationMs(text('interval') ?? '') }];
    case 'rule':
      return [{ kind: 'rule', rule: readRule(view, element) }];
    default:
      return [];
  }
}
