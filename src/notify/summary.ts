import type { Notice } from './model.ts';
import { aligned, formatMoment, formatSpan } from './text.ts';

/** How one plan stands. */
export interface PlanSummary {
  plan: string;
  /** The word that `status` has for it. */
  state: string;
  isOverdue: boolean;
  /** Its last run did not succeed. */
  isFailing: boolean;
  /** The newest proven restore point; undefined when there is none. */
  newestProvenMs: number | undefined;
  /** How long its last measured restore took; undefined when none was measured. */
  restoreMs?: number | undefined;
  lastRun: { status: string; endedMs: number } | undefined;
  nextMs: number | undefined;
  /** Lines about what a person should look at. */
  problems: readonly string[];
}

/** How something else stands that has to succeed: verification of a vault, a shelf. */
export type OtherSummary = Pick<PlanSummary, 'isOverdue' | 'isFailing' | 'problems'> & { name: string };

export interface SummaryFacts {
  plans: readonly PlanSummary[];
  others?: readonly OtherSummary[] | undefined;
  /** Runs of all plans since `sinceMs`. */
  runs: { succeeded: number; failed: number };
  sinceMs: number;
  /** Lines about what is about no plan: verification, vaults, shelves. */
  notes?: readonly string[] | undefined;
  hostname: string;
  nowMs: number;
  /** For times in the text; UTC when absent. A name of the IANA database. */
  timezone?: string | undefined;
}

/**
 * How all plans stand. The first lines answer: how far back would we have to go, how long would it take, what is overdue,
 * what failed. No plans at all is nothing to be calm about and says so.
 */
export function summaryNotice(facts: SummaryFacts): Notice {
  const { plans, others = [], runs, notes = [], hostname, nowMs } = facts;
  const all: OtherSummary[] = [...plans.map((plan) => ({ ...plan, name: plan.plan })), ...others];
  const overdue = all.filter(({ isOverdue }) => isOverdue);
  const failing = all.filter(({ isFailing }) => isFailing);
  const unproven = plans.filter(({ newestProvenMs }) => newestProvenMs === undefined);
  const problems = all.flatMap(({ name, problems: each }) => each.map((problem) => `  ${name}: ${problem}`));
  const lines = [
    ...answers(facts),
    `Overdue: ${listed(overdue)}.`,
    `Failed: ${listed(failing)}.`,
    '',
    ...(plans.length === 0 ? [] : [...table(facts), '']),
    ...(problems.length === 0 ? [] : ['To look at:', ...problems, '']),
    `Runs since ${formatMoment(facts.sinceMs, facts.timezone)}: ${runs.succeeded} succeeded, ${runs.failed} did not.`,
    ...notes,
  ];
  const counts = { plans: plans.length, overdue: overdue.length, failing: failing.length, unproven: unproven.length };
  const words = [
    `${plans.length} ${plans.length === 1 ? 'plan' : 'plans'} on ${hostname}`,
    ...(overdue.length === 0 ? [] : [`${overdue.length} overdue`]),
    ...(failing.length === 0 ? [] : [`${failing.length} failed`]),
    ...(unproven.length === 0 ? [] : [`${unproven.length} without proof`]),
  ];
  const title =
    words.length === 1 && plans.length > 0 && problems.length === 0 ? `${words[0]}, all well` : words.join(', ');
  const numbers = { ...counts, runsSucceeded: runs.succeeded, runsFailed: runs.failed };
  return { kind: 'summary', severity: 'info', plan: undefined, title, lines, hostname, atMs: nowMs, facts: numbers };
}

/** The two distances: for the worst plan, as one disaster takes them all. */
function answers({ plans, nowMs }: SummaryFacts): string[] {
  if (plans.length === 0) return ['There are no plans: nothing is backed up.'];
  const proven = maximum(plans, ({ newestProvenMs }) =>
    newestProvenMs === undefined ? undefined : nowMs - newestProvenMs,
  );
  const restored = maximum(plans, ({ restoreMs }) => restoreMs);
  const unproven = plans.filter(({ newestProvenMs }) => newestProvenMs === undefined);
  const unmeasured = plans.filter(({ restoreMs }) => restoreMs === undefined);
  return [
    `How far back would we have to go: ${proven === undefined ? '' : `${formatSpan(proven.value)} (${proven.plan}).`}${
      unproven.length === 0 ? '' : `${proven === undefined ? '' : ' '}Nothing is proven of: ${namesOf(unproven)}.`
    }`,
    `How long would it take: ${restored === undefined ? '' : `${formatSpan(restored.value)} (${restored.plan}).`}${
      unmeasured.length === 0 ? '' : `${restored === undefined ? '' : ' '}Not measured: ${namesOf(unmeasured)}.`
    }`,
  ];
}

function maximum(
  plans: readonly PlanSummary[],
  of: (plan: PlanSummary) => number | undefined,
): { plan: string; value: number } | undefined {
  const known = plans.flatMap((each) => {
    const value = of(each);
    return value === undefined ? [] : [{ plan: each.plan, value }];
  });
  return known.toSorted((a, b) => b.value - a.value)[0];
}

/** What needs a look comes first. */
function table({ plans, nowMs, timezone }: SummaryFacts): string[] {
  const weight = ({ isOverdue, isFailing }: PlanSummary) => (isOverdue ? 2 : 0) + (isFailing ? 1 : 0);
  const sorted = plans.toSorted((a, b) => weight(b) - weight(a) || (a.plan < b.plan ? -1 : 1));
  const rows = sorted.map(({ plan, state, newestProvenMs, lastRun, nextMs }) => [
    plan,
    state,
    newestProvenMs === undefined ? 'nothing' : `${formatSpan(nowMs - newestProvenMs)} ago`,
    lastRun === undefined ? 'never' : `${lastRun.status} ${formatMoment(lastRun.endedMs, timezone)}`,
    nextMs === undefined ? 'not planned' : formatMoment(nextMs, timezone),
  ]);
  return aligned([['Plan', 'State', 'Proven', 'Last run', 'Next run'], ...rows]);
}

function namesOf(plans: readonly PlanSummary[]): string {
  return listed(plans.map(({ plan }) => ({ name: plan })));
}

function listed(all: readonly { name: string }[]): string {
  return all.length === 0 ? 'none' : all.map(({ name }) => name).join(', ');
}
