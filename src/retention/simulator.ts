/** What a policy would hold over a year, if it began today with no points. */
import { AppError } from '../base/errors.ts';
import { SIMULATION_DAYS_MAX, SIMULATION_RUNS_MAX } from '../base/limits.ts';
import type { Point } from './ladder.ts';
import type { PointPolicy } from './point-policy.ts';
import { planPoints } from './points.ts';
import { type ZoneClock, zoneClock } from './zone-clock.ts';

export { calendarLines } from './calendar.ts';

export interface SimulationOptions {
  policy: PointPolicy;
  /** Milliseconds since 1970. The day it is in is day 0. */
  startMs: number;
  /** How many days, that one included. */
  days: number;
  /** When runs are due, rising and perhaps without end: those times, or every so many milliseconds from the start. */
  due: Iterable<number> | { intervalMs: number };
  /** IANA name of the zone whose days count; UTC when absent. */
  timeZone?: string;
  /** Days on which nothing runs although it is due, as when the machine is down. */
  missed?: ReadonlySet<number>;
  /** Days on which every run fails. */
  failures?: ReadonlySet<number>;
}

export interface SimulatedPoint {
  sequence: number;
  /** `2026-11-21`, the day it was made. */
  date: string;
  /** As of the end of a day; undefined when it is on no level. */
  level: number | undefined;
}

export interface SimulatedDay {
  date: string;
  /** What came of the runs of the day; `idle` when none was due. */
  outcome: 'success' | 'missed' | 'failed' | 'idle';
  /** There at the end of the day, newest first. */
  points: readonly SimulatedPoint[];
}

export interface Simulation {
  days: readonly SimulatedDay[];
  /** The most points there were at the end of a day. */
  pointsMax: number;
  /** How old the oldest point was at the ends of the days that had one; undefined when no day had. */
  oldestAgeDays: { min: number; median: number; max: number } | undefined;
}

const DAY_MS = 24 * 60 * 60_000;

/**
 * Makes a point for every run that succeeds, each proven and as usual, and plans at the end of each day.
 * @throws {AppError} `usage` for more days or runs than can be gone over, an interval of no length or an unknown zone
 */
export function simulate(options: SimulationOptions): Simulation {
  const { policy, days: count, missed, failures } = options;
  const clock = zoneClock(options.timeZone ?? 'UTC');
  const dates = datesOf(clock.dateOf(options.startMs), count);
  const dueByDate = dueRuns(options, clock, dates.at(-1)!);
  const days: SimulatedDay[] = [];
  let points: Point[] = [];
  let sequence = 0;
  for (const [day, date] of dates.entries()) {
    const due = dueByDate.get(date) ?? [];
    const outcome = due.length === 0 ? 'idle' : missed?.has(day) ? 'missed' : failures?.has(day) ? 'failed' : 'success';
    if (outcome !== 'success') {
      days.push({ date, outcome, points: days.at(-1)?.points ?? [] });
      continue;
    }
    for (const timeMs of due) points.push(pointOf(++sequence, timeMs, clock));
    const { keep } = planPoints(points, policy, { nowMs: due.at(-1)! + 1 });
    points = keep.map(({ point }) => point);
    days.push({ date, outcome, points: keep.map(({ point, level }) => simulated(point, level)) });
  }
  return { days, pointsMax: Math.max(...days.map((day) => day.points.length)), oldestAgeDays: oldestAges(days) };
}

function datesOf(first: string, count: number): string[] {
  if (!Number.isSafeInteger(count) || count < 1 || count > SIMULATION_DAYS_MAX)
    throw new AppError('usage', { detail: `cannot simulate ${count} days, only 1 to ${SIMULATION_DAYS_MAX}` });
  const startMs = Date.parse(first);
  return Array.from({ length: count }, (_, day) => new Date(startMs + day * DAY_MS).toISOString().slice(0, 10));
}

function dueRuns({ due, startMs }: SimulationOptions, clock: ZoneClock, lastDate: string): Map<string, number[]> {
  const byDate = new Map<string, number[]>();
  let count = 0;
  for (const timeMs of 'intervalMs' in due ? regularTimes(startMs, due.intervalMs) : due) {
    if (timeMs < startMs) continue;
    const date = clock.dateOf(timeMs);
    if (date > lastDate) break;
    if (++count > SIMULATION_RUNS_MAX)
      throw new AppError('usage', {
        detail: `cannot simulate more than ${SIMULATION_RUNS_MAX} runs`,
        hint: 'Simulate fewer days.',
      });
    const own = byDate.get(date);
    if (own === undefined) byDate.set(date, [timeMs]);
    else own.push(timeMs);
  }
  return byDate;
}

function* regularTimes(startMs: number, intervalMs: number): Generator<number> {
  if (!(intervalMs >= 1)) throw new AppError('usage', { detail: `runs cannot be ${intervalMs} ms apart` });
  for (let timeMs = startMs; ; timeMs += intervalMs) yield timeMs;
}

function pointOf(sequence: number, timeMs: number, clock: ZoneClock): Point {
  const id = sequence.toString(16).padStart(64, '0');
  return { id, timeMs, time: clock.timeOf(timeMs), sequence, tags: [], provenMs: timeMs, isHeld: false };
}

function simulated({ sequence, time }: Point, level: number | undefined): SimulatedPoint {
  return { sequence: sequence!, date: time.slice(0, 10), level };
}

function oldestAges(days: readonly SimulatedDay[]): Simulation['oldestAgeDays'] {
  const ages = days
    .flatMap(({ date, points }) => {
      const oldest = points.at(-1);
      return oldest === undefined ? [] : [Math.round((Date.parse(date) - Date.parse(oldest.date)) / DAY_MS)];
    })
    .sort((a, b) => a - b);
  if (ages.length === 0) return undefined;
  return { min: ages[0]!, median: ages[ages.length >> 1]!, max: ages.at(-1)! };
}
