/** Whether it is safe to act, from what was examined; pure. */
import { AppError } from '../../base/errors.ts';
import type { ActionPlan } from '../act/model.ts';
import { INPUT_NAMES, type Verdict, type VerdictInput } from './model.ts';

/**
 * Green when every name was spoken of, everything was actually examined, nothing of it lies in the future, and all of it
 * is good. What does not apply is an input as well, which somebody looked at and says so.
 */
export function judgeReadiness(inputs: readonly VerdictInput[], nowMs: number): Verdict {
  const all = INPUT_NAMES.flatMap((name): VerdictInput[] => {
    const own = inputs.filter((each) => each.name === name).map((each) => checked(each, nowMs));
    const nobody = { name, subject: '', finding: 'unexamined', examinedMs: undefined, text: 'nobody looked' } as const;
    return own.length > 0 ? own : [nobody];
  });
  const reasons = all.filter(({ finding }) => finding !== 'good').map(wordsOf);
  return { isGreen: reasons.length === 0, atMs: nowMs, inputs: all, reasons };
}

/** One line of why it is not green. */
function wordsOf({ name, subject, finding, text }: VerdictInput): string {
  const about = subject === '' ? name : `${name} of ${subject}`;
  return finding === 'unexamined' ? `${about} could not be examined: ${text}` : `${about}: ${text}`;
}

/** Good without a time was not examined; nor was what is dated ahead, by clocks that do not agree. */
function checked(input: VerdictInput, nowMs: number): VerdictInput {
  if (input.finding !== 'good') return input;
  if (input.examinedMs === undefined) return { ...input, finding: 'unexamined', text: `${input.text} (not dated)` };
  if (input.examinedMs > nowMs + CLOCKS_MS)
    return { ...input, finding: 'unexamined', text: `${input.text} (dated ahead)` };
  return input;
}

/** Clocks of a cluster may differ so much, and corosync still works. */
const CLOCKS_MS = 60_000;

export interface Permit {
  plan: Pick<ActionPlan, 'action' | 'subject'>;
  /** Why to go on all the same; undefined when nobody wants to. Who gives it has to be on record before. */
  override: string | undefined;
}

/**
 * Lets a green verdict through, and another only with a reason.
 * @throws {AppError} `refused` with everything that is not good
 */
export function expectReadiness(verdict: Verdict, { plan: { action, subject }, override = '' }: Permit): void {
  if (verdict.isGreen || override.trim() !== '') return;
  throw new AppError('refused', {
    detail: `${action}${subject === '' ? '' : ` ${subject}`}: ${verdict.reasons.join('; ')}`,
    hint: 'Nothing was changed. Mend it, or go on knowingly with --override REASON, which is recorded.',
  });
}
