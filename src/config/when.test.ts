import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { parseWhen } from './when.ts';

const at = (text: string): number => Date.parse(text);
const iso = (ms: number | undefined): string | undefined => (ms === undefined ? undefined : new Date(ms).toISOString());

function nextTimes(text: string, { zone, from, count }: { zone: string; from: string; count: number }): string[] {
  const when = parseWhen(text, zone);
  const times: number[] = [];
  for (let ms = when.next(at(from)); ms !== undefined && times.length < count; ms = when.next(ms)) times.push(ms);
  return times.map((ms) => new Date(ms).toISOString().replace(':00.000Z', '').replace('.000Z', ''));
}

/** A time with hour and minute as numbers, and the two notations of it. */
interface Model {
  minutes: number[];
  hours: number[];
  days: number[];
  months: number[];
  weekdays: number[];
  isEither: boolean;
}

const some = (min: number, max: number): fc.Arbitrary<number[]> =>
  fc.oneof(
    fc.constant(Array.from({ length: max - min + 1 }, (_, index) => min + index)),
    fc.uniqueArray(fc.integer({ min, max }), { minLength: 1, maxLength: 5 }).map((list) => list.sort((a, b) => a - b)),
  );

const model: fc.Arbitrary<Model> = fc
  .record({ minutes: some(0, 59), hours: some(0, 23), days: some(1, 31), months: some(1, 12), weekdays: some(0, 6) })
  .chain((fields) => fc.boolean().map((either) => ({ ...fields, isEither: either && isBothRestricted(fields) })));

function isBothRestricted({ days, weekdays }: Omit<Model, 'isEither'>): boolean {
  return days.length < 31 && weekdays.length < 7;
}

const star = (list: number[], length: number, text = list.join(',')): string => (list.length === length ? '*' : text);
const DAYS = ['Sun', 'Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat'];

function wordsOf({ minutes, hours, days, months, weekdays, isEither }: Model): string {
  if (isEither || (weekdays.length === 7 && days.length === 31 && months.length === 12 && minutes.length % 2 === 1))
    return [star(minutes, 60), star(hours, 24), star(days, 31), star(months, 12), star(weekdays, 7)].join(' ');
  const week = weekdays.length === 7 ? '' : `${weekdays.map((day) => DAYS[day]).join(',')} `;
  return `${week}*-${star(months, 12)}-${star(days, 31)} ${star(hours, 24)}:${star(minutes, 60)}`;
}

function fits({ minutes, hours, days, months, weekdays, isEither }: Model, ms: number): boolean {
  const date = new Date(ms);
  const [inDays, inWeek] = [days.includes(date.getUTCDate()), weekdays.includes(date.getUTCDay())];
  const isDay = isEither ? inDays || inWeek : inDays && inWeek;
  return (
    isDay &&
    months.includes(date.getUTCMonth() + 1) &&
    hours.includes(date.getUTCHours()) &&
    minutes.includes(date.getUTCMinutes())
  );
}

describe('when', () => {
  it('gives the times that stepping through every minute finds, forwards and backwards', () => {
    const start = fc.integer({ min: at('2024-02-01T00:00Z') / 60_000, max: at('2029-01-01T00:00Z') / 60_000 });
    let found = 0;
    fc.assert(
      fc.property(model, start, (fields, startMinute) => {
        const when = parseWhen(wordsOf(fields), 'UTC');
        const [from, to] = [startMinute * 60_000, (startMinute + 4000) * 60_000];
        let last = from;
        for (let ms = from + 60_000; ms <= to; ms += 60_000) {
          if (!fits(fields, ms)) continue;
          assert.equal(when.next(last), ms, wordsOf(fields));
          if (last !== from) assert.equal(when.previous(ms), last, wordsOf(fields));
          last = ms;
          if (++found % 50 === 0) break;
        }
        if (last === from)
          assert.ok((when.next(from) ?? Number.POSITIVE_INFINITY) > to || fits(fields, when.next(from)!));
      }),
      { numRuns: 150 },
    );
    assert.ok(found > 100, `only ${found} times were seen`);
  });

  it('reads the words of systemd and those of cron', () => {
    const from = '2026-11-21T12:00:30Z';
    const cases: [string, string][] = [
      ['minutely', '2026-11-21T12:01'],
      ['hourly', '2026-11-21T13:00'],
      ['daily', '2026-11-22T00:00'],
      ['Weekly', '2026-11-23T00:00'],
      ['monthly', '2026-12-01T00:00'],
      ['quarterly', '2027-01-01T00:00'],
      ['semiannually', '2027-01-01T00:00'],
      ['yearly', '2027-01-01T00:00'],
      ['22:30', '2026-11-21T22:30'],
      ['Mon..Fri 22:00', '2026-11-23T22:00'],
      ['Mon,Wed 6:00:30', '2026-11-23T06:00:30'],
      ['saturday', '2026-11-28T00:00'],
      ['*-*-01 03:00', '2026-12-01T03:00'],
      ['*-01,07-01 00:00', '2027-01-01T00:00'],
      ['*:0/15', '2026-11-21T12:15'],
      ['Sun 04:00', '2026-11-22T04:00'],
      ['*-*~01 02:00', '2026-11-30T02:00'],
      ['02~1 02:00', '2027-02-28T02:00'],
      ['2027-05-01', '2027-05-01T00:00'],
      ['02-29 01:00', '2028-02-29T01:00'],
      ['30 22 * * 1-5', '2026-11-23T22:30'],
      ['*/20 8-17/3 * * mon', '2026-11-23T08:00'],
      ['0 0 1 jan,JUL *', '2027-01-01T00:00'],
      ['0 3 13 * 5', '2026-11-27T03:00'],
      ['0 3 */2 * 1', '2026-11-23T03:00'],
      ['0 3 1-31 * 5', '2026-11-22T03:00'],
      ['15 30 4 * * 7', '2026-11-22T04:30:15'],
      ['0 3 L * ?', '2026-11-30T03:00'],
      ['@daily', '2026-11-22T00:00'],
      ['@weekly', '2026-11-22T00:00'],
    ];
    for (const [text, expected] of cases)
      assert.deepEqual(nextTimes(text, { zone: 'UTC', from, count: 1 }), [expected], text);
  });

  it('says what is wrong, and what may have been meant', () => {
    const cases: [string, RegExp, RegExp][] = [
      ['dayly', /dayly is no weekday/, /Did you mean daily\?/],
      ['Mon..Fry 22:00', /Fry is no weekday/, /Write such as/],
      ['Fri..Mon 1:00', /runs backwards/, /Fri\.\.Sun,Mon/],
      ['25:00', /25 is no hour \(0 to 23\)/, /Write such as/],
      ['22', /22 is no date and no time/, /22:30/],
      ['*-13-01', /13 is no month/, /./],
      ['*-*~03', /only ~01/, /./],
      ['1:2:3:4', /no time/, /./],
      ['22:30 Europe/Berlin', /Europe\/Berlin is too much/, /key timezone/],
      ['*:0/0', /step of 0/, /./],
      ['60 * * * *', /60 is no minute/, /five fields/],
      ['5/5 * * * *', /a step needs a range, such as 5-59\/5/, /./],
      ['10-5 * * * *', /runs backwards/, /./],
      ['*-5 * * * *', /no minute/, /./],
      ['* * * * fri#2', /no weekday/, /./],
      ['@reboot', /@reboot is not one of/, /./],
      ['', /is no date and no time/, /./],
      ['1 2 3 4', /no date and no time/, /./],
      ['x'.repeat(300), /too long/, /./],
    ];
    for (const [text, message, hint] of cases)
      assert.throws(() => parseWhen(text), { code: 'config', message, hint }, text);
    assert.throws(() => parseWhen('daily', 'Europe/Berlyn'), {
      code: 'config',
      message: /Europe\/Berlyn is no time zone/,
    });
  });

  it('never fails otherwise, whatever the text', () => {
    const words = fc.array(fc.constantFrom('*', '/', '-', '..', ',', ':', '~', '1', '30', 'Mon', ' ', 'L', '#', '@'));
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string(),
          words.map((parts) => parts.join('')),
        ),
        (text) => {
          try {
            parseWhen(text, 'UTC').next(0);
          } catch (error) {
            assert.equal((error as { code?: string }).code, 'config', String(error));
          }
        },
      ),
      { numRuns: 2000 },
    );
  });
});

describe('when clocks change', () => {
  const zone = 'Europe/Berlin';

  it('what is skipped is due after the gap, once', () => {
    const from = '2026-03-28T12:00Z';
    assert.deepEqual(nextTimes('02:30', { zone, from, count: 2 }), ['2026-03-29T01:00', '2026-03-30T00:30']);
    assert.deepEqual(nextTimes('2:0/15', { zone, from, count: 2 }), ['2026-03-29T01:00', '2026-03-30T00:00']);
  });

  it('what comes twice is due the first time, and not in the second pass', () => {
    const from = '2026-10-24T12:00Z';
    assert.deepEqual(nextTimes('02:30', { zone, from, count: 2 }), ['2026-10-25T00:30', '2026-10-26T01:30']);
    assert.deepEqual(nextTimes('02:30', { zone, from: '2026-10-25T00:45Z', count: 1 }), ['2026-10-26T01:30']);
    assert.equal(iso(parseWhen('02:30', zone).previous(at('2026-10-25T12:00Z'))), '2026-10-25T00:30:00.000Z');
  });

  it('every hour is every hour that passes', () => {
    const times = nextTimes('hourly', { zone, from: '2026-10-24T23:30Z', count: 3 });
    assert.deepEqual(times, ['2026-10-25T00:00', '2026-10-25T01:00', '2026-10-25T02:00']);
    const spring = nextTimes('hourly', { zone, from: '2026-03-29T00:30Z', count: 2 });
    assert.deepEqual(spring, ['2026-03-29T01:00', '2026-03-29T02:00']);
  });
});

describe('a time', () => {
  it('knows its usual distance', () => {
    const hours = (text: string): number => parseWhen(text, 'UTC').intervalMs / 3_600_000;
    assert.equal(hours('Mon..Fri 22:00'), 24);
    assert.equal(hours('*:0/15'), 0.25);
    assert.equal(hours('weekly'), 168);
    assert.equal(hours('*-*-01 03:00'), 744);
    assert.equal(hours('2027-05-01 10:00'), Number.POSITIVE_INFINITY);
    assert.equal(hours('02-31 00:00'), Number.POSITIVE_INFINITY);
  });

  it('that never comes has no next', () => {
    assert.equal(parseWhen('02-31 00:00', 'UTC').next(at('2026-01-01')), undefined);
    assert.equal(parseWhen('2020-01-01', 'UTC').next(at('2026-01-01')), undefined);
    assert.equal(iso(parseWhen('2020-01-01', 'UTC').previous(at('2026-01-01'))), '2020-01-01T00:00:00.000Z');
  });

  it('is strictly after and strictly before', () => {
    const when = parseWhen('03:00', 'UTC');
    assert.equal(iso(when.next(at('2026-11-21T03:00Z'))), '2026-11-22T03:00:00.000Z');
    assert.equal(iso(when.next(at('2026-11-21T02:59:59.999Z'))), '2026-11-21T03:00:00.000Z');
    assert.equal(iso(when.previous(at('2026-11-21T03:00Z'))), '2026-11-20T03:00:00.000Z');
    assert.equal(iso(when.previous(at('2026-11-21T03:00:00.001Z'))), '2026-11-21T03:00:00.000Z');
  });

  it('is told to people, to systemd and to cron', () => {
    const cases: [string, string, string[], string | undefined][] = [
      ['daily', 'daily at 00:00 (UTC)', ['*-*-* 00:00:00 UTC'], '0 0 * * *'],
      ['hourly', 'every hour (UTC)', ['*-*-* *:00:00 UTC'], '0 * * * *'],
      ['*:0/15', 'every 15 minutes (UTC)', ['*-*-* *:00,15,30,45:00 UTC'], '0,15,30,45 * * * *'],
      ['Mon..Fri 22:00', 'Monday to Friday at 22:00 (UTC)', ['Mon..Fri *-*-* 22:00:00 UTC'], '0 22 * * 1-5'],
      ['Sat,Sun 4:00', 'Saturday and Sunday at 04:00 (UTC)', ['Sat..Sun *-*-* 04:00:00 UTC'], '0 4 * * 0,6'],
      ['6:00:30', 'daily at 06:00:30 (UTC)', ['*-*-* 06:00:30 UTC'], undefined],
      [
        '0 3 1,15 * 5',
        'on days 1 and 15 of the month and every Friday at 03:00 (UTC)',
        ['*-*-01,15 03:00:00 UTC', 'Fri *-*-* 03:00:00 UTC'],
        '0 3 1,15 * 5',
      ],
      ['Fri *-*-13 1:00', 'Friday on day 13 of the month at 01:00 (UTC)', ['Fri *-*-13 01:00:00 UTC'], undefined],
      ['*-*~01 02:00', 'on the last day of the month at 02:00 (UTC)', ['*-*~01 02:00:00 UTC'], undefined],
      ['*-07-01 02:00', 'on day 1 of July at 02:00 (UTC)', ['*-07-01 02:00:00 UTC'], '0 2 1 7 *'],
      ['2027-01-01', 'on day 1 of January in 2027 at 00:00 (UTC)', ['2027-01-01 00:00:00 UTC'], undefined],
      [
        '*/15 8-17 * * mon-fri',
        'every 15 minutes from hour 8 to 17, Monday to Friday (UTC)',
        ['Mon..Fri *-*-* 08..17:00,15,30,45:00 UTC'],
        '0,15,30,45 8-17 * * 1-5',
      ],
      ['minutely', 'every minute (UTC)', ['*-*-* *:*:00 UTC'], '* * * * *'],
      ['5 * * * *', 'at minute 5 of every hour (UTC)', ['*-*-* *:05:00 UTC'], '5 * * * *'],
    ];
    for (const [text, people, systemd, cron] of cases) {
      const when = parseWhen(text, 'UTC');
      assert.deepEqual([when.describe(), when.toOnCalendar(), when.toCron()], [people, systemd, cron], text);
    }
    assert.equal(parseWhen('daily').describe(), 'daily at 00:00');
    assert.deepEqual(parseWhen('daily').toOnCalendar(), ['*-*-* 00:00:00']);
  });

  it('is the same time in the words it gives', () => {
    fc.assert(
      fc.property(model, (fields) => {
        const when = parseWhen(wordsOf(fields), 'UTC');
        const cron = when.toCron();
        const from = at('2026-02-27T22:17Z');
        if (cron !== undefined) assert.equal(parseWhen(cron, 'UTC').next(from), when.next(from), cron);
        const next = when.toOnCalendar().map((line) => parseWhen(line.replace(/ UTC$/, ''), 'UTC').next(from));
        const earliest = Math.min(...next.map((ms) => ms ?? Number.POSITIVE_INFINITY));
        assert.equal(earliest, when.next(from) ?? Number.POSITIVE_INFINITY, wordsOf(fields));
      }),
      { numRuns: 200 },
    );
  });
});
