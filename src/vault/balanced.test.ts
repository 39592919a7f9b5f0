import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { balancedEnd } from './balanced.ts';

test('the end of any object or array is found', () => {
  const value = fc.oneof(fc.dictionary(fc.string({ unit: 'binary' }), fc.jsonValue()), fc.array(fc.jsonValue()));
  fc.assert(
    fc.property(value, fc.constantFrom(0, 2), (json, indent) => {
      const text = Buffer.from(JSON.stringify(json, undefined, indent));
      assert.equal(balancedEnd(Buffer.concat([Buffer.from('["'), text, Buffer.from(',"}]')]), 2), 2 + text.length);
    }),
  );
});

test('a value cut off has no end', () => {
  const text = Buffer.from('{"a\\"":["\\\\",{"}":"]"}],"b":"x"}');
  assert.equal(balancedEnd(text, 0), text.length);
  for (let length = 0; length < text.length; length++) assert.equal(balancedEnd(text.subarray(0, length), 0), -1);
});
