import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { Redactor } from './redact.ts';

test('what was read as a secret is nowhere to be seen, also where one is a part of another', () => {
  const secret = fc.string({ minLength: 4, maxLength: 12 }).filter((text) => text.trim().length >= 4);
  fc.assert(
    fc.property(fc.array(secret, { minLength: 1, maxLength: 5 }), (secrets) => {
      fc.pre(secrets.every((each) => !'password = (hidden)\n'.includes(each.trim())));
      const redactor = new Redactor();
      for (const each of secrets) assert.equal(redactor.hide(each), each);
      for (const each of secrets) {
        const text = redactor.clean(`password = ${each}\n`);
        assert.ok(!text.includes(each.trim()), `${JSON.stringify(each)} is in ${JSON.stringify(text)}`);
      }
    }),
  );
});

test('each line of a secret of several lines is hidden, and ordinary short words are not', () => {
  const redactor = new Redactor();
  redactor.hide('first line\nsecond line\nok');
  assert.equal(redactor.clean('it said: second line'), 'it said: (hidden)');
  assert.equal(redactor.clean('ok'), 'ok');
});
