/** One step of an examination, kept from ending or holding up the others. */
import { AppError, errnoOf, hasCode, textOf } from '../../base/errors.ts';
import type { Clock, Processes } from '../../host.ts';
import { type Area, type Finding, wrong } from './finding.ts';

export interface Step {
  area: Area;
  /** What is looked at, for when nothing comes of it. */
  subject: string;
  /** Looked at by another process first, see `answers`. */
  path?: string | undefined;
  work: (signal: AbortSignal) => Promise<Finding[]>;
}

export interface Containment {
  clock: Clock;
  /** Of this machine. */
  processes: Processes;
  /** Longest time the step may take. */
  limitMs: number;
  signal: AbortSignal;
}

/** What is stopped may still take its lock off a vault. */
const GRACE_MS = 2_000;

/** Findings of the step; an error finding when it fails or takes too long. @throws the signal's reason; bugs */
export async function contained(step: Step, { clock, processes, limitMs, signal }: Containment): Promise<Finding[]> {
  const [late, over] = [new AbortController(), new AbortController()];
  const inner = AbortSignal.any([signal, late.signal]);
  const work = answers(step, { processes, signal: inner }).then(() => step.work(inner));
  const watch = clock.sleep(limitMs, AbortSignal.any([signal, over.signal])).then(() => undefined);
  try {
    const found = await Promise.race([work, watch]);
    if (found !== undefined) return found;
    late.abort(new AppError('interrupted'));
    await settled(work, clock);
    return [wrong(step.area, step.subject, hanging(step, limitMs))];
  } catch (error) {
    signal.throwIfAborted();
    return [wrong(step.area, step.subject, wordsOf(error))];
  } finally {
    over.abort();
    // Whichever of the two was not waited for may fail now, which changes nothing.
    await Promise.allSettled([watch]);
    work.catch(() => undefined);
  }
}

/**
 * Threads of ours that wait for a mount that is gone can never be stopped, and would keep the program from ending. So
 * another process asks such a mount first: that one can be left behind. What is not there answers, too.
 */
async function answers({ path }: Step, { processes, signal }: { processes: Processes; signal: AbortSignal }) {
  if (!path?.startsWith('/')) return;
  try {
    await processes.run('stat', ['-f', '-L', '--', path], { signal });
  } catch (error) {
    if (!hasCode(error, 'command-missing')) throw error;
  }
}

function hanging({ path }: Step, limitMs: number): { text: string; remedy: string } {
  const where = path === undefined ? '' : ` at ${path}`;
  return {
    text: `does not answer within ${limitMs / 1000} s`,
    remedy:
      path === undefined ? 'See what it waits for.' : `Is something mounted${where} that is gone? Try: stat ${path}`,
  };
}

function wordsOf(error: unknown): { text: string; remedy: string } {
  if (error instanceof AppError) return { text: error.message, remedy: error.hint };
  if (errnoOf(error) !== undefined) return { text: textOf(error), remedy: 'Check that it is there, owner and modes.' };
  throw error;
}

async function settled(work: Promise<unknown>, clock: Clock): Promise<void> {
  const over = new AbortController();
  const grace = clock.sleep(GRACE_MS, over.signal);
  await Promise.race([Promise.allSettled([work]), grace]);
  over.abort();
  await Promise.allSettled([grace]);
}
