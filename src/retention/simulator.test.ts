import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { DAY_MS, ladders, NOTHING, SEVEN_FIVE } from '../../test/points.ts';
import { hasCode } from '../base/errors.ts';
import { SIMULATION_DAYS_MAX } from '../base/limits.ts';
import { calendarLines, type SimulationOptions, simulate } from './simulator.ts';

const YEAR = { policy: SEVEN_FIVE, startMs: Date.UTC(2026, 0, 1, 2), days: 365, due: { intervalMs: DAY_MS } };

function numbersAt({ days }: ReturnType<typeof simulate>, day: number): number[] {
  return days[day]!.points.map(({ sequence }) => sequence);
}

describe('a simulation', () => {
  it('says which points there are at the end of each day, on which level', () => {
    const simulation = simulate(YEAR);
    assert.equal(simulation.days.length, 365);
    assert.deepEqual(simulation.days[49], {
      date: '2026-02-19',
      outcome: 'success',
      points: [50, 49, 48, 47, 46, 45, 44, 42, 35, 28, 21].map((sequence) => ({
        sequence,
        date: new Date(YEAR.startMs + (sequence - 1) * DAY_MS).toISOString().slice(0, 10),
        level: sequence % 7 === 0 ? 2 : 1,
      })),
    });
  });

  it('comes to numbers', () => {
    const { pointsMax, oldestAgeDays } = simulate(YEAR);
    assert.equal(pointsMax, 11);
    assert.deepEqual(oldestAgeDays, { min: 0, median: 31, max: 34 });
  });

  it('loses nothing by nights that are missed or fail', () => {
    const whole = simulate({ ...YEAR, days: 60 });
    const missed = simulate({
      ...YEAR,
      days: 70,
      missed: new Set([0, 5, 6, 7, 30, 44]),
      failures: new Set([6, 20, 21, 50, 51]),
    });
    assert.deepEqual(
      missed.days.flatMap(({ outcome }, day) => (outcome === 'success' ? [] : [`${day} ${outcome}`])),
      ['0', '5', '6', '7', '30', '44']
        .map((day) => `${day} missed`)
        .concat(['20', '21', '50', '51'].map((day) => `${day} failed`))
        .sort((a, b) => Number.parseInt(a, 10) - Number.parseInt(b, 10)),
    );
    assert.deepEqual(numbersAt(missed, 69), numbersAt(whole, 59));
    assert.deepEqual(missed.days[0]!.points, []);
    assert.deepEqual(missed.days[7]!.points, missed.days[4]!.points);
  });

  it('takes the times of a schedule, in its zone', () => {
    const startMs = Date.parse('2026-03-27T12:00:00Z');
    const due = [
      '2026-03-26T23:30Z',
      '2026-03-27T23:30Z',
      '2026-03-28T22:30Z',
      '2026-03-28T23:30Z',
      '2026-03-31T21:30Z',
      '2026-03-31T22:30Z',
    ];
    const simulation = simulate({
      policy: { ...NOTHING, rules: { daily: 2 } },
      startMs,
      days: 5,
      due: due.map((text) => Date.parse(text)),
      timeZone: 'Europe/Berlin',
    });
    assert.deepEqual(
      simulation.days.map(({ date, outcome, points }) => [date, outcome, points.map(({ sequence }) => sequence)]),
      [
        ['2026-03-27', 'idle', []],
        ['2026-03-28', 'success', [2, 1]],
        ['2026-03-29', 'success', [3, 2]],
        ['2026-03-30', 'idle', [3, 2]],
        ['2026-03-31', 'success', [4, 3]],
      ],
    );
  });

  it('ends with a schedule that has no end, and with one that has', () => {
    const forever = function* (): Generator<number> {
      for (let timeMs = YEAR.startMs; ; timeMs += DAY_MS) yield timeMs;
    };
    assert.deepEqual(simulate({ ...YEAR, due: forever() }), simulate(YEAR));
    const { days, pointsMax, oldestAgeDays } = simulate({ ...YEAR, days: 3, due: [] });
    assert.deepEqual([days.length, pointsMax, oldestAgeDays], [3, 0, undefined]);
  });

  it('refuses what it could not go over', () => {
    const wrong: Partial<SimulationOptions>[] = [
      { days: 0 },
      { days: 1.5 },
      { days: SIMULATION_DAYS_MAX + 1 },
      { due: { intervalMs: 0 } },
      { due: { intervalMs: Number.NaN } },
      { due: { intervalMs: 1000 } },
      { timeZone: 'Europe/Atlantis' },
    ];
    for (const change of wrong)
      assert.throws(
        () => simulate({ ...YEAR, ...change }),
        (error) => hasCode(error, 'usage'),
        JSON.stringify(change),
      );
  });

  it('is over in well under a second for a year of nights', () => {
    const startedMs = performance.now();
    simulate({ ...YEAR, policy: { ...SEVEN_FIVE, rules: { daily: 30, weekly: 12, monthly: 12 } } });
    const tookMs = performance.now() - startedMs;
    assert.ok(tookMs < 2_000, `${tookMs} ms`);
  });
});

describe('a calendar', () => {
  it('shows a year as twelve months', () => {
    const lines = calendarLines(simulate({ ...YEAR, missed: new Set([40, 41]), failures: new Set([100]) }));
    assert.equal(lines[0], 'Still there on 2026-12-31:');
    assert.deepEqual(lines.slice(2, 11), [
      'January 2026        February 2026       March 2026          April 2026',
      '    M T W T F S S       M T W T F S S       M T W T F S S       M T W T F S S',
      ' 1        . . . .    1              .    1              .    1      . . . . .',
      ' 5  . . . . . . .    2  . . . . . . .    2  . . . . . . .    6  . . . . . ! .',
      '12  . . . . . . .    9  . - - . . . .    9  . . . . . . .   13  . . . . . . .',
      '19  . . . . . . .   16  . . . . . . .   16  . . . . . . .   20  . . . . . . .',
      '26  . . . . . .     23  . . . . . .     23  . . . . . . .   27  . . . .',
      '                                        30  . .',
      '',
    ]);
    assert.deepEqual(lines.slice(20), [
      'September 2026      October 2026        November 2026       December 2026',
      '    M T W T F S S       M T W T F S S       M T W T F S S       M T W T F S S',
      ' 1    . . . . . .    1        . . . .    1              .    1    . . . . 2 .',
      ' 7  . . . . . . .    5  . . . . . . .    2  . . . . . . .    7  . . . . . 2 .',
      '14  . . . . . . .   12  . . . . . . .    9  . . . . . . .   14  . . . . . 2 .',
      '21  . . . . . . .   19  . . . . . . .   16  . . . . . . .   21  . . . . 1 2 1',
      '28  . . .           26  . . . . . .     23  . . . . . 2 .   28  1 1 1 1',
      '                                        30  .',
      '',
      '1 = level 1   2 = level 2   . = made, gone since   - = missed   ! = failed',
      '',
      '11 points at most at the end of a day.',
      'The oldest was 31 days old in the median, 0 at least and 36 at most.',
    ]);
  });

  it('shows the highest level each point ever had', () => {
    const lines = calendarLines(simulate({ ...YEAR, days: 31 }), 'highest');
    assert.deepEqual(lines.slice(0, 9), [
      'The highest level of each point:',
      '',
      'January 2026',
      '    M T W T F S S',
      ' 1        1 1 1 1',
      ' 5  1 1 2 1 1 1 1',
      '12  1 1 2 1 1 1 1',
      '19  1 1 2 1 1 1 1',
      '26  1 1 2 1 1 1',
    ]);
  });

  it('shows the highest of several points of a day', () => {
    const simulation = simulate({ ...YEAR, days: 5, due: { intervalMs: DAY_MS / 2 } });
    assert.equal(simulation.days[3]!.points.length, 7);
    assert.equal(calendarLines(simulation, 'highest')[4], ' 1        1 1 1 2');
    assert.equal(calendarLines(simulation, 'end')[4], ' 1        . 1 1 2');
  });

  it('shows what is on no level, and months in part', () => {
    const lines = calendarLines(
      simulate({
        ...YEAR,
        policy: { ...NOTHING, ladder: [{ keep: 2 }], rules: { monthly: 2 } },
        startMs: Date.UTC(2026, 0, 30),
        days: 5,
      }),
    );
    assert.deepEqual(lines, [
      'Still there on 2026-02-03:',
      '',
      'January 2026        February 2026',
      '    M T W T F S S       M T W T F S S',
      ' 1                   1              .',
      ' 5                   2  1 1',
      '12                   9',
      '19                  16',
      '26          . +     23',
      '',
      '1 = level 1   + = kept, on no level   . = made, gone since',
      '',
      '3 points at most at the end of a day.',
      'The oldest was 1 day old in the median, 0 at least and 3 at most.',
    ]);
  });

  it('is plain text of at most 80 columns, whatever the policy', () => {
    fc.assert(
      fc.property(
        ladders,
        fc.integer({ min: 1, max: 800 }),
        fc.array(fc.nat(400), { maxLength: 20 }),
        fc.constantFrom('end' as const, 'highest' as const),
        (ladder, days, missed, view) => {
          const policy = { ...NOTHING, ladder };
          const lines = calendarLines(simulate({ ...YEAR, policy, days, missed: new Set(missed) }), view);
          for (const line of lines) assert.match(line, /^(?:[ -~]{0,79}[!-~])?$/);
          assert.ok(lines.length > 8);
        },
      ),
      { numRuns: 40 },
    );
  });

  it('is that of the Gregorian calendar', () => {
    const lines = calendarLines(simulate({ ...YEAR, startMs: Date.UTC(2028, 1, 1), days: 29 })).join('\n');
    assert.match(lines, /^28 {2}\S \S$/m);
    assert.doesNotMatch(lines, /^29/m);
  });
});
