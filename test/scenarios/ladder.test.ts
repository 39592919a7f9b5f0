/**
 * Golden cases of the ladder: `ladder/NAME.json` says what a plan holds by and what its nights were like, `NAME.txt` what
 * is planned after some of them. Each is played night by night, with what the night before left, and once with all there
 * ever were. HOLDFAST_REGENERATE=1 writes the expected texts anew; review the difference before committing it.
 */
import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { type PointPlan, type PointPolicy, parseDuration, planPoints } from '../../src/retention.ts';
import { DAY_MS, keptNumbers, type Night, nightly, points, START_MS } from '../points.ts';

interface Scenario {
  about: string;
  /** `7, 5 of every 7` */
  ladder?: string;
  /** Counts, and spans as text. */
  rules?: Record<string, number | string>;
  pins?: string[];
  keepAtLeast?: number;
  /** How many runs made a point. */
  runs: number;
  /** Nights from the first on, without a run. */
  missed?: string[];
  /** Numbers of unusual points, `8-14` for all from one to the other; with the run after which each is released. */
  held?: Record<string, number | null>;
  /** Numbers of points that were never proven. */
  unproven?: string[];
  /** Days the clock was behind at a run. */
  clockBehind?: Record<string, number>;
  /** Times of points made elsewhere. */
  elsewhere?: string[];
  /** After which runs the plan is shown. */
  shown: number[];
}

const FOLDER = join(import.meta.dirname, 'ladder');
const NAMES = readdirSync(FOLDER).flatMap((file) => (file.endsWith('.json') ? [file.slice(0, -5)] : []));

test('there are scenarios', () => assert.ok(NAMES.length >= 13));

for (const name of NAMES) {
  test(`ladder scenario ${name}`, () => {
    const scenario: Scenario = JSON.parse(readFileSync(join(FOLDER, `${name}.json`), 'utf8'));
    const text = textOf(scenario);
    const expectedPath = join(FOLDER, `${name}.txt`);
    if (process.env['HOLDFAST_REGENERATE'] === '1') writeFileSync(expectedPath, text);
    assert.ok(existsSync(expectedPath), `run with HOLDFAST_REGENERATE=1 to write ${name}.txt`);
    assert.equal(text, readFileSync(expectedPath, 'utf8'));
  });
}

function textOf(scenario: Scenario): string {
  const policy = policyOf(scenario);
  const nights = nightsOf(scenario);
  const others = (scenario.elsewhere ?? []).map(elsewhere);
  const texts: string[] = [];
  let left = new Set<number>();
  for (const [index, { timeMs }] of nights.entries()) {
    const latest = index + 1;
    left.add(latest);
    const all = points(nights, latest);
    const options = { nowMs: timeMs + 1, upcomingMs: nightly(timeMs) };
    const existing = all.filter(({ sequence }) => left.has(sequence!));
    const plan = planPoints([...others, ...existing], policy, options);
    assert.deepEqual(keptNumbers(plan), keptNumbers(planPoints([...others, ...all], policy, options)));
    left = new Set(plan.keep.flatMap(({ point }) => point.sequence ?? []));
    if (scenario.shown.includes(latest)) texts.push(tell(plan, latest));
  }
  assert.equal(texts.length, scenario.shown.length, 'a scenario shows a run that it does not have');
  return texts.join('\n');
}

function policyOf({ ladder, rules = {}, pins = [], keepAtLeast = 1 }: Scenario): PointPolicy {
  const levels = ladder?.split(', ').map((text) => {
    const [keep, every] = text.split(' of every ').map(Number);
    return { keep: keep!, every };
  });
  const read = Object.entries(rules).map(([rule, value]) => [
    rule,
    typeof value === 'string' ? parseDuration(value) : value,
  ]);
  return { ladder: levels, rules: Object.fromEntries(read), pins, keepAtLeast };
}

function nightsOf({ runs, missed = [], held = {}, unproven = [], clockBehind = {} }: Scenario): Night[] {
  const missing = new Set(missed.flatMap(numbersIn));
  const doubtful = new Set(unproven.flatMap(numbersIn));
  const releases = new Map(Object.entries(held).flatMap(([text, at]) => numbersIn(text).map((number) => [number, at])));
  const nights: Night[] = [];
  for (let day = 1; nights.length < runs; day++) {
    if (missing.has(day)) continue;
    const number = nights.length + 1;
    nights.push({
      timeMs: START_MS + (day - 1 - (clockBehind[number] ?? 0)) * DAY_MS,
      isProven: !doubtful.has(number),
      isHeld: releases.has(number),
      releasedAt: releases.get(number) ?? undefined,
    });
  }
  return nights;
}

/** `8-10` → 8, 9, 10 */
function numbersIn(text: string): number[] {
  const [first, last = first] = text.split('-').map(Number);
  return Array.from({ length: last! - first! + 1 }, (_, index) => first! + index);
}

function elsewhere(time: string, index: number) {
  const id = `a${index}`.padEnd(64, '0');
  return { id, timeMs: Date.parse(time), time, sequence: undefined, tags: [], provenMs: undefined, isHeld: false };
}

function tell({ keep, remove }: PointPlan, latest: number): string {
  const day = (timeMs: number) => new Date(timeMs).toISOString().slice(0, 10);
  const place = (sequence: number | undefined, timeMs: number) =>
    `${String(sequence ?? '-').padStart(4)}  ${day(timeMs)}`;
  const kept = keep.map(({ point, level, reasons, goesMs }) => {
    const goes = goesMs === undefined ? ''.padEnd(10) : day(goesMs);
    const texts = reasons.map(({ kind, text }) => `${kind}: ${text}`).join('; ');
    return `keep    ${place(point.sequence, point.timeMs)}  ${level ?? '-'}  ${goes}  ${texts}`;
  });
  const gone = remove.map(({ point, text }) => `remove  ${place(point.sequence, point.timeMs)}  ${text}`);
  return [`after run ${latest}: ${keep.length} stay, ${remove.length} go`, ...kept, ...gone, ''].join('\n');
}
