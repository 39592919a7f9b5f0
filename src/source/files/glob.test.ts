import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { compileGlob, isGlob } from './glob.ts';
import { toRaw } from './raw-text.ts';

function matches(pattern: string, name: string): boolean {
  return compileGlob(toRaw(pattern))(toRaw(name));
}

const MATCHING: [pattern: string, name: string][] = [
  ['', ''],
  ['abc', 'abc'],
  ['*', ''],
  ['*', 'abc'],
  ['**', 'abc'],
  ['*c', 'abc'],
  ['a*', 'a'],
  ['a*b*c', 'a-b-b-c'],
  ['a*b*c', 'abcbc'],
  ['*.tar.*', 'x.tar.tar.gz'],
  ['?', 'é'],
  ['a?c', 'a日c'],
  ['[a-c]x', 'bx'],
  ['[^a-c]x', 'dx'],
  ['[é-ü]', 'ö'],
  ['[\\]]', ']'],
  ['[\\-a]', '-'],
  ['[!a]', '!'],
  ['[[]', '['],
  ['[a^]', '^'],
  ['\\*', '*'],
  ['a\\bc', 'abc'],
  ['\\\\', '\\'],
  ['*?', 'é'],
];

const FAILING: [pattern: string, name: string][] = [
  ['', 'a'],
  ['abc', 'abcd'],
  ['?', ''],
  ['??', 'é'],
  ['a*b', 'abc'],
  ['*a', 'ab'],
  ['[a-c]', 'd'],
  ['[c-a]', 'b'],
  ['[^a]', ''],
  ['\\*', 'a'],
  ['A', 'a'],
  ['*??', 'é'],
];

for (const [pattern, name] of MATCHING)
  test(`${pattern} matches ${name}`, () => assert.equal(matches(pattern, name), true));
for (const [pattern, name] of FAILING)
  test(`${pattern} does not match ${name}`, () => assert.equal(matches(pattern, name), false));

test('a byte that is not UTF-8 is one character', () => {
  assert.equal(compileGlob('a?b')('a\xffb'), true);
  assert.equal(compileGlob('??')('\xc3\xe9'), true);
  assert.equal(compileGlob('caf\xe9')('caf\xe9'), true);
  assert.equal(compileGlob('caf\xe9')('caf\xe8'), false);
});

test('patterns that are not well formed are refused, wherever the fault is', () => {
  for (const pattern of ['[', 'a[', '[]', '[]a]', '[^]', '[-a]', '[a-]', '[a-b', '\\', 'a\\', '[\\', 'x*[', '[\xff]'])
    assert.throws(() => compileGlob(pattern), { code: 'usage' }, pattern);
});

const anyName = fc.string({ unit: fc.constantFrom('a', 'b', '*', '?', '[', ']', '\\', '-', '^', 'é', '\xff') });

test('a name with every character escaped matches itself and nothing else', () => {
  fc.assert(
    fc.property(anyName, anyName, (name, other) => {
      const matcher = compileGlob(name.replace(/./g, '\\$&'));
      assert.equal(matcher(name), true);
      assert.equal(matcher(other), name === other);
    }),
  );
});

test('a star stands for whatever is between', () => {
  fc.assert(
    fc.property(fc.stringMatching(/^[a-c]*$/), fc.stringMatching(/^[a-c]*$/), anyName, (start, end, between) => {
      assert.equal(compileGlob(`${start}*${end}`)(start + between + end), true);
      assert.equal(compileGlob(`*${end}`)(between + end), true);
      assert.equal(compileGlob(`${start}*`)(start + between), true);
    }),
  );
});

test('every pattern either compiles or is refused by its code', () => {
  fc.assert(
    fc.property(anyName, anyName, (pattern, name) => {
      try {
        assert.equal(typeof compileGlob(pattern)(name), 'boolean');
      } catch (error) {
        assert.ok(isGlob(pattern));
        assert.equal((error as { code?: string }).code, 'usage');
      }
    }),
  );
});
