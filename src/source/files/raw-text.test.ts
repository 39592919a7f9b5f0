import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { INVALID_RUNE, lowerRaw, runeAt, toRaw, toReadable } from './raw-text.ts';

test('text goes to raw and back', () => {
  fc.assert(fc.property(fc.string({ unit: 'grapheme' }), (text) => assert.equal(toReadable(toRaw(text)), text)));
});

test('characters are decoded as a strict UTF-8 decoder does', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 12 }), (bytes) => {
      const raw = Buffer.from(bytes).toString('latin1');
      for (let at = 0; at < raw.length; ) {
        const decoded = runeAt(raw, at);
        const width = decoded % 8;
        const rune = (decoded - width) / 8;
        const text = Buffer.from(bytes.subarray(at, at + width)).toString('utf8');
        assert.equal(String.fromCodePoint(rune), text);
        at += width;
      }
    }),
  );
  for (const invalid of ['\xc0\x80', '\xed\xa0\x80', '\xf4\x90\x80\x80', '\xe2\x82', '\x80', '\xff'])
    assert.equal(runeAt(invalid, 0), INVALID_RUNE * 8 + 1);
});

test('lower case keeps the number of characters and the invalid bytes', () => {
  assert.equal(lowerRaw('ABC-xyz'), 'abc-xyz');
  assert.equal(lowerRaw(toRaw('ÄÖ Ω')), toRaw('äö ω'));
  assert.equal(lowerRaw(toRaw('ΣΑΣ')), toRaw('σασ'));
  assert.equal(lowerRaw(toRaw('İ')), 'i');
  assert.equal(lowerRaw('A\xc9\xff'), 'a\xc9\xff');
});
