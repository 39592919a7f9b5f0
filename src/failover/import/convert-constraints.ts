/** Constraints of old schemas as plain values. */
import { cib, type Place } from '../../cluster.ts';
import type { Notebook } from './model.ts';

interface Context {
  notebook: Notebook;
  placeOf(element: cib.XmlElement): Place;
}

/** Undefined when it could not be converted, which is then among the unmapped. */
export function convertConstraint(
  constraint: cib.Constraint,
  ids: ReadonlySet<string>,
  context: Context,
): cib.PlainConstraint | undefined {
  const lost = (why: string): undefined => {
    const { id, element } = constraint;
    const place = context.placeOf(element);
    context.notebook.unmapped.push({ what: id, place, why, instead: 'add it by hand once the rest is there' });
    return undefined;
  };
  const { sets } = constraint;
  const named = sets.length > 0 ? sets.flatMap(({ resources }) => resources) : namesIn(constraint);
  const missing = named.find((name) => !ids.has(name));
  if (missing !== undefined) return lost(`${missing}, which it names, was not converted`);
  if (sets.length > 0 || constraint.kind === 'ticket')
    return { kind: 'copy', id: constraint.id, element: constraint.element };
  if (constraint.kind === 'location')
    return convertLocation(constraint) ?? lost('its rules hold what is not converted');
  return constraint.kind === 'colocation' ? convertColocation(constraint) : convertOrder(constraint);
}

export function scoreOf(score: number): cib.PlainScore {
  if (score >= cib.INFINITY_SCORE) return 'INFINITY';
  return score <= -cib.INFINITY_SCORE ? '-INFINITY' : score;
}

function namesIn(constraint: cib.Constraint): string[] {
  if (constraint.kind === 'location' || constraint.kind === 'ticket') return [constraint.resource ?? ''];
  if (constraint.kind === 'colocation') return [constraint.resource ?? '', constraint.withResource ?? ''];
  return [constraint.first ?? '', constraint.next ?? ''];
}

function convertLocation({ id, resource, role, node, score, rules }: cib.Location): cib.PlainLocation | undefined {
  const base = { kind: 'location', id, resource: resource!, ...(role === undefined ? {} : { role }) } as const;
  if (node !== undefined) return { ...base, prefer: { node, score: scoreOf(score ?? 0) } };
  const converted = rules.map(convertRule);
  if (converted.length === 0 || converted.includes(undefined)) return undefined;
  const single = singleNode(converted as cib.PlainRule[]);
  return { ...base, prefer: single ?? { rules: converted as cib.PlainRule[] } };
}

/** A rule that only names a node is what node and score say shorter. */
function singleNode(rules: readonly cib.PlainRule[]): { node: string; score: cib.PlainScore } | undefined {
  const [rule, ...more] = rules;
  const [expression, ...others] = rule?.expressions ?? [];
  if (rule === undefined || more.length > 0 || others.length > 0 || typeof rule.score === 'object') return undefined;
  if (expression?.kind !== 'attribute' || !('value' in expression)) return undefined;
  const { attribute, operation, value } = expression;
  return attribute === '#uname' && operation === 'eq' ? { node: value, score: rule.score } : undefined;
}

function convertRule({ score, scoreAttribute, combine, expressions }: cib.Rule): cib.PlainRule | undefined {
  const converted = expressions.map(convertExpression);
  if (converted.length === 0 || converted.includes(undefined)) return undefined;
  return {
    score: scoreAttribute === undefined ? scoreOf(score ?? 0) : { attribute: scoreAttribute },
    combine,
    expressions: converted as cib.PlainExpression[],
  };
}

const COMPARISONS = ['lt', 'gt', 'lte', 'gte', 'eq', 'ne'] as const;
const TYPES = ['string', 'integer', 'number', 'version'] as const;

function convertExpression(expression: cib.Expression): cib.PlainExpression | undefined {
  if (expression.kind !== 'attribute') return undefined;
  const { attribute, operation, value, type } = expression;
  if (operation === 'defined' || operation === 'not_defined') return { kind: 'attribute', attribute, operation };
  const comparison = COMPARISONS.find((each) => each === operation);
  if (comparison === undefined || value === undefined) return undefined;
  const known = TYPES.find((each) => each === type);
  return {
    kind: 'attribute',
    attribute,
    operation: comparison,
    value,
    ...(known === undefined ? {} : { type: known }),
  };
}

function convertColocation({ id, resource, withResource, score, role, withRole }: cib.Colocation): cib.PlainColocation {
  return {
    kind: 'colocation',
    id,
    resource: resource!,
    withResource: withResource!,
    score: scoreOf(score),
    ...(role === undefined ? {} : { role }),
    ...(withRole === undefined ? {} : { withRole }),
  };
}

type Action = NonNullable<cib.PlainOrder['firstAction']>;

function convertOrder({
  id,
  first,
  next,
  strength,
  firstAction,
  nextAction,
  isSymmetrical,
}: cib.Order): cib.PlainOrder {
  const plain = firstAction === 'start' && nextAction === 'start';
  const actions = plain ? {} : { firstAction: firstAction as Action, nextAction: nextAction as Action };
  return { kind: 'order', id, first: first!, next: next!, strength, isSymmetrical, ...actions };
}
