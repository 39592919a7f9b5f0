import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { hasCode } from '../base/errors.ts';
import { addDays, dayAtNumber, dayOf, formatDay, formatDays, localTime, numberOf, parseDay, weekdayOf } from './day.ts';

const TODAY = { year: 2013, month: 5, day: 20 };

test('days are written as altbackup took them', () => {
  const read = (text: string): string => formatDay(parseDay(text, TODAY));
  assert.equal(read('today'), '2013/05/20');
  assert.equal(read('-1'), '2013/05/19');
  assert.equal(read('-20'), '2013/04/30');
  assert.equal(read('2013/04/13'), '2013/04/13');
  assert.equal(read('2013-04-13'), '2013/04/13');
});

test('what is no day is refused', () => {
  for (const text of [
    '',
    'yesterday',
    '1',
    '+1',
    '2013/04',
    '2013/02/30',
    '2013/13/01',
    '2013/04-13',
    '-',
    '13/04/2013',
  ])
    assert.throws(
      () => parseDay(text, TODAY),
      (error) => hasCode(error, 'usage'),
      text,
    );
});

test('days count by the calendar', () => {
  fc.assert(
    fc.property(fc.integer({ min: -700_000, max: 2_000_000 }), (number) => {
      assert.equal(numberOf(dayAtNumber(number)), number);
      assert.equal(weekdayOf(dayAtNumber(number)), weekdayOf(dayAtNumber(number + 7)));
    }),
  );
  assert.deepEqual(addDays({ year: 2012, month: 2, day: 28 }, 1), { year: 2012, month: 2, day: 29 });
  assert.equal(dayOf(2013, 2, 29), undefined);
  assert.equal(dayOf(13, 2, 1)?.year, 13);
  assert.equal(weekdayOf(TODAY), 'Mon');
  assert.equal(weekdayOf({ year: 1969, month: 12, day: 31 }), 'Wed');
});

test("a moment falls on the day of the shelf's time zone", () => {
  const moment = Date.parse('2013-05-19T18:30:05Z');
  assert.deepEqual(localTime(moment, 'Asia/Taipei'), { day: TODAY, time: '023005' });
  assert.deepEqual(localTime(moment, 'UTC'), { day: { ...TODAY, day: 19 }, time: '183005' });
  assert.equal(localTime(Date.parse('2013-05-19T00:00:00Z'), 'UTC').time, '000000');
  assert.throws(
    () => localTime(0, 'Asia/Nowhere'),
    (error) => hasCode(error, 'config'),
  );
});

test('neighbouring days are shown as one range', () => {
  const days = ['2013/05/12', '2013/05/08', '2013/05/10', '2013/05/11'].map((text) => parseDay(text, TODAY));
  assert.equal(formatDays(days), '2013/05/08, 2013/05/10–2013/05/12');
  assert.equal(formatDays([]), '');
});
