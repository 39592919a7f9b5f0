import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import fc from 'fast-check';
import { damaged, throwsOnlyAppError } from '../../test/fuzz.ts';
import { AppError } from '../base/errors.ts';
import { JsonCursor } from './json-cursor.ts';
import { KeySet } from './key-set.ts';

const cursorOf = (text: string | Uint8Array): JsonCursor =>
  new JsonCursor(Buffer.from(text as string), { code: 'file-damaged', name: 'this' });

function accepts(bytes: Uint8Array): boolean {
  try {
    const cursor = cursorOf(bytes);
    cursor.skip();
    cursor.finish();
    return true;
  } catch (error) {
    assert.ok(error instanceof AppError, String(error));
    return false;
  }
}

function isJson(bytes: Uint8Array): boolean {
  try {
    JSON.parse(Buffer.from(bytes).toString());
    return true;
  } catch (error) {
    assert.ok(error instanceof SyntaxError);
    return false;
  }
}

suite('passing over values', () => {
  test('accepts what JSON.parse accepts and nothing else', () => {
    fc.assert(
      fc.property(fc.json(), (text) => accepts(Buffer.from(text))),
      { numRuns: 200 },
    );
    const seed = Buffer.from('{"a":[1,-2.5e+3,true,null,"x\\u00e9\\n"],"b":{},"c":[],"d":"é"} ');
    fc.assert(
      fc.property(damaged(seed), (bytes) => assert.equal(accepts(bytes), isJson(bytes), Buffer.from(bytes).toString())),
      { numRuns: 2000 },
    );
  });

  test('nesting is bounded', () => {
    assert.equal(accepts(Buffer.from(`${'['.repeat(64)}${']'.repeat(64)}`)), true);
    assert.equal(accepts(Buffer.from(`${'['.repeat(1000)}${']'.repeat(1000)}`)), false);
  });
});

suite('single values', () => {
  test('strings come out as JSON.parse gives them', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => assert.equal(cursorOf(JSON.stringify(text)).string(), text)),
    );
    assert.equal(cursorOf('"\\ud800"').string(), '\ufffd');
    assert.equal(cursorOf(Uint8Array.of(0x22, 0xff, 0x22)).string(), '\ufffd');
  });

  test('whole numbers are exact, and others refused', () => {
    fc.assert(fc.property(fc.maxSafeNat(), (value) => assert.equal(cursorOf(`${value},`).integer(), value)));
    fc.assert(
      fc.property(fc.bigInt(0n, 2n ** 64n - 1n), (value) => assert.equal(cursorOf(`${value}}`).bigint(), value)),
    );
    for (const bad of ['', '-1', '01', '1.0', '1e3', '9007199254740992', 'null', '"1"'])
      assert.throws(() => cursorOf(bad).integer(), { code: 'file-damaged' }, bad);
    for (const bad of ['', '-1', '007', '1.0', '1E3', '18446744073709551616', '100000000000000000000000'])
      assert.throws(() => cursorOf(bad).bigint(), { code: 'file-damaged' }, bad);
  });

  test('ids are 64 lowercase hex digits', () => {
    const out = new Uint8Array(32);
    cursorOf(` "${'0f'.repeat(32)}"`).hex(out);
    assert.deepEqual(out, new Uint8Array(32).fill(15));
    for (const bad of ['0F', '0g', '0', '0f0', '\\u'])
      assert.throws(() => cursorOf(`"${bad.repeat(32)}"`).hex(out), { code: 'file-damaged' }, bad);
  });

  test('keys are found whether expected, out of order, escaped or unknown', () => {
    const keys = new KeySet(['name', 'mode', 'made', 'n']);
    const places = (text: string, expected: number): number => cursorOf(text).key(keys, expected);
    assert.equal(places('"mode":1', 1), 1);
    assert.equal(places('"made" : 1', 1), 2);
    assert.equal(places('"n":1', 0), 3);
    assert.equal(places('"na\\u006de":1', 2), 0);
    assert.equal(places('"other":1', 9), -1);
    assert.equal(places('"":1', -1), -1);
    assert.throws(() => places('"name"', 0), { code: 'file-damaged' });
  });

  test('errors name the subject and the place', () => {
    assert.throws(() => cursorOf('[1 2]').skip(), /this: expected , or \] at byte 3/);
  });

  test('random bytes raise nothing else', () => {
    fc.assert(
      fc.property(damaged(Buffer.from('{"a":"\\u00"}')), (bytes) => {
        throwsOnlyAppError(() => cursorOf(bytes).string());
        throwsOnlyAppError(() => cursorOf(bytes).bigint());
      }),
    );
  });
});
