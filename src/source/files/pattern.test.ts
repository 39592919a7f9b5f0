import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { PatternList } from './pattern.ts';

function matches(patterns: string[], path: string): boolean {
  return new PatternList(patterns).matches(path);
}

const MATCHING: [pattern: string, path: string][] = [
  ['b', '/a/b'],
  ['b', '/a/b/c/d'],
  ['a/b', '/x/a/b/c'],
  ['/a', '/a/b'],
  ['/a/', '/a'],
  ['./a//b/../c', '/x/a/c'],
  ['/a/*/c', '/a/b/c/d'],
  ['a/**/d', '/a/d'],
  ['a/**/d', '/a/b/c/d/e'],
  ['/**/d', '/a/b/d'],
  ['/a/**', '/a'],
  ['/', '/'],
  ['/', '/a'],
  ['**', '/a'],
  ['*', '/'],
  ['/a/**/b/**', '/a/x/b/c'],
];

const FAILING: [pattern: string, path: string][] = [
  ['b', '/a/bc'],
  ['/b', '/a/b'],
  ['a/b', '/a/x/b'],
  ['/a/*', '/a'],
  ['/a/*/d', '/a/b/c/d'],
  ['a/**/d', '/b/d'],
  ['/a/**/b/**', '/a/x/b'],
];

for (const [pattern, path] of MATCHING)
  test(`${pattern} covers ${path}`, () => assert.equal(matches([pattern], path), true));
for (const [pattern, path] of FAILING)
  test(`${pattern} does not cover ${path}`, () => assert.equal(matches([pattern], path), false));

test('the last pattern that matches decides', () => {
  assert.equal(matches(['*.c', '!main.c'], '/src/main.c'), false);
  assert.equal(matches(['*.c', '!main.c'], '/src/util.c'), true);
  assert.equal(matches(['!main.c', '*.c'], '/src/main.c'), true);
  assert.equal(matches(['*.c', '!main.c', '/src/main.c'], '/src/main.c'), true);
  assert.equal(matches(['!a'], '/a'), false);
});

test('case is disregarded on demand, in UTF-8 too, and bytes that are not UTF-8 stay themselves', () => {
  const list = new PatternList(['*.TXT', '\xc3\x89t\xc3\xa9', '\xc9'], { ignoreCase: true });
  assert.equal(list.matches('/a/B.tXt'), true);
  assert.equal(list.matches('/\xc3\xa9T\xc3\x89'), true);
  assert.equal(list.matches('/\xc9'), true);
  assert.equal(list.matches('/\xe9'), false);
});

test('an empty list matches nothing, and empty patterns are none', () => {
  assert.equal(new PatternList(['', '']).isEmpty, true);
  assert.equal(matches([''], '/a'), false);
  assert.equal(new PatternList([]).mayMatchBelow('/a'), false);
});

test('below: a pattern with a root is followed as far as it is fixed', () => {
  const below = (pattern: string, path: string) => new PatternList([pattern]).mayMatchBelow(path);
  assert.equal(below('/a/b/c', '/a'), true);
  assert.equal(below('/a/b/c', '/a/b/c/d'), true);
  assert.equal(below('/a/b/c', '/a/x'), false);
  assert.equal(below('/a/**/c', '/a/x/y'), true);
  assert.equal(below('/a/**/c', '/b'), false);
  assert.equal(below('c', '/anything'), true);
});

const word = fc.constantFrom('a', 'b', 'ab', '*', '**', '?', '[a]');
const patternText = fc
  .tuple(fc.constantFrom('', '/', '!', '!/'), fc.array(word, { minLength: 1, maxLength: 4 }))
  .map(([start, words]) => start + words.join('/'));
const pathText = fc
  .array(fc.constantFrom('a', 'b', 'ab', 'c'), { minLength: 1, maxLength: 5 })
  .map((parts) => `/${parts.join('/')}`);

test('the answer does not depend on what was asked before', () => {
  fc.assert(
    fc.property(fc.array(patternText, { maxLength: 4 }), fc.array(pathText, { maxLength: 12 }), (patterns, paths) => {
      const list = new PatternList(patterns);
      for (const path of paths) {
        assert.equal(list.matches(path), matches(patterns, path));
        assert.equal(list.mayMatchBelow(path), new PatternList(patterns).mayMatchBelow(path));
      }
    }),
  );
});

test('a pattern that covers a directory covers all below, and what matches can be reached', () => {
  fc.assert(
    fc.property(
      patternText.filter((text) => !text.startsWith('!')),
      pathText,
      (pattern, path) => {
        if (!matches([pattern], path)) return;
        assert.equal(matches([pattern], `${path}/c`), true);
        for (let above = path; above !== ''; above = above.slice(0, above.lastIndexOf('/')))
          assert.equal(new PatternList([pattern]).mayMatchBelow(above), true, `${pattern} at ${above}`);
      },
    ),
  );
});
