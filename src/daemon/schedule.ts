/**
 * What is due: the times of the schedule, against what the ledger says of them. Pure, so that weeks of it can be tested in
 * a moment. A turn is one time of a schedule; it is settled when its run has ended, or when it was decided that there
 * will be none. Nothing settled runs again.
 */
import { CLOCK_AHEAD_MS_MAX, SCHEDULE_LATE_MS, TURN_LOSSES_MAX } from '../base/limits.ts';
import { type Config, type ScheduleConfig, when } from '../config.ts';
import type { RunStatus } from '../ledger.ts';
import type { RunRequest } from './model.ts';

/** The times of a schedule, as `when.parseWhen` gives them. */
export type Turns = Pick<when.When, 'text' | 'timezone' | 'next' | 'previous'>;

/** Something that runs by itself. */
export interface Subject {
  kind: RunRequest['kind'];
  /** Plan, vault or cluster. */
  subject: string;
  /** The vault it works on; undefined for what works on none. */
  vault: string | undefined;
  turns: Turns;
  randomDelayMs: number;
  catchUp: boolean;
  /** It begins only this long after its time, or not at all. */
  windowMs: number | undefined;
}

export interface TurnFacts {
  nowMs: number;
  /** Undefined for what the ledger has never seen. */
  settledUntilMs: number | undefined;
  /** How the runs of a turn stand. */
  statusesOf(dueMs: number): readonly RunStatus[];
  /** The run that was due already and waits for others to end. */
  waiting: RunRequest | undefined;
  /** Random delays differ between machines and stay the same over restarts. */
  hostname: string;
}

/**
 * Why turns are settled: their run ended; they were missed and are not made up for; the window was over; each attempt was
 * killed; the subject is new; the ledger had settled what lies in the future, as the clock was wrong.
 */
export type Settling = 'ended' | 'missed' | 'window-over' | 'attempts-over' | 'first-seen' | 'clock-ahead';

export interface Verdict {
  /** To be done now, and since when that is so. */
  due: { request: RunRequest; beginMs: number } | undefined;
  /** All turns up to this time are over. */
  settle: { untilMs: number; why: Settling } | undefined;
  /** When the next turn begins that has not come yet; undefined when none does. */
  nextMs: number | undefined;
}

interface Turn {
  dueMs: number;
  /** With its random delay. */
  beginMs: number;
}

/** Came to an end by themselves: their turn is done. */
export const ENDED: readonly RunStatus[] = ['success', 'incomplete', 'failed'];

type Parse = (text: string, timezone?: string) => Turns;

/** What runs of each kind may be about, by name. */
export function subjectsByKind({
  plans,
  vaults,
  clusters,
}: Pick<Config, 'plans' | 'vaults' | 'clusters'>): Record<RunRequest['kind'], object> {
  return { backup: plans, verify: vaults, prune: vaults, fencing: clusters };
}

/** Everything in the configuration that runs by itself. @throws {AppError} `config` */
export function subjectsOf(config: Config, parse: Parse = when.parseWhen): Subject[] {
  const common = ({ at, timezone, randomDelay = 0, catchUp }: ScheduleConfig) => ({
    turns: parse(at, timezone ?? config.timezone),
    randomDelayMs: randomDelay,
    catchUp,
  });
  const backups = Object.entries(config.plans).flatMap(([subject, { vault, schedule }]) =>
    schedule === undefined
      ? []
      : [{ kind: 'backup' as const, subject, vault, ...common(schedule), windowMs: undefined }],
  );
  const verifications = Object.entries(config.vaults).map(([subject, { verify }]) => {
    return { kind: 'verify' as const, subject, vault: subject, ...common(verify.schedule), windowMs: undefined };
  });
  const prunings = Object.entries(config.vaults).flatMap(([subject, { prune }]) =>
    prune === undefined
      ? []
      : [{ kind: 'prune' as const, subject, vault: subject, ...common(prune.schedule), windowMs: prune.window }],
  );
  const fencings = Object.entries(config.clusters).flatMap(
    ([
      subject,
      {
        fencing: { test },
      },
    ]) =>
      test === undefined
        ? []
        : [{ kind: 'fencing' as const, subject, vault: undefined, ...common(test), windowMs: undefined }],
  );
  return [...backups, ...verifications, ...prunings, ...fencings];
}

/** One name for each subject: plans, vaults and clusters may be called the same. */
export function keyOf({ kind, subject }: Pick<Subject, 'kind' | 'subject'>): string {
  return `${kind} ${subject}`;
}

/**
 * What is to be done about one subject. Of several missed turns the last stands for all. A turn whose run was killed or
 * stopped with the daemon is begun again, after a kill at most TURN_LOSSES_MAX - 1 times.
 */
export function judge(subject: Subject, facts: TurnFacts): Verdict {
  const { nowMs, settledUntilMs } = facts;
  const settled = (untilMs: number, why: Settling): Verdict => ({
    due: undefined,
    settle: { untilMs, why },
    nextMs: nextBegin(subject, facts, untilMs),
  });
  if (settledUntilMs === undefined) return settled(nowMs, 'first-seen');
  if (settledUntilMs > nowMs + CLOCK_AHEAD_MS_MAX) return settled(nowMs, 'clock-ahead');
  const nextMs = nextBegin(subject, facts, settledUntilMs);
  const turn = newestBegun(subject, facts, settledUntilMs);
  if (turn === undefined) return { due: undefined, settle: undefined, nextMs };
  const statuses = facts.statusesOf(turn.dueMs);
  if (statuses.includes('running')) return { due: undefined, settle: undefined, nextMs };
  if (statuses.some((status) => ENDED.includes(status))) return settled(turn.dueMs, 'ended');
  if (statuses.filter((status) => status === 'lost').length >= TURN_LOSSES_MAX)
    return settled(turn.dueMs, 'attempts-over');
  const { windowMs } = subject;
  if (windowMs !== undefined && nowMs > turn.dueMs + windowMs) return settled(turn.dueMs, 'window-over');
  const isLate = nowMs > turn.beginMs + SCHEDULE_LATE_MS;
  if (isLate && !subject.catchUp && facts.waiting === undefined) return settled(turn.dueMs, 'missed');
  return {
    due: { request: requestOf(subject, facts, { turn, statuses, isLate }), beginMs: turn.beginMs },
    settle: undefined,
    nextMs,
  };
}

/** When the next run would begin if nothing were in its way; in the past when it is due. */
export function upcoming(subject: Subject, facts: TurnFacts): number | undefined {
  const { due, nextMs } = judge(subject, facts);
  return due?.beginMs ?? nextMs;
}

function requestOf(
  { kind, subject }: Subject,
  { waiting }: TurnFacts,
  { turn, statuses, isLate }: { turn: Turn; statuses: readonly RunStatus[]; isLate: boolean },
): RunRequest {
  if (waiting?.dueMs === turn.dueMs) return waiting;
  const trigger = statuses.length > 0 ? 'retry' : isLate ? 'catch-up' : 'schedule';
  return { kind, subject, trigger, dueMs: turn.dueMs };
}

/** The newest turn that has begun and is not settled. A delay never reaches the next turn, so at most one waits for its delay. */
function newestBegun(subject: Subject, facts: TurnFacts, settledUntilMs: number): Turn | undefined {
  const { nowMs } = facts;
  let dueMs = subject.turns.previous(nowMs + 1);
  while (dueMs !== undefined && dueMs > settledUntilMs) {
    const turn = turnAt(subject, facts, dueMs);
    if (turn.beginMs <= nowMs) return turn;
    dueMs = subject.turns.previous(dueMs);
  }
  return undefined;
}

/** The first begin in the future, of a turn that is not settled. */
function nextBegin(subject: Subject, facts: TurnFacts, settledUntilMs: number): number | undefined {
  const { nowMs } = facts;
  const current = subject.turns.previous(nowMs + 1);
  if (current !== undefined && current > settledUntilMs) {
    const { beginMs } = turnAt(subject, facts, current);
    if (beginMs > nowMs) return beginMs;
  }
  const next = subject.turns.next(Math.max(nowMs, settledUntilMs));
  return next === undefined ? undefined : turnAt(subject, facts, next).beginMs;
}

function turnAt(subject: Subject, { hostname }: TurnFacts, dueMs: number): Turn {
  const { randomDelayMs, windowMs, turns } = subject;
  if (randomDelayMs === 0) return { dueMs, beginMs: dueMs };
  const toNextMs = (turns.next(dueMs) ?? Number.POSITIVE_INFINITY) - dueMs;
  const mostMs = Math.min(randomDelayMs, toNextMs, windowMs ?? Number.POSITIVE_INFINITY);
  return { dueMs, beginMs: dueMs + Math.floor(spread(`${hostname} ${keyOf(subject)} ${dueMs}`) * mostMs) };
}

/** A number from 0 up to 1 that follows from the text: FNV-1a, mixed so that texts that differ in one sign lie far apart. */
function spread(text: string): number {
  let hash = 0x811c_9dc5;
  for (const byte of Buffer.from(text)) hash = Math.imul(hash ^ byte, 0x0100_0193);
  hash = Math.imul(hash ^ (hash >>> 16), 0x85eb_ca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2_ae35);
  return ((hash ^ (hash >>> 16)) >>> 0) / 2 ** 32;
}
