/** How far back a retention reaches when every run succeeds: arithmetic on the rules, without snapshots. */
import type { RetentionConfig } from './retention.ts';

const HOUR_MS = 3_600_000;
export const DAY_MS = 24 * HOUR_MS;

export interface Reach {
  /** Points held at most; Infinity when some rule has no end. */
  points: number;
  /** For so long back there is a point for each day, or for each run where runs are rarer. */
  closeMs: number;
}

/** A rule that holds `count` points, each at least `stepMs` from the next. */
interface Rule {
  count: number;
  stepMs: number;
}

/** `intervalMs` lies between two runs. Undefined when there is no rule, so that everything stays. */
export function reachOf(retention: RetentionConfig, intervalMs: number): Reach | undefined {
  const rules = [
    ...ladderRules(retention, intervalMs),
    ...countRules(retention, intervalMs),
    ...spanRules(retention, intervalMs),
  ];
  if (rules.length === 0) return undefined;
  const close = rules.filter(({ stepMs }) => stepMs <= Math.max(DAY_MS, intervalMs));
  return {
    points: Math.max(
      retention.keepAtLeast,
      rules.reduce((sum, { count }) => sum + count, 0),
    ),
    closeMs: Math.max(retention.keepAtLeast * intervalMs, ...close.map(({ count, stepMs }) => count * stepMs)),
  };
}

function ladderRules({ ladder = [] }: RetentionConfig, intervalMs: number): Rule[] {
  let stepMs = intervalMs;
  return ladder.map(({ keep, every = 1 }) => {
    stepMs *= every;
    return { count: keep, stepMs };
  });
}

const PERIODS = [
  ['keepLast', 'keepWithin', 0],
  ['keepHourly', 'keepWithinHourly', HOUR_MS],
  ['keepDaily', 'keepWithinDaily', DAY_MS],
  ['keepWeekly', 'keepWithinWeekly', 7 * DAY_MS],
  ['keepMonthly', 'keepWithinMonthly', 30 * DAY_MS],
  ['keepYearly', 'keepWithinYearly', 365 * DAY_MS],
] as const;

function countRules(retention: RetentionConfig, intervalMs: number): Rule[] {
  return PERIODS.flatMap(([key, , periodMs]) => {
    const count = retention[key] ?? 0;
    if (count === 0) return [];
    return [{ count: count < 0 ? Number.POSITIVE_INFINITY : count, stepMs: Math.max(intervalMs, periodMs) }];
  });
}

function spanRules(retention: RetentionConfig, intervalMs: number): Rule[] {
  return PERIODS.flatMap(([, key, periodMs]) => {
    const spanMs = spanLength(retention[key] ?? '');
    const stepMs = Math.max(intervalMs, periodMs);
    return spanMs === 0 ? [] : [{ count: Math.floor(spanMs / stepMs) + 1, stepMs }];
  });
}

const UNIT_MS: Readonly<Record<string, number>> = { y: 365 * DAY_MS, m: 30 * DAY_MS, d: DAY_MS, h: HOUR_MS };

function spanLength(span: string): number {
  return [...span.matchAll(/(\d+)([ymdh])/g)].reduce((sum, part) => sum + Number(part[1]) * UNIT_MS[part[2]!]!, 0);
}
