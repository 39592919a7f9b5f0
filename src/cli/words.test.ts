import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { splitWords } from './words.ts';

test('words, quotes and escapes', () => {
  assert.deepEqual(splitWords('pass show  backup'), ['pass', 'show', 'backup']);
  assert.deepEqual(splitWords(`sh -c 'echo "a b"' "it's" a\\ b`), ['sh', '-c', 'echo "a b"', "it's", 'a b']);
  assert.deepEqual(splitWords('"a\\"b\\\\c\\d"'), ['a"b\\c\\d']);
  assert.deepEqual(splitWords(`x'y'"z" ''`), ['xyz', '']);
  assert.deepEqual(splitWords('echo $HOME;ls|wc'), ['echo', '$HOME;ls|wc']);
});

test('what cannot be split is refused', () => {
  for (const line of ["a 'b", 'a "b', 'a\\', '', '   ']) assert.throws(() => splitWords(line), { code: 'usage' });
});

test('single-quoted words come back as they were', () => {
  const word = fc.string().map((text) => text.replaceAll("'", ''));
  fc.assert(
    fc.property(fc.array(word, { minLength: 1 }), (words) => {
      assert.deepEqual(splitWords(words.map((text) => `'${text}'`).join(' ')), words);
    }),
  );
});
