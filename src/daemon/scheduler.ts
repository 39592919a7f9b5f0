/** Runs what is due when it is due. What was done, and what is to be done, is in the ledger; here is only what goes on now. */
import { type AppError, hasCode } from '../base/errors.ts';
import {
  BEGIN_PAUSE_MS,
  CLOCK_AHEAD_MS_MAX,
  SCHEDULE_SLEEP_MS_MAX,
  STATUS_RUNS_MAX,
  STOP_GRACE_MS,
} from '../base/limits.ts';
import { TaskGroup } from '../base/tasks.ts';
import type { Clock } from '../host.ts';
import type { Ledger, Run } from '../ledger.ts';
import type { Log } from './events.ts';
import type { Runner, RunRequest } from './model.ts';
import { Nap } from './nap.ts';
import { admit, type Place, type Waiting } from './queue.ts';
import { ENDED, judge, keyOf, type Settling, type Subject, type TurnFacts, type Verdict } from './schedule.ts';

export interface SchedulerOptions {
  clock: Clock;
  ledger: Ledger;
  hostname: string;
  runner: Runner;
  log: Log;
  /** A run ended, however it ended. */
  onEnd(run: Run): void;
  /** The ledger could not be read or written (once, until it can again), or can again (undefined). */
  onLedger(error: AppError | undefined): void;
}

export interface SchedulerWork {
  subjects: readonly Subject[];
  runsAtOnce: number;
}

const LEDGER_CODES = ['ledger-failed', 'storage-full'] as const;

/** Settled without a run, and told: what, in words. */
const TOLD: Partial<Record<Settling, string>> = {
  missed: 'its time had passed, and it is not made up for',
  'window-over': 'it could not begin within its window',
  'attempts-over': 'its runs were killed; it is not begun again',
  'clock-ahead': 'the clock was far ahead before; the schedule goes on from now',
};

export class Scheduler {
  readonly #options: SchedulerOptions;
  #work: SchedulerWork;
  #waiting = new Map<string, Waiting>();
  readonly #running = new Map<string, Place>();
  /** By key, until when nothing is begun: what could not begin is not tried without a pause. */
  readonly #pausedUntilMs = new Map<string, number>();
  /** What is settled of subjects whose turns the ledger had settled far ahead: it never goes back, and is right again then. */
  readonly #settledMs = new Map<string, number>();
  #ledgerError: AppError | undefined;
  #lastLookMs: number | undefined;
  readonly #nap: Nap;

  constructor(options: SchedulerOptions, work: SchedulerWork) {
    this.#options = options;
    this.#work = work;
    this.#nap = new Nap(options.clock);
  }

  get running(): RunRequest[] {
    return [...this.#running.values()].map(({ request }) => request);
  }

  /** Monotonic milliseconds of the last look at what is due; undefined before the first. */
  get lastLookMs(): number | undefined {
    return this.#lastLookMs;
  }

  get ledgerError(): AppError | undefined {
    return this.#ledgerError;
  }

  /**
   * Goes on with other work. Runs under way end as they began; what has gone is forgotten; what is new or has another
   * schedule counts from now. @throws {AppError} `ledger-failed`
   */
  replace(work: SchedulerWork): void {
    const { ledger, clock } = this.#options;
    const known = new Map(this.#work.subjects.map((subject) => [keyOf(subject), scheduleText(subject)]));
    for (const subject of work.subjects) {
      const key = keyOf(subject);
      const isSame = known.get(key) === scheduleText(subject);
      if (isSame || this.#waiting.has(key) || this.#running.has(key)) continue;
      ledger.settle(subject.kind, subject.subject, clock.nowMs());
    }
    this.#work = work;
    this.wake();
  }

  /** Looks at once. */
  wake(): void {
    this.#nap.wake();
  }

  /**
   * Resolves after `signal` is aborted and runs have ended, or had STOP_GRACE_MS for it. @throws what a runner throws that
   * is a bug; other runs are stopped and awaited before
   */
  async run(signal: AbortSignal): Promise<void> {
    const group = new TaskGroup(signal);
    while (!group.signal.aborted) {
      const nextMs = this.#look(group);
      await this.#nap.sleep(Math.max(1, nextMs - this.#options.clock.nowMs()), group.signal);
    }
    await this.#end(group);
  }

  /** @returns when to look again */
  #look(group: TaskGroup): number {
    const { clock } = this.#options;
    const nowMs = clock.nowMs();
    this.#lastLookMs = clock.monotonicMs();
    try {
      this.#options.ledger.expectWritable();
      const nextMs = this.#collect(nowMs);
      this.#tellLedger(undefined);
      this.#begin(group, nowMs);
      return nextMs;
    } catch (error) {
      if (!hasCode(error, ...LEDGER_CODES)) throw error;
      this.#tellLedger(error);
      return nowMs + SCHEDULE_SLEEP_MS_MAX;
    }
  }

  /** Brings what waits up to date, and settles what is over. @returns when the next turn begins */
  #collect(nowMs: number): number {
    const waiting = new Map<string, Waiting>();
    let nextMs = nowMs + SCHEDULE_SLEEP_MS_MAX;
    for (const subject of this.#work.subjects) {
      const key = keyOf(subject);
      if (this.#running.has(key)) continue;
      const verdict = judge(subject, this.#factsOf(subject, nowMs));
      if (verdict.settle !== undefined) this.#settle(subject, verdict.settle);
      if (verdict.due !== undefined) waiting.set(key, { ...verdict.due, vault: subject.vault });
      nextMs = Math.min(nextMs, verdict.nextMs ?? nextMs);
    }
    this.#waiting = waiting;
    return nextMs;
  }

  #begin(group: TaskGroup, nowMs: number): void {
    const ready = [...this.#waiting.entries()].filter(([key]) => !((this.#pausedUntilMs.get(key) ?? 0) > nowMs));
    const limits = { runsAtOnce: this.#work.runsAtOnce, others: this.#others(), nowMs };
    const candidates = ready.map(([, each]) => each);
    for (const place of admit(candidates, [...this.#running.values()], limits)) {
      const key = keyOf(place.request);
      this.#waiting.delete(key);
      this.#running.set(key, place);
      group.run((signal) => this.#perform(place.request, signal));
    }
  }

  /** What people run by hand: they share plans and vaults with us. */
  #others(): Place[] {
    const { ledger } = this.#options;
    return ledger.runs({ statuses: ['running'] }).flatMap(({ kind, subject, trigger, dueMs }) => {
      const known = this.#work.subjects.find((each) => each.kind === kind && each.subject === subject);
      if (known === undefined || this.#running.has(keyOf(known))) return [];
      return [{ request: { kind: known.kind, subject, trigger, dueMs }, vault: known.vault }];
    });
  }

  async #perform(request: RunRequest, signal: AbortSignal): Promise<void> {
    const { runner, log, onEnd, clock } = this.#options;
    const { kind, subject, trigger } = request;
    const key = keyOf(request);
    let isPaused = true;
    try {
      log('info', 'run-begun', { text: `${key} begins`, kind, subject, trigger, due_ms: request.dueMs ?? 0 });
      const run = await runner(request, { signal });
      isPaused = run.status === 'interrupted' || run.status === 'lost';
      logEnd(log, run);
      onEnd(run);
    } catch (error) {
      this.#refused(request, error);
    } finally {
      this.#running.delete(key);
      if (isPaused) this.#pausedUntilMs.set(key, clock.nowMs() + BEGIN_PAUSE_MS);
      else this.#pausedUntilMs.delete(key);
      this.wake();
    }
  }

  /** A run that did not begin; its turn stays due unless the ledger has it as done. @throws what is a bug */
  #refused(request: RunRequest, error: unknown): void {
    const { log, ledger } = this.#options;
    const { kind, subject, dueMs } = request;
    if (hasCode(error, ...LEDGER_CODES)) {
      this.#tellLedger(error);
      return;
    }
    if (!hasCode(error, 'plan-busy', 'run-exists', 'plan-missing')) throw error;
    log('warning', 'run-refused', { text: error.message, kind, subject });
    const isDone = [error, error.cause].some((each) => hasCode(each, 'run-exists'));
    const isRunning = ledger.runs({ kind, subject, statuses: ['running'] }).length > 0;
    if (isDone && !isRunning && dueMs !== undefined) ledger.settle(kind, subject, dueMs);
  }

  #settle({ kind, subject }: Subject, { untilMs, why }: NonNullable<Verdict['settle']>): void {
    const key = keyOf({ kind, subject });
    this.#options.ledger.settle(kind, subject, untilMs);
    if (why === 'clock-ahead' || this.#settledMs.has(key)) this.#settledMs.set(key, untilMs);
    const words = TOLD[why];
    if (words !== undefined)
      this.#options.log('warning', `turn-${why}`, {
        text: `${kind} ${subject}: ${words}`,
        kind,
        subject,
        due_ms: untilMs,
      });
  }

  #factsOf(subject: Subject, nowMs: number): TurnFacts {
    const key = keyOf(subject);
    const facts = turnFacts(this.#options, subject, nowMs);
    const settledUntilMs = this.#settledMs.get(key) ?? facts.settledUntilMs;
    return { ...facts, settledUntilMs, waiting: this.#waiting.get(key)?.request };
  }

  #tellLedger(error: AppError | undefined): void {
    const isNews = (error === undefined) !== (this.#ledgerError === undefined);
    this.#ledgerError = error;
    if (!isNews) return;
    this.#options.log(error === undefined ? 'info' : 'error', 'ledger', {
      text: error?.message ?? 'the ledger can be read and written again',
    });
    this.#options.onLedger(error);
  }

  async #end(group: TaskGroup): Promise<void> {
    const { clock, log } = this.#options;
    const over = new AbortController();
    const grace = clock.sleep(STOP_GRACE_MS, over.signal).catch(() => undefined);
    const ended = group.join();
    await Promise.race([ended, grace]);
    over.abort();
    for (const { kind, subject } of this.running)
      log('error', 'run-left', { text: `${kind} ${subject} did not stop in time and is left`, kind, subject });
    if (this.#running.size === 0) await ended;
  }
}

/** What the ledger says of a subject now. @throws {AppError} `ledger-failed` */
export function turnFacts(
  { ledger, hostname }: { ledger: Ledger; hostname: string },
  { kind, subject }: Subject,
  nowMs: number,
): TurnFacts {
  return {
    nowMs,
    settledUntilMs: settledUntil(ledger, { kind, subject }, nowMs),
    statusesOf: (dueMs) => ledger.runs({ kind, subject, dueMs }).map(({ status }) => status),
    waiting: undefined,
    hostname,
  };
}

/**
 * Up to which turn all is settled: as taken down, or the turn of a run that has ended since. Without the latter a clock that
 * is set back right after a run would make an older turn look due.
 */
function settledUntil(
  ledger: Ledger,
  { kind, subject }: Pick<Subject, 'kind' | 'subject'>,
  nowMs: number,
): number | undefined {
  const takenDownMs = ledger.settledUntil(kind, subject);
  if (takenDownMs === undefined) return undefined;
  const ended = ledger.runs({ kind, subject, statuses: ENDED, limit: STATUS_RUNS_MAX });
  const dues = ended.flatMap(({ dueMs }) => (dueMs === undefined || dueMs > nowMs + CLOCK_AHEAD_MS_MAX ? [] : dueMs));
  return Math.max(takenDownMs, ...dues);
}

function scheduleText({ turns: { text, timezone } }: Subject): string {
  return `${text} ${timezone ?? ''}`;
}

function logEnd(log: Log, { id, kind, subject, status, errorText, startedMs, endedMs }: Run): void {
  const level = status === 'success' ? 'info' : status === 'incomplete' ? 'warning' : 'error';
  const reason = errorText === undefined ? '' : `: ${errorText}`;
  const duration_ms = (endedMs ?? startedMs) - startedMs;
  log(level, 'run-ended', {
    text: `${kind} ${subject}: ${status}${reason}`,
    kind,
    subject,
    status,
    run: id,
    duration_ms,
  });
}
