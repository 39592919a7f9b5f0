/** Asks several machines of one cluster, all of them, and puts what they say side by side. */

import { CLUSTER_REREAD_MS } from '../../base/cluster-limits.ts';
import { AppError, hasCode } from '../../base/errors.ts';
import type { ReadOptions, Seat } from '../pacemaker/tool.ts';
import type { ClusterState, Remark } from '../state.ts';
import { UNANSWERED } from '../unanswered.ts';
import { compareStates, type Disagreement } from './compare.ts';
import { heldTwice, mergeHoldings } from './holdings.ts';
import { judgeState } from './judge.ts';

export interface Survey {
  answers: readonly Answer[];
  disagreements: readonly Disagreement[];
  /** What to show: one state where all agree, else that of each machine. */
  views: readonly ClusterState[];
  /** What stands out, errors first; of all views, and of machines that did not answer. */
  remarks: readonly Remark[];
}

export interface StateOptions extends ReadOptions {
  /** What is known to run there: it is asked first, and once. */
  expected?: ClusterState['kind'] | undefined;
}

/** What one machine said, or why it did not. */
export type Answer = { from: string; state: ClusterState } | { from: string; error: AppError };

/** No error stands out: see `judgeState`. */
export function isHealthy({ remarks, answers }: Survey): boolean {
  return answers.length > 0 && remarks.every(({ level }) => level !== 'error');
}

/**
 * Answers that differ are asked for once more before they count, as nobody is asked in the same instant. What still
 * differs is told with both views; none is taken for right.
 * @throws only the abort signal's reason, and bugs: machines that fail are in the survey
 */
export async function surveyCluster(seats: readonly Seat[], options: StateOptions): Promise<Survey> {
  let answers = await askAll(seats, options);
  let disagreements = compareStates(statesOf(answers));
  if (disagreements.length > 0) {
    await options.clock.sleep(CLUSTER_REREAD_MS, options.signal);
    answers = await askAll(seats, options);
    disagreements = compareStates(statesOf(answers));
  }
  const views = viewsOf(statesOf(answers), disagreements);
  return { answers, disagreements, views, remarks: remarksOf(answers, disagreements, views) };
}

export function statesOf(answers: readonly Answer[]): ClusterState[] {
  return answers.flatMap((answer) => ('state' in answer ? [answer.state] : []));
}

async function askAll(seats: readonly Seat[], options: StateOptions): Promise<Answer[]> {
  const settled = await Promise.allSettled(seats.map((seat) => ask(seat, options)));
  return settled.map((each) => {
    if (each.status === 'rejected') throw each.reason;
    return each.value;
  });
}

async function ask(seat: Seat, options: StateOptions): Promise<Answer> {
  try {
    return { from: seat.name, state: await readState(seat, options) };
  } catch (error) {
    if (!hasCode(error, ...UNANSWERED)) throw error;
    return { from: seat.name, error };
  }
}

/**
 * Pacemaker where it answers, else Heartbeat where that runs.
 * @throws {AppError} as `readPacemaker` and `readHeartbeat`; where neither is installed, `command-missing` naming both
 */
export async function readState(seat: Seat, options: StateOptions): Promise<ClusterState> {
  if (options.expected === 'heartbeat' && options.cibFile === undefined) {
    const [{ lookAtHeartbeat }, { stateOfLook }] = await Promise.all([
      import('../heartbeat-live/look.ts'),
      import('../heartbeat-live/read.ts'),
    ]);
    const look = await lookAtHeartbeat(seat, options);
    // Unless it is sure that no Pacemaker runs, that is asked first, as anywhere.
    if (look.isInstalled && !look.hasPacemaker) return stateOfLook(look, seat, options);
  }
  const { readPacemaker } = await import('../pacemaker/read.ts');
  try {
    return await readPacemaker(seat, options);
  } catch (error) {
    if (options.cibFile !== undefined || !hasCode(error, 'command-missing', 'cluster-down')) throw error;
    const { readHeartbeat } = await import('../heartbeat-live/read.ts');
    return await readHeartbeat(seat, options).catch((other) => {
      throw neither(error, other, seat);
    });
  }
}

/** Pacemaker's error counts, unless only Heartbeat is there. */
function neither(pacemaker: AppError, heartbeat: unknown, { name }: Seat): unknown {
  if (!hasCode(heartbeat, 'command-missing', 'cluster-down')) return heartbeat;
  if (!hasCode(heartbeat, 'command-missing')) return hasCode(pacemaker, 'command-missing') ? heartbeat : pacemaker;
  if (!hasCode(pacemaker, 'command-missing')) return pacemaker;
  return new AppError('command-missing', {
    detail: `neither crm_mon nor cl_status on ${name}`,
    hint: `${pacemaker.hint.split(',')[0]}, or heartbeat; or ask a node of the cluster: holdfast ha status NODE`,
    cause: pacemaker,
  });
}

function viewsOf(states: readonly ClusterState[], disagreements: readonly Disagreement[]): ClusterState[] {
  if (disagreements.length > 0 || states.length === 0) return [...states];
  const [first] = states;
  return [first!.kind === 'heartbeat' ? mergeHoldings(states) : first!];
}

function remarksOf(
  answers: readonly Answer[],
  disagreements: readonly Disagreement[],
  views: readonly ClusterState[],
): Remark[] {
  const silent = answers.flatMap((answer): Remark[] =>
    'error' in answer
      ? [{ level: 'error', code: answer.error.code, subject: answer.from, text: answer.error.message }]
      : [],
  );
  const split = disagreements.map(({ about, views }): Remark => {
    const said = views.map(({ from, says }) => `${from.join(' and ')}: ${says}`).join('; ');
    return { level: 'error', code: 'disagreement', subject: about, text: `the nodes disagree: ${said}` };
  });
  // Two halves of a pair that each take the other for dead: what both hold shows only side by side.
  const twice = views.length > 1 ? heldTwice(statesOf(answers)) : [];
  // The same remark of several machines is one.
  const own = new Map(views.flatMap(judgeState).map((each) => [JSON.stringify(each), each]));
  const all = [...twice, ...split, ...silent, ...own.values()];
  return [...all.filter(({ level }) => level === 'error'), ...all.filter(({ level }) => level !== 'error')];
}
