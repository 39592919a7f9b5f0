import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readPatternFile } from './exclude-file.ts';

function read(text: string, environment = {}): string[] {
  return readPatternFile(Buffer.from(text, 'latin1'), environment);
}

test('comments, blank lines and white space around a pattern go', () => {
  assert.deepEqual(read('# one\n\n  a b\t\r\n \t\n#\n!c\n\\#d'), ['a b', '!c', '\\#d']);
  assert.deepEqual(read('\xc2\xa0a\xe3\x80\x80\n'), ['a']);
});

test('the last byte of a name is not taken for white space', () => {
  assert.deepEqual(read('voil\xc3\xa0\n\xa0\n'), ['voil\xc3\xa0', '\xa0']);
});

test('byte order marks', () => {
  assert.deepEqual(read('\xef\xbb\xbfa\n'), ['a']);
  assert.deepEqual(readPatternFile(Buffer.from('\ufeffé\nb\n', 'utf16le'), {}), ['\xc3\xa9', 'b']);
  assert.deepEqual(readPatternFile(Buffer.from('\ufeffb\n', 'utf16le').swap16(), {}), ['b']);
});

test('variables', () => {
  const environment = { HOME: '/home/é', A1: 'x', '*': 'no' };
  const cases: [string, string][] = [
    ['$HOME/a', '/home/\xc3\xa9/a'],
    ['\x24{HOME}a', '/home/\xc3\xa9a'],
    ['$A1-$A1b', 'x-'],
    ['a$$b', 'a$b'],
    ['a$', 'a$'],
    ['a$/b', 'a$/b'],
    ['a\x24{}b', 'ab'],
    ['a\x24{HOME', 'aHOME'],
    ['$UNSET.o', '.o'],
    ['a$1b', 'ab'],
  ];
  for (const [line, expected] of cases) assert.deepEqual(read(line, environment), [expected], line);
});
