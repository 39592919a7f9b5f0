/**
 * Notices in words, from plain facts. Pure. Each title says whom it is about; the kind before it says what happened
 * (`failure: plan etc on node7`). The first lines say what a person needs at three in the morning.
 */
import type { Notice, NoticeKind, Severity } from './model.ts';
import { formatMoment, formatSpan } from './text.ts';

export { type OtherSummary, type PlanSummary, summaryNotice } from './summary.ts';

/** What every notice knows. */
export interface About {
  plan: string | undefined;
  /** What it is about when that is no plan: `vault offsite`. */
  subject?: string | undefined;
  /** The vault among what it is about. */
  vault?: string | undefined;
  /** The cluster that it is about. */
  cluster?: string | undefined;
  hostname: string;
  nowMs: number;
  /** For times in the text; UTC when absent. A name of the IANA database. */
  timezone?: string | undefined;
}

export interface RunFacts {
  id: number;
  startedMs: number;
  endedMs: number | undefined;
  logFile?: string | undefined;
}

export type FailureStatus = 'failed' | 'incomplete' | 'interrupted' | 'lost';

export interface FailureFacts extends About {
  status: FailureStatus;
  run?: RunFacts | undefined;
  errorCode?: string | undefined;
  /** One line, without secrets. */
  errorText?: string | undefined;
  /** What to do next. */
  hint?: string | undefined;
  notes?: readonly string[] | undefined;
  /** The newest proven restore point; `none` when there is none, absent when it does not apply. */
  newestProvenMs?: number | 'none' | undefined;
  nextMs?: number | undefined;
}

const FAILURE_WORDS: Readonly<Record<FailureStatus, string>> = {
  failed: 'The run failed',
  incomplete: 'The run finished, but not everything could be done',
  interrupted: 'The run was stopped before its end',
  lost: 'The run ended without a word: its process was killed, or the power failed',
};
/** A failure leaves less than was asked for; what was merely stopped or is partly there can wait for the morning. */
const FAILURE_SEVERITY: Readonly<Record<FailureStatus, Severity>> = {
  failed: 'critical',
  lost: 'critical',
  incomplete: 'warning',
  interrupted: 'warning',
};
/** Whoever heard of a trouble has to hear of its end, so a recovery weighs as much. */
const RECOVERY_SEVERITY = {
  failure: 'critical',
  overdue: 'critical',
  unproven: 'critical',
  anomaly: 'warning',
} as const;

export function failureNotice(facts: FailureFacts): Notice {
  const { status, errorText, hint, notes = [], run, errorCode } = facts;
  const lines = [
    `${FAILURE_WORDS[status]}${errorText === undefined ? '.' : `: ${errorText}`}`,
    ...(hint === undefined || hint === '' ? [] : [`What to do: ${hint}`]),
    ...notes,
    ...closingLines(facts),
  ];
  const codes = { status, ...(errorCode === undefined ? {} : { code: errorCode }), ...runCodes(run) };
  return notice('failure', FAILURE_SEVERITY[status], { about: facts, lines, facts: codes });
}

export interface RecoveryFacts extends About {
  /** What is over. */
  trouble: keyof typeof RECOVERY_SEVERITY;
  /** As of the notice it ends; by the trouble when absent. */
  severity?: Severity;
  sinceMs: number;
  /** What is wrong beside it, and stays so. */
  stillWrong?: readonly string[];
  run?: RunFacts | undefined;
  newestProvenMs?: number | 'none' | undefined;
  nextMs?: number | undefined;
}

export function recoveryNotice(facts: RecoveryFacts): Notice {
  const { trouble, sinceMs, stillWrong = [], nowMs, timezone, run, severity = RECOVERY_SEVERITY[trouble] } = facts;
  const words = {
    failure: 'It had failed',
    overdue: 'It had been overdue',
    unproven: 'It had been without a proven restore point',
    anomaly: 'It had been unusual',
  }[trouble];
  const since = `${words} since ${formatMoment(sinceMs, timezone)}, for ${formatSpan(nowMs - sinceMs)}.`;
  const well = stillWrong.length === 0 ? 'All is well again.' : `This is well again; not so: ${stillWrong.join('; ')}.`;
  const lines = [well, since, ...closingLines(facts)];
  return notice('recovery', severity, { about: facts, lines, facts: { trouble, ...runCodes(run) } });
}

export interface OverdueFacts extends About {
  /** The newest good run; undefined when there never was one. */
  newestGoodMs: number | undefined;
  /** Age from which it is overdue. */
  overdueAfterMs: number;
  /** `critical` when absent. */
  severity?: Severity;
  /** What came of the last run. */
  lastRun?: { status: string; endedMs: number } | undefined;
  newestProvenMs?: number | 'none' | undefined;
  nextMs?: number | undefined;
}

export function overdueNotice(facts: OverdueFacts): Notice {
  const { newestGoodMs, overdueAfterMs, lastRun, nowMs, timezone, severity = 'critical' } = facts;
  const good =
    newestGoodMs === undefined
      ? 'There has never been a good run.'
      : `The newest good run is ${formatSpan(nowMs - newestGoodMs)} old, of ${formatMoment(newestGoodMs, timezone)}.`;
  const lines = [
    good,
    `It is overdue from an age of ${formatSpan(overdueAfterMs)} on.`,
    ...(lastRun === undefined
      ? []
      : [`Last run: ${lastRun.status}, ended ${formatMoment(lastRun.endedMs, timezone)}.`]),
    ...closingLines(facts),
  ];
  const age = newestGoodMs === undefined ? {} : { ageSeconds: Math.floor((nowMs - newestGoodMs) / 1000) };
  return notice('overdue', severity, { about: facts, lines, facts: age });
}

export interface UnprovenFacts extends About {
  newestGoodMs: number | undefined;
  /** Where its points lie, and how long a reading counts there. */
  vault: string;
  provenForMs: number;
  /** The vault is known to hold no point of it any more: reading it back proves nothing. */
  isGone: boolean;
  nextMs?: number | undefined;
}

/** No run failed, but nothing that was stored is known to be readable any more. */
export function unprovenNotice(facts: UnprovenFacts): Notice {
  const { newestGoodMs, vault, provenForMs, isGone, plan, nowMs, timezone } = facts;
  const again = `holdfast run ${plan}`;
  const lines = [
    `No restore point of it was read back and found right within the last ${formatSpan(provenForMs)}.`,
    ...(newestGoodMs === undefined
      ? []
      : [
          `The newest good run is ${formatSpan(nowMs - newestGoodMs)} old, of ${formatMoment(newestGoodMs, timezone)}.`,
        ]),
    isGone
      ? `What to do: the vault holds no point of it any more. Make a new one: ${again}`
      : `What to do: see why with holdfast history ${vault}, then read it back: holdfast run --verify ${vault}. ` +
        `If the vault holds no point of it any more, make a new one: ${again}`,
    ...closingLines(facts),
  ];
  return notice('failure', 'critical', { about: facts, lines, facts: { trouble: 'unproven', vault } });
}

export interface AnomalyFacts extends About {
  /** What is unusual: one line each. */
  reasons: readonly string[];
  snapshotId: string;
  /** The command that releases the snapshot. */
  release: string;
  run?: RunFacts | undefined;
  newestProvenMs?: number | 'none' | undefined;
  nextMs?: number | undefined;
}

export function anomalyNotice(facts: AnomalyFacts): Notice {
  const { reasons, snapshotId, release, run } = facts;
  const lines = [
    'The run differs from those before it:',
    ...reasons.map((reason) => `  ${reason}`),
    'Its snapshot is kept but not promoted, and the last good one before it stays, until somebody has looked.',
    `When it is right: ${release}`,
    ...closingLines(facts),
  ];
  return notice('anomaly', 'warning', { about: facts, lines, facts: { snapshot: snapshotId, ...runCodes(run) } });
}

/** For dead-man targets, which wait for it. */
export function startNotice(facts: About & { run?: RunFacts | undefined }): Notice {
  return notice('start', 'info', { about: facts, lines: [], facts: runCodes(facts.run) });
}

/** For dead-man targets. Only what was read back and found right is a success. */
export function successNotice(
  facts: About & { run?: RunFacts | undefined; figures?: Readonly<Record<string, number>> },
): Notice {
  const { run, figures = {} } = facts;
  return notice('success', 'info', {
    about: facts,
    lines: closingLines(facts),
    facts: { ...runCodes(run), ...figures },
  });
}

export function testNotice({ hostname, nowMs }: { hostname: string; nowMs: number }): Notice {
  const about = { plan: undefined, subject: 'notifications', hostname, nowMs };
  const lines = ['This is a test. Who reads it will hear of failures as well; nothing has to be done.'];
  return notice('test', 'info', { about, lines, facts: {} });
}

interface Content {
  about: About;
  lines: readonly string[];
  facts: Notice['facts'];
}

function notice(kind: NoticeKind, severity: Severity, { about, lines, facts }: Content): Notice {
  const { plan, subject = 'Holdfast', vault, cluster, hostname, nowMs } = about;
  const title = `${plan === undefined ? subject : `plan ${plan}`} on ${hostname}`;
  const of = { ...(vault === undefined ? {} : { vault }), ...(cluster === undefined ? {} : { cluster }) };
  return { kind, severity, plan, ...of, title, lines, hostname, atMs: nowMs, facts };
}

type Closing = About & {
  newestProvenMs?: number | 'none' | undefined;
  run?: RunFacts | undefined;
  nextMs?: number | undefined;
};

/** How far back one would have to go, which run it was, and when the next one comes. */
function closingLines({ newestProvenMs, run, nextMs, nowMs, timezone }: Closing): string[] {
  const lines: string[] = [];
  if (newestProvenMs === 'none') lines.push('There is no proven restore point.');
  else if (newestProvenMs !== undefined) {
    const moment = formatMoment(newestProvenMs, timezone);
    lines.push(`Newest proven restore point: ${formatSpan(nowMs - newestProvenMs)} old, of ${moment}.`);
  }
  if (run !== undefined) {
    const { id, startedMs, endedMs, logFile } = run;
    const span = endedMs === undefined ? '' : `, took ${formatSpan(endedMs - startedMs)}`;
    lines.push(`Run ${id}: began ${formatMoment(startedMs, timezone)}${span}.`);
    if (logFile !== undefined) lines.push(`Log: ${logFile}`);
  }
  if (nextMs !== undefined) lines.push(`Next run: ${formatMoment(nextMs, timezone)}.`);
  return lines;
}

function runCodes(run: RunFacts | undefined): Record<string, string | number> {
  if (run === undefined) return {};
  const ended = run.endedMs === undefined ? {} : { ended: new Date(run.endedMs).toISOString() };
  const log = run.logFile === undefined ? {} : { log: run.logFile };
  return { run: run.id, started: new Date(run.startedMs).toISOString(), ...ended, ...log };
}
