/** An operator's word that a node is off, where no device could switch it off. A wrong word destroys data. */
import { AppError } from '../../base/errors.ts';
import { fencing, type live } from '../../cluster.ts';
import { type Condition, refuseUnless } from './condition.ts';
import type { TriedPath } from './paths.ts';
import { type FencingView, membersOf, readFencing } from './read.ts';

export interface ConfirmPlan {
  node: string;
  /** How the operator made sure, in the operator's words. */
  verified: string;
  conditions: readonly Condition[];
}

export interface ConfirmFacts {
  /** Whether it answers over ssh; undefined when that says nothing, as with a key that is refused. */
  isAnswering: boolean | undefined;
  /** What its devices say of its power. */
  tried: readonly TriedPath[];
}

/** @throws {AppError} `usage` when it is not said how it was verified */
export function planConfirm(
  view: FencingView,
  { node, verified }: { node: string; verified: string },
  facts: ConfirmFacts,
): ConfirmPlan {
  if (verified.trim().length < VERIFIED_MIN)
    throw new AppError('usage', {
      detail: 'it is not said how the node was verified to be off',
      hint: 'Say it with --verified, as in --verified "power cables of both supplies pulled by J. Doe at 14:05".',
    });
  return { node, verified: verified.trim(), conditions: [nodeCondition(view, node), ...lifeConditions(node, facts)] };
}

/** The shortest that says anything: `unplugged`. */
const VERIFIED_MIN = 8;

export interface ConfirmDeps {
  options: live.ReadOptions;
  by: string;
  /** Asked anew: between the plan and the word of a person lies whatever time that person takes. */
  facts: (view: FencingView) => Promise<ConfirmFacts>;
}

/**
 * Examines everything once more, as a node may have come back since the plan was made, tells the cluster, and writes who
 * said what to the system log of the node that was told.
 * @returns whether its log took it
 * @throws {AppError} `refused`; `failed` when the cluster did not take it
 */
export async function executeConfirm(
  { seat }: FencingView,
  { node, verified }: ConfirmPlan,
  { options, by, facts }: ConfirmDeps,
): Promise<boolean> {
  const view = await readFencing(seat, options);
  const { conditions } = planConfirm(view, { node, verified }, await facts(view));
  // The operator's own word is what stands in for what could not be examined.
  refuseUnless(conditions, verified);
  const line = `${by} confirms that ${node} is off: ${verified}`.replace(/\s+/g, ' ');
  const isRecorded = await fencing.recordOn(seat, line, options);
  await fencing.confirmOff(seat, node, options);
  return isRecorded;
}

function nodeCondition(view: FencingView, name: string): Condition {
  const found = view.state.nodes.find((node) => node.name === name);
  if (found === undefined) return { outcome: 'violated', text: `${name} is no node of this cluster` };
  if (found.isOnline && !found.isUnclean) return { outcome: 'violated', text: `${name} is an online member: it lives` };
  const isAwaited =
    found.isUnclean || view.history.some(({ target, status }) => target === name && status === 'pending');
  if (!isAwaited && membersOf(view).some((node) => node.name === name))
    return { outcome: 'violated', text: `the cluster knows already that ${name} is off: there is nothing to confirm` };
  return { outcome: 'met', text: `the cluster does not know whether ${name} is off, and waits` };
}

function lifeConditions(node: string, { isAnswering, tried }: ConfirmFacts): Condition[] {
  const power = tried.filter(({ step, target }) => step === 'status' && target?.node === node);
  const told = power.map(({ device, from, tried: { outcome, power: is, text } }): Condition => {
    const source = `${device.id}, asked by ${from}`;
    // Its board may well have been asked when only the system was dead: then it must be shot, not confirmed.
    if (is === 'on') return { outcome: 'violated', text: `${source}, says that ${node} is on` };
    if (is === 'off') return { outcome: 'met', text: `${source}, says that ${node} is off` };
    return { outcome: outcome === 'proven' ? 'met' : 'unexamined', text: `${source}: ${text}` };
  });
  const answer: Condition =
    isAnswering === undefined
      ? { outcome: 'unexamined', text: `whether ${node} answers over ssh` }
      : isAnswering
        ? { outcome: 'violated', text: `${node} answers over ssh: it lives` }
        : { outcome: 'met', text: `${node} does not answer over ssh` };
  return [answer, ...told];
}
