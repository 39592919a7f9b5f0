import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { fit, formatCount, pad, printable, textOfName, widthOf } from './text.ts';

test('control and direction characters are shown, not obeyed', () => {
  assert.equal(printable('a\x1b[31mb'), 'a\\x1b[31mb');
  assert.equal(printable('a\nb\tc\rd'), 'a\\nb\\tc\\rd');
  assert.equal(printable('exe\u202egpj.'), 'exe\\u202egpj.');
  assert.equal(printable('\x9b2J'), '\\x9b2J');
  assert.equal(printable('Grüße 日本'), 'Grüße 日本');
});

test('no text keeps a control character', () => {
  fc.assert(fc.property(fc.string({ unit: 'binary' }), (text) => !/[\x00-\x1f\x7f-\x9f]/.test(printable(text))));
});

test('raw names become text, byte by byte where they are not UTF-8', () => {
  assert.equal(textOfName('plain'), 'plain');
  assert.equal(textOfName(Buffer.from('Grüße').toString('latin1')), 'Grüße');
  assert.equal(textOfName('caf\xe9.txt'), 'caf\\xe9.txt');
  assert.equal(textOfName(`${Buffer.from('é').toString('latin1')}\xff`), 'é\\xff');
  assert.equal(textOfName(Buffer.from('\ufffd').toString('latin1')), '\ufffd');
  assert.equal(textOfName('\xed\xa0\x80'), '\\xed\\xa0\\x80');
  assert.equal(textOfName('a\x1b]0;x\x07'), 'a\\x1b]0;x\\x07');
});

test('every valid name comes back as itself', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme' }), (text) => {
      assert.equal(textOfName(Buffer.from(text, 'utf8').toString('latin1')), printable(text));
    }),
  );
});

test('width counts columns', () => {
  assert.equal(widthOf('abc'), 3);
  assert.equal(widthOf('日本'), 4);
  assert.equal(widthOf('e\u0301'), 1);
  assert.equal(widthOf('🔒x'), 3);
});

test('fit never exceeds the room and marks what is missing', () => {
  assert.equal(fit('abcdef', 6), 'abcdef');
  assert.equal(fit('abcdef', 4), 'abc…');
  assert.equal(fit('/usr/lib/x', 5, 'end'), '…ib/x');
  assert.equal(fit('日本語', 4), '日…');
  assert.equal(fit('abc', 0), '');
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme' }), fc.nat(40), (text, columns) => {
      assert.ok(widthOf(fit(text, columns)) <= columns);
      assert.ok(widthOf(fit(text, columns, 'end')) <= columns);
    }),
  );
});

test('pad and counts', () => {
  assert.equal(pad('7', 3, 'right'), '  7');
  assert.equal(pad('日', 3), '日 ');
  assert.equal(formatCount(1234567), '1,234,567');
  assert.equal(formatCount(999), '999');
});
