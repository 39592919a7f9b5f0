/** Conditions of an action, and the refusal when they do not hold. */
import { AppError } from '../../base/errors.ts';

export interface Condition {
  outcome: 'met' | 'violated' | 'unexamined';
  text: string;
}

/**
 * What was examined and is wrong cannot be overridden; what could not be examined can, with a reason.
 * @returns what was overridden
 * @throws {AppError} `refused`
 */
export function refuseUnless(conditions: readonly Condition[], override: string | undefined): readonly Condition[] {
  const violated = conditions.filter(({ outcome }) => outcome === 'violated');
  const unexamined = conditions.filter(({ outcome }) => outcome === 'unexamined');
  if (violated.length > 0) throw new AppError('refused', { detail: textOf(violated), hint: 'Nothing was done.' });
  if (unexamined.length > 0 && override === undefined)
    throw new AppError('refused', {
      detail: `not known: ${textOf(unexamined)}`,
      hint: 'Make it examinable, or go on knowingly with --override REASON. Nothing was done.',
    });
  return unexamined;
}

function textOf(conditions: readonly Condition[]): string {
  return conditions.map(({ text }) => text).join('; ');
}
