import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { test } from 'node:test';
import fc from 'fast-check';
import { shellWord } from './word.ts';

const raw = fc
  .array(fc.integer({ min: 1, max: 255 }), { maxLength: 60 })
  .map((bytes) => Buffer.from(bytes).toString('latin1'));
const nasty = fc.string({
  unit: fc.constantFrom("'", '"', '\\', '$', '`', '\n', '!', ' ', '*', '-', ';', '~', 'é', '\x81', '\x88'),
});

/** What sh makes of the words, as raw strings. */
function throughShell(words: readonly string[]): string[] {
  const script = Buffer.from(`printf '%s\\0' ${words.map(shellWord).join(' ')}`, 'latin1');
  const output = execFileSync('/bin/sh', { input: script }).toString('latin1');
  return output.split('\0').slice(0, -1);
}

test('any bytes but NUL come through the shell as they are', () => {
  const words = fc.array(
    fc.oneof(
      raw,
      nasty.map((text) => Buffer.from(text).toString('latin1')),
    ),
    { minLength: 1, maxLength: 20 },
  );
  fc.assert(
    fc.property(words, (given) => {
      assert.deepEqual(throughShell(given), given);
    }),
    { numRuns: 60 },
  );
});

test('every single byte does', () => {
  const all = Array.from({ length: 255 }, (_, index) => String.fromCharCode(index + 1));
  assert.deepEqual(throughShell(all), all);
});

test('words read as people write them', () => {
  assert.equal(shellWord(''), "''");
  assert.equal(shellWord("it's"), "'it'\\''s'");
});
