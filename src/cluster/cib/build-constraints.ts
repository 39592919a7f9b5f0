/** From plain constraints to their elements. */
import { AppError } from '../../base/errors.ts';
import type { Ids } from './ids.ts';
import type { PlainConstraint, PlainExpression, PlainLocation, PlainRule, PlainScore } from './plain.ts';
import { element, elementsOf, type XmlElement } from './xml.ts';

/** Under a name of its own, as an object with a `then` written out looks like a promise. */
const NEXT = 'then';

export function constraintElement(constraint: PlainConstraint, ids: Ids): XmlElement {
  if (constraint.kind === 'location') return locationElement(constraint, ids);
  if (constraint.kind === 'copy') return copyOf(constraint.element, ids);
  const id = ids.take(constraint.id);
  if (constraint.kind === 'colocation') {
    const { resource, withResource, score, role, withRole } = constraint;
    return element('rsc_colocation', {
      id,
      rsc: resource,
      ...(role === undefined ? {} : { 'rsc-role': role }),
      'with-rsc': withResource,
      ...(withRole === undefined ? {} : { 'with-rsc-role': withRole }),
      score: scoreText(score, id),
    });
  }
  const { first, next, strength = 'Mandatory', firstAction, nextAction, isSymmetrical } = constraint;
  return element('rsc_order', {
    id,
    first,
    ...(firstAction === undefined ? {} : { 'first-action': firstAction }),
    [NEXT]: next,
    ...(nextAction === undefined ? {} : { 'then-action': nextAction }),
    kind: strength,
    ...(isSymmetrical === undefined ? {} : { symmetrical: `${isSymmetrical}` }),
  });
}

/** What has a schema's ids keeps them; those of references are of others. */
function copyOf(given: XmlElement, ids: Ids): XmlElement {
  const attributes = Object.fromEntries(given.attributes);
  if (given.name !== 'resource_ref' && attributes['id'] !== undefined) attributes['id'] = ids.take(attributes['id']);
  return element(
    given.name,
    attributes,
    elementsOf(given).map((child) => copyOf(child, ids)),
  );
}

function locationElement({ id, resource, role, prefer }: PlainLocation, ids: Ids): XmlElement {
  const own = ids.take(id);
  const attributes = { id: own, rsc: resource, ...(role === undefined ? {} : { role }) };
  if ('node' in prefer)
    return element('rsc_location', { ...attributes, node: prefer.node, score: scoreText(prefer.score, own) });
  if (prefer.rules.length === 0)
    throw new AppError('config', { detail: `the location constraint ${id} has neither a node nor a rule` });
  const rules = prefer.rules.map((rule) => {
    const score =
      typeof rule.score === 'object'
        ? { 'score-attribute': rule.score.attribute }
        : { score: scoreText(rule.score, own) };
    return ruleElement(rule, { owner: own, score, ids });
  });
  return element('rsc_location', attributes, rules);
}

/** Schemas before 3.9 want one even where it counts for nothing. */
const INNER_SCORE = { score: '0' };

interface RuleContext {
  owner: string;
  score: Record<string, string>;
  ids: Ids;
}

function ruleElement(
  { combine, expressions }: Omit<PlainRule, 'score'>,
  { owner, score, ids }: RuleContext,
): XmlElement {
  if (expressions.length === 0) throw new AppError('config', { detail: `a rule of ${owner} has no expressions` });
  const id = ids.derive(`${owner}-rule`);
  const children = expressions.map((expression) => expressionElement(expression, { owner: id, ids }));
  return element('rule', { id, ...score, ...(combine === undefined ? {} : { 'boolean-op': combine }) }, children);
}

function expressionElement(expression: PlainExpression, { owner, ids }: { owner: string; ids: Ids }): XmlElement {
  if (expression.kind === 'rule') return ruleElement(expression.rule, { owner, score: INNER_SCORE, ids });
  const id = ids.derive(`${owner}-expression`);
  if (expression.kind === 'date') return dateElement(expression, id);
  const { attribute, operation } = expression;
  if (!('value' in expression)) return element('expression', { id, attribute, operation });
  const { value, type } = expression;
  return element('expression', { id, attribute, operation, ...(type === undefined ? {} : { type }), value });
}

function dateElement({ operation, start, end }: PlainExpression & { kind: 'date' }, id: string): XmlElement {
  if ((operation === 'gt' ? start : end) === undefined)
    throw new AppError('config', {
      detail: `the rule for dates ${id} says ${operation} without its ${operation === 'gt' ? 'start' : 'end'}`,
    });
  return element('date_expression', {
    id,
    operation,
    ...(start === undefined ? {} : { start }),
    ...(end === undefined ? {} : { end }),
  });
}

function scoreText(score: PlainScore, id: string): string {
  if (typeof score === 'string') return score;
  if (!Number.isInteger(score))
    throw new AppError('config', { detail: `the score ${score} of ${id} is no whole number` });
  return `${score}`;
}
