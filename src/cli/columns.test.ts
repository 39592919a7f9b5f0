import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { type Column, layOut } from './columns.ts';
import { widthOf } from './text.ts';

const COLUMNS: Column[] = [{ title: 'ID' }, { title: 'Size', align: 'right' }, { title: 'Paths', flexible: 'end' }];

test('numbers stand right, lines end without spaces', () => {
  assert.deepEqual(
    layOut(COLUMNS, [
      ['4bba301e', '1.5 GiB', '/etc'],
      ['9f0bc19e', '12 B', ''],
    ]),
    ['ID           Size  Paths', '------------------------', '4bba301e  1.5 GiB  /etc', '9f0bc19e     12 B'],
  );
});

test('the flexible column gives way to the width of the terminal', () => {
  const lines = layOut(COLUMNS, [['4bba301e', '1.5 GiB', '/srv/very/long/path/to/data']], 30);
  assert.equal(lines[2], '4bba301e  1.5 GiB  …th/to/data');
  assert.ok(lines.every((text) => widthOf(text) <= 30));
});

test('of two flexible columns the wider one gives first', () => {
  const columns: Column[] = [
    { title: 'A', flexible: 'start' },
    { title: 'B', flexible: 'start' },
  ];
  assert.equal(layOut(columns, [['a'.repeat(10), 'b'.repeat(30)]], 24)[2], `${'a'.repeat(10)}  ${'b'.repeat(11)}…`);
});

test('without a width nothing is cut', () => {
  const long = 'x'.repeat(500);
  assert.ok(layOut(COLUMNS, [['a', 'b', long]])[2]?.endsWith(long));
});

test('every table with a flexible column fits 40 columns', () => {
  const text = fc.string({ unit: 'grapheme-ascii', maxLength: 60 });
  fc.assert(
    fc.property(fc.array(text, { minLength: 1 }), (paths) => {
      const lines = layOut(
        COLUMNS,
        paths.map((path) => ['12345678', '1.00 MiB', path]),
        40,
      );
      assert.equal(lines.length, paths.length + 2);
      for (const each of lines) assert.ok(widthOf(each) <= 40);
    }),
  );
});
