/** What docs/retention.md shows is what is planned. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { planPoints, simulator } from '../../src/retention.ts';
import { DAY_MS, nightsOf, points, SEVEN_FIVE, START_MS } from '../points.ts';

const PAGE = readFileSync(join(import.meta.dirname, '../../docs/retention.md'), 'utf8');

test('the table of the page is the plan after run 50', () => {
  const upcomingMs = Array.from({ length: 40 }, (_, n) => START_MS + (50 + n) * DAY_MS);
  const { keep, remove } = planPoints(points(nightsOf(50)), SEVEN_FIVE, { nowMs: START_MS, upcomingMs });
  const rows = keep.map(({ point, level, reasons, goesMs }) => {
    const why = reasons.flatMap(({ kind, text }) => (kind === 'ladder' ? [text] : [])).join(' and ');
    return { sequence: point.sequence!, cells: [point.sequence, level, why, (goesMs! - START_MS) / DAY_MS + 1] };
  });
  const { point, text } = remove[0]!;
  rows.push({ sequence: point.sequence!, cells: [point.sequence, 'goes', text, ''] });
  rows.sort((a, b) => b.sequence - a.sequence);
  const shown = PAGE.split('\n').filter((line) => /^\| \d+ /.test(line));
  assert.deepEqual(
    shown.map((line) =>
      line
        .split('|')
        .slice(1, -1)
        .map((cell) => cell.trim()),
    ),
    rows.map(({ cells }) => cells.map(String)),
  );
});

test('the calendar of the page is what the simulator draws', () => {
  const simulation = simulator.simulate({
    policy: SEVEN_FIVE,
    startMs: START_MS,
    days: 59,
    due: { intervalMs: DAY_MS },
  });
  assert.ok(PAGE.includes(`\`\`\`text\n${simulator.calendarLines(simulation).join('\n')}\n\`\`\`\n`));
});
