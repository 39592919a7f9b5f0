import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { item } from '../../test/shelf/dayabay.ts';
import { hasCode } from '../base/errors.ts';
import { dayAtNumber, weekdayOf } from './day.ts';
import { filePattern, itemOf, layoutOf } from './layout.ts';

const dated = layoutOf({ layout: 'dated', items: [], timezone: 'UTC' });

test('a path of the dated layout says what it is', () => {
  assert.deepEqual(dated.parse('tracs/dybsvn/2013/05/08/104701/dybsvn.tar.gz', 0), {
    category: 'tracs',
    name: 'dybsvn',
    file: 'dybsvn.tar.gz',
    day: { year: 2013, month: 5, day: 8 },
    time: '104701',
  });
});

test('what is not of the layout is not taken for it', () => {
  const others = [
    'tracs/dybsvn/2013/05/08/dybsvn.tar.gz',
    'tracs/dybsvn/2013/05/08/104701/more/dybsvn.tar.gz',
    'tracs/dybsvn/2013/02/30/104701/dybsvn.tar.gz',
    'tracs/dybsvn/2013/05/08/246060/dybsvn.tar.gz',
    'tracs/dybsvn/2013/5/8/104701/dybsvn.tar.gz',
    'tracs/../2013/05/08/104701/dybsvn.tar.gz',
    '/tracs/dybsvn/2013/05/08/104701/dybsvn.tar.gz',
    'README',
    '',
  ];
  for (const path of others) assert.equal(dated.parse(path, 0), undefined, path);
});

test('a dump under the name of a weekday is of the day it was written, if that is one', () => {
  const items = [item('cmdaemon', 'db', { file: 'backup-{weekday}.sql.gz' })];
  const weekly = layoutOf({ layout: 'weekday', items, timezone: 'Asia/Taipei' });
  const monday = Date.parse('2022-10-10T04:02:00+08:00');
  assert.deepEqual(weekly.parse('cmdaemon/db/backup-Mon.sql.gz', monday)?.day, { year: 2022, month: 10, day: 10 });
  assert.equal(weekly.parse('cmdaemon/db/backup-Tue.sql.gz', monday)?.day, undefined);
  const made = { category: 'cmdaemon', name: 'db', file: 'backup-{weekday}.sql.gz', time: '040200' };
  assert.equal(weekly.make({ ...made, day: { year: 2022, month: 10, day: 11 } }), 'cmdaemon/db/backup-Tue.sql.gz');
  assert.equal(weekly.hasDate, false);
});

test('folders are known down to the day', () => {
  const of = { category: 'svn', name: 'dybsvn' };
  assert.equal(dated.folderOf(of), 'svn/dybsvn');
  assert.equal(dated.folderOf({ ...of, day: { year: 2013, month: 5, day: 8 } }), 'svn/dybsvn/2013/05/08');
  const flat = layoutOf({ layout: 'dumps/{category}/{name}/{year}-{month}-{day}-{file}', items: [], timezone: 'UTC' });
  assert.equal(flat.folderOf({ ...of, day: { year: 2013, month: 5, day: 8 } }), 'dumps/svn/dybsvn');
});

test('what is made is read back, and what is read is made again', () => {
  const patterns = [
    'dated',
    '{name}/{category}/{year}{month}{day}-{time}-{file}',
    'a+b/{category}/x{name}/{weekday}/{file}.{year}.{month}.{day}',
  ];
  const word = fc.stringMatching(/^[A-Za-z0-9][A-Za-z0-9._{}+ é-]*$/);
  const time = fc
    .tuple(fc.nat(23), fc.nat(59), fc.nat(59))
    .map((parts) => parts.map((part) => String(part).padStart(2, '0')).join(''));
  const day = fc.integer({ min: -700_000, max: 2_900_000 }).map(dayAtNumber);
  const placed = fc.record({
    category: word,
    name: word,
    file: word.filter((each) => !each.includes('{weekday}')),
    time,
    day,
  });
  for (const pattern of patterns) {
    const layout = layoutOf({ layout: pattern, items: [], timezone: 'UTC' });
    const hasTime = pattern === 'dated' || pattern.includes('{time}');
    fc.assert(
      fc.property(placed, (given) => {
        const path = layout.make(given);
        const read = layout.parse(path, 0);
        assert.deepEqual(read, { ...given, time: hasTime ? given.time : '' });
        assert.equal(layout.make({ ...read!, day: read!.day! }), path);
      }),
    );
  }
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 30_000 }), (number) => {
      const weekly = layoutOf({
        layout: 'weekday',
        items: [item('a', 'b', { file: 'x-{weekday}.gz' })],
        timezone: 'UTC',
      });
      const path = weekly.make({
        category: 'a',
        name: 'b',
        file: 'x-{weekday}.gz',
        time: '',
        day: dayAtNumber(number),
      });
      assert.equal(path, `a/b/x-${weekdayOf(dayAtNumber(number))}.gz`);
      assert.deepEqual(weekly.parse(path, number * 86_400_000)?.day, dayAtNumber(number));
    }),
  );
});

test('paths of any kind are read without harm', () => {
  fc.assert(fc.property(fc.string({ unit: 'binary' }), fc.integer(), (path, time) => void dated.parse(path, time)));
});

test('patterns that could be read in two ways are refused', () => {
  const wrong = [
    '{category}/{name}',
    '{category}-{name}/{file}',
    '{category}/{name}/{name}/{file}',
    '{category}/{name}/{year}/{file}',
    '{category}/{name}/{hour}/{file}',
    '../{category}/{name}/{file}',
    '/{category}/{name}/{file}',
    'datd',
  ];
  for (const layout of wrong)
    assert.throws(
      () => layoutOf({ layout, items: [], timezone: 'UTC' }),
      (error) => hasCode(error, 'config'),
      layout,
    );
});

test('an archive is of the first item it fits', () => {
  const items = [item('svn', 'dybsvn', { file: 'dybsvn-*.tar.gz' }), item('svn', 'dybsvn')];
  const of = (file: string) => itemOf({ category: 'svn', name: 'dybsvn', file }, items);
  assert.equal(of('dybsvn-20550.tar.gz'), items[0]);
  assert.equal(of('hooks.tar.gz'), items[1]);
  assert.equal(of('dybsvn-20550.tar.gz.md5'), undefined);
  assert.equal(filePattern('b?ck+.gz').test('back+.gz'), true);
  assert.equal(filePattern('*.gz').test('a\nb.gz'), true);
});
