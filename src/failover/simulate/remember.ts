/**
 * The scheduler is not asked what it has answered. What is to fail changes nothing of what it decides, only what comes of it:
 * two runs are the same up to the first operation that fails in one of them. So an answer is one to every set of failing operations
 * of which the same ones were tried, as when a node stops at the first of two that would have failed.
 */
import { SIMULATIONS_REMEMBERED_CHARS } from '../../base/cluster-limits.ts';
import { Gate } from '../../base/tasks.ts';
import type { simulator } from '../../cluster.ts';

type Run = simulator.Simulator['run'];
type Answer = simulator.SimulatedTransition;

/** All but what fails. */
interface Question {
  cibText: string;
  rest: string;
  answers: { failing: ReadonlySet<string>; answer: Answer }[];
  /** Ends when the run that is under way has; only one at a time is, as the next may be answered by it. */
  busy: Promise<void> | undefined;
}

/** Asks at most `width` times at once. What was not asked for long is forgotten. */
export function remembering(run: Run, width: number): Run {
  const gate = new Gate(width);
  const memory = openMemory();
  return async (request) => {
    const { failing: given = [], ...rest } = request;
    const failing = new Set(given);
    const question = memory.recall(rest.cibText, JSON.stringify({ ...rest, cibText: '' }));
    for (;;) {
      const known = question.answers.find((each) => isSame(each, failing));
      if (known !== undefined) return known.answer;
      if (question.busy === undefined) break;
      await question.busy;
    }
    const { promise, resolve } = Promise.withResolvers<void>();
    question.busy = promise;
    try {
      await gate.enter();
      const answer = await run(request).finally(() => gate.leave());
      question.answers.push({ failing, answer });
      memory.weigh(answer.cibText.length);
      return answer;
    } finally {
      question.busy = undefined;
      resolve();
    }
  };
}

function isSame(known: Question['answers'][number], failing: ReadonlySet<string>): boolean {
  const fails = (among: ReadonlySet<string>, operation: string): boolean => among.has(`${operation}=1`);
  return known.answer.tried.every((operation) => fails(known.failing, operation) === fails(failing, operation));
}

function openMemory() {
  /** By CIB, then by the rest; what was recalled last stands last. */
  const questions = new Map<string, Map<string, Question>>();
  let chars = 0;
  const forget = (question: Question): void => {
    const alike = questions.get(question.cibText);
    alike?.delete(question.rest);
    if (alike?.size === 0) questions.delete(question.cibText);
    chars -= question.answers.reduce((sum, { answer }) => sum + answer.cibText.length, 0);
  };
  return {
    recall(cibText: string, rest: string): Question {
      const alike = questions.get(cibText) ?? new Map<string, Question>();
      const question = alike.get(rest) ?? { cibText, rest, answers: [], busy: undefined };
      questions.delete(cibText);
      alike.delete(rest);
      questions.set(cibText, alike.set(rest, question));
      return question;
    },
    weigh(more: number): void {
      chars += more;
      for (const alike of questions.values())
        for (const question of alike.values()) {
          if (chars <= SIMULATIONS_REMEMBERED_CHARS) return;
          if (question.busy === undefined) forget(question);
        }
    },
  };
}
