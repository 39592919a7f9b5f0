/** Carries out a plan: each precondition is looked at right before, and nothing counts as done that was not seen. */

import { CLUSTER_LOOK_MS, CLUSTER_WAIT_SPAN_MS } from '../../base/cluster-limits.ts';
import { AppError, hasCode } from '../../base/errors.ts';
import type { Clock } from '../../host.ts';
import type { ActingCluster } from './cluster.ts';
import { doubled, judgeExpectation, unrest, violationOf } from './judge.ts';
import { lossesBetween } from './lost.ts';
import {
  type ActionPlan,
  type ActionStep,
  type Expectation,
  type Outcome,
  type Situation,
  wordsOfCheck,
} from './model.ts';
import { judgeMounts } from './mounted.ts';

export interface ActionExecution {
  cluster: ActingCluster;
  clock: Clock;
  signal?: AbortSignal | undefined;
  onEvent?(event: ActionEvent): void;
}

export type ActionEvent =
  | { kind: 'step'; number: number; of: number; step: ActionStep }
  /** While the cluster is at work; `text` says at what. */
  | { kind: 'waiting'; elapsedMs: number; limitMs: number; text: string }
  | { kind: 'settled'; elapsedMs: number }
  | { kind: 'outcome'; outcome: Outcome };

export interface ActionResult {
  /** Of the promises of the plan. */
  outcomes: readonly Outcome[];
  /** Constraints of moves that are there now and were not before. */
  left: readonly string[];
  /** What befell nodes meanwhile, such as that one was fenced; each a sentence. */
  losses: readonly string[];
  tookMs: number;
}

/**
 * @throws {AppError} `refused` when a precondition of the first step does not hold: nothing was changed then; `failed` with
 * what was done and what was not, when a step fails, the cluster does not settle in time, or something promised is not so;
 * `incomplete` when everything was done and something promised could not be looked at; the abort signal's reason before
 * anything was done, and `interrupted` with what was done and begun later, between two orders and never within one
 */
export async function executeAction(plan: ActionPlan, execution: ActionExecution): Promise<ActionResult> {
  const { cluster, clock, signal, onEvent } = execution;
  const beginMs = clock.monotonicMs();
  const before = await cluster.read(signal);
  for (const [at, step] of plan.steps.entries()) {
    if (at === 0) signal?.throwIfAborted();
    await tellingStop(plan, { at, isBegun: false, signal }, async () => {
      signal?.throwIfAborted();
      expectChecks(plan, at, at === 0 ? before : await readAfter(plan, at, execution));
    });
    onEvent?.({ kind: 'step', number: at + 1, of: plan.steps.length, step });
    await tellingStop(plan, { at, isBegun: true, signal }, () => stepIn(plan, at, execution));
  }
  const { length } = plan.steps;
  return await tellingStop(plan, { at: length, isBegun: false, signal }, () =>
    finish(plan, { before, beginMs }, execution),
  );
}

async function finish(
  plan: ActionPlan,
  { before, beginMs }: { before: Situation; beginMs: number },
  execution: ActionExecution,
): Promise<ActionResult> {
  const after = await readAfter(plan, plan.steps.length, execution);
  const outcomes = await judgeAll(plan.promises, after, execution);
  const left = newMoves(before, after);
  expectKept(plan, { outcomes, left });
  return { outcomes, left, losses: lossesBetween(before, after), tookMs: execution.clock.monotonicMs() - beginMs };
}

/** What was begun goes on without us: who interrupts is told how far it came. */
async function tellingStop<T>(
  plan: ActionPlan,
  { at, isBegun, signal }: { at: number; isBegun: boolean; signal: AbortSignal | undefined },
  work: () => Promise<T>,
): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (!signal?.aborted || error !== signal.reason || (at === 0 && !isBegun)) throw error;
    const why = at === plan.steps.length ? 'interrupted before what was promised was looked at' : 'interrupted';
    throw stopped(plan, at, { code: 'interrupted', why, isBegun, cause: error });
  }
}

/** A cluster that cannot be asked any more leaves open what came of what was done. */
async function readAfter(plan: ActionPlan, at: number, { cluster, signal }: ActionExecution): Promise<Situation> {
  try {
    return await cluster.read(signal);
  } catch (error) {
    if (!(error instanceof AppError) || signal?.aborted || at === 0) throw error;
    throw stopped(plan, at, { why: error.message, isBegun: false, cause: error });
  }
}

/** @throws {AppError} `refused` before anything was done, `failed` later */
function expectChecks(plan: ActionPlan, at: number, situation: Situation): void {
  const step = plan.steps[at]!;
  const wrong = step.checks.flatMap((check) => {
    const why = violationOf(check, situation);
    return why === undefined ? [] : [`${why} (needed: ${wordsOfCheck(check)})`];
  });
  if (wrong.length === 0) return;
  if (at === 0) {
    const hint = 'Nothing was changed. See holdfast ha status, and plan again.';
    throw new AppError('refused', { detail: `${nameOf(plan)}: ${wrong.join('; ')}`, hint });
  }
  throw stopped(plan, at, { why: `before step ${at + 1}: ${wrong.join('; ')}`, isBegun: false });
}

async function stepIn(plan: ActionPlan, at: number, execution: ActionExecution): Promise<void> {
  const step = plan.steps[at]!;
  try {
    await execution.cluster.change(step.change);
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    if (at === 0 && error.code === 'refused') throw error;
    throw stopped(plan, at, { why: error.message, isBegun: error.code !== 'refused', cause: error });
  }
  const settled = await settle(plan, at, execution);
  const outcomes = await judgeAll(step.expects, settled, execution);
  const wrong = outcomes.filter(({ outcome }) => outcome !== 'met');
  if (wrong.length > 0) throw stopped(plan, at, { why: wrong.map(({ text }) => text).join('; '), isBegun: true });
}

/**
 * Until the cluster has nothing to do by its own word and by its state. Heartbeat begins some time after an order and has
 * no word of its own for it, so with it the expectations are waited for as well.
 */
async function settle(plan: ActionPlan, at: number, execution: ActionExecution): Promise<Situation> {
  const { cluster, clock, signal, onEvent } = execution;
  const { timeLimitMs: limitMs, expects } = plan.steps[at]!;
  const beginMs = clock.monotonicMs();
  for (;;) {
    const leftMs = limitMs - (clock.monotonicMs() - beginMs);
    const look = await lookOnce(cluster, Math.min(Math.max(leftMs, 0), CLUSTER_WAIT_SPAN_MS), signal);
    const elapsedMs = clock.monotonicMs() - beginMs;
    if (look.situation !== undefined) {
      const twice = doubled(look.situation);
      if (twice !== undefined) throw stopped(plan, at, { why: twice, isBegun: true });
      const pending = look.text ?? (plan.cluster === 'heartbeat' ? unmet(expects, look.situation) : undefined);
      if (pending === undefined) {
        onEvent?.({ kind: 'settled', elapsedMs });
        return look.situation;
      }
    }
    const text = look.text ?? 'the cluster has not begun';
    if (elapsedMs >= limitMs)
      throw stopped(plan, at, { why: `not settled after ${Math.round(limitMs / 1000)} s: ${text}`, isBegun: true });
    onEvent?.({ kind: 'waiting', elapsedMs, limitMs, text });
    await clock.sleep(CLUSTER_LOOK_MS, signal);
  }
}

/** A cluster that elects a DC, or whose answering node has just been shot, does not answer for a while. */
async function lookOnce(
  cluster: ActingCluster,
  limitMs: number,
  signal: AbortSignal | undefined,
): Promise<{ situation: Situation | undefined; text: string | undefined }> {
  try {
    const isIdle = await cluster.wait(limitMs, signal);
    const situation = await cluster.read(signal);
    return { situation, text: unrest(situation) ?? (isIdle ? undefined : 'the cluster has more to do') };
  } catch (error) {
    if (!hasCode(error, 'cluster-down', 'cluster-unclear', 'command-timeout', 'host-unreachable')) throw error;
    return { situation: undefined, text: error.message };
  }
}

function unmet(expects: readonly Expectation[], situation: Situation): string | undefined {
  return expects.map((each) => judgeExpectation(each, situation)).find((each) => each?.outcome !== 'met')?.text;
}

async function judgeAll(
  expectations: readonly Expectation[],
  situation: Situation,
  { cluster, signal, onEvent }: ActionExecution,
): Promise<Outcome[]> {
  const outcomes: Outcome[] = [];
  for (const expectation of expectations) {
    const judged = judgeExpectation(expectation, situation);
    if (judged !== undefined) outcomes.push(judged);
    else if (expectation.kind === 'mounted') outcomes.push(...(await judgeMounts(situation, cluster, signal)));
    else outcomes.push({ expectation, ...(await cluster.judgeConfiguration(signal)) });
  }
  for (const outcome of outcomes) onEvent?.({ kind: 'outcome', outcome });
  return outcomes;
}

function expectKept(
  plan: ActionPlan,
  { outcomes, left }: { outcomes: readonly Outcome[]; left: readonly string[] },
): void {
  const violated = outcomes.filter(({ outcome }) => outcome === 'violated');
  const unexamined = outcomes.filter(({ outcome }) => outcome === 'unexamined');
  const surplus = left.filter((id) => !plan.leaves.includes(id));
  if (violated.length > 0 || surplus.length > 0) {
    const why = [...violated.map(({ text }) => text), ...surplus.map((id) => `the constraint ${id} is still there`)];
    throw stopped(plan, plan.steps.length, { why: why.join('; '), isBegun: false });
  }
  if (unexamined.length === 0) return;
  throw new AppError('incomplete', {
    detail: `${nameOf(plan)}: everything was done, but this could not be verified: ${unexamined.map(({ text }) => text).join('; ')}`,
    hint: 'Look there yourself before you rely on it; see holdfast ha status.',
  });
}

/** @param at index of the step it stopped at */
function stopped(
  plan: ActionPlan,
  at: number,
  {
    why,
    isBegun,
    cause,
    code = 'failed',
  }: { why: string; isBegun: boolean; cause?: unknown; code?: 'failed' | 'interrupted' },
): AppError {
  const texts = plan.steps.map(({ text }) => text);
  const done = texts.slice(0, at);
  const open = texts.slice(isBegun ? at + 1 : at);
  const story = [
    ...(done.length > 0 ? [`done: ${done.join(', ')}`] : []),
    ...(isBegun && at < texts.length ? [`begun: ${texts[at]}`] : []),
    ...(open.length > 0 ? [`not done: ${open.join(', ')}`] : []),
  ];
  const moved = plan.steps
    .slice(0, isBegun ? at + 1 : at)
    .flatMap(({ change }) => (change.kind === 'move' ? [change.resource] : []));
  const clear = moved.length > 0 ? ` What moves left behind is removed by: holdfast ha clear ${moved.at(-1)}.` : '';
  return new AppError(code, {
    detail: `${nameOf(plan)}: ${why} (${story.join('; ')})`,
    hint: `See holdfast ha status.${clear}`,
    cause,
  });
}

function newMoves(before: Situation, after: Situation): string[] {
  const known = new Set(before.state.moves.map(({ id }) => id));
  return after.state.moves.map(({ id }) => id).filter((id) => !known.has(id));
}

function nameOf({ action, subject }: ActionPlan): string {
  return subject === '' ? action : `${action} ${subject}`;
}
