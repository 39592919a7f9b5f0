import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { suite, test } from 'node:test';
import fc from 'fast-check';
import { throwsOnlyAppError } from '../../test/fuzz.ts';
import { isPrintable } from './go-printable.ts';
import { isUtf8, jsonString, nameJson, quoteName, rawJsonString, unquoteName, utf8Raw } from './go-quote.ts';

interface Names {
  quoted: { raw: string; json: string }[];
  linkTargets: { raw: string; json: string }[];
}
const fixture = new URL('../../test/fixtures/vault/names.json', import.meta.url);
const names = JSON.parse(readFileSync(fixture, 'utf8')) as Names;
const latin1 = (hex: string): string => Buffer.from(hex, 'hex').toString('latin1');
const rawBytes = fc.uint8Array({ maxLength: 40 }).map((bytes) => Buffer.from(bytes).toString('latin1'));
const rawText = fc.string({ unit: 'binary', maxLength: 20 }).map((text) => utf8Raw(text));

suite('names as Go quotes them', () => {
  test('the names proven against restic have exactly its text, and come back', () => {
    assert.ok(names.quoted.length >= 16);
    for (const { raw, json } of names.quoted) {
      assert.equal(nameJson(latin1(raw)), json);
      assert.equal(unquoteName(JSON.parse(json) as string), latin1(raw));
    }
  });

  test('link targets keep text and replace each stray byte', () => {
    for (const { raw, json } of names.linkTargets) assert.equal(rawJsonString(latin1(raw)), json);
    assert.equal(rawJsonString(utf8Raw('a\ufffdb')), '"a\ufffdb"');
    assert.equal(rawJsonString('\xe2\x82'), '"\\ufffd\\ufffd"');
  });

  test('any bytes survive quoting', () => {
    fc.assert(fc.property(fc.oneof(rawBytes, rawText), (raw) => unquoteName(quoteName(raw)) === raw));
    fc.assert(fc.property(rawBytes, (raw) => unquoteName(JSON.parse(nameJson(raw)) as string) === raw));
  });

  test('every form of escape is read', () => {
    assert.equal(unquoteName('\\a\\b\\f\\n\\r\\t\\v\\\\\\"'), '\x07\b\f\n\r\t\v\\"');
    assert.equal(unquoteName('\\377\\xFf\\u00e9\\U0001F600'), `\xff\xff${utf8Raw('é😀')}`);
  });

  test('what strconv.Unquote refuses is refused', () => {
    for (const bad of ['"', 'a"b', '\\', '\\q', "\\'", '\\x1', '\\400', '\\ud800', '\\U00110000', 'a\nb', '\\u12'])
      assert.throws(() => unquoteName(bad), { code: 'tree-invalid' }, bad);
  });

  test('random text never raises anything but an error of the registry', () => {
    const unit = fc.constantFrom('\\', '"', 'x', 'u', 'U', '0', '7', 'f', '\ud800', 'é', '\n');
    const text = fc.string({ unit, maxLength: 16 });
    fc.assert(fc.property(text, (quoted) => throwsOnlyAppError(() => unquoteName(quoted))));
  });
});

suite('JSON strings as Go writes them', () => {
  test('the text parses back and holds no char Go escapes', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        const json = jsonString(text);
        assert.equal(JSON.parse(json), text);
        assert.doesNotMatch(json, /[<>&\u0000-\u001f\u2028\u2029]/);
      }),
    );
  });

  test('controls have the form of Go up to 1.21', () => {
    assert.equal(jsonString('\b\f\n\r\t\x1f\x7f\u2028'), '"\\u0008\\u000c\\n\\r\\t\\u001f\x7f\\u2028"');
    assert.equal(jsonString('\ud800'), '"\ufffd"');
  });

  test('valid UTF-8 is told from other bytes as a fatal decoder does', () => {
    const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
    fc.assert(
      fc.property(fc.oneof(rawBytes, rawText), (raw) => {
        let valid = true;
        try {
          decoder.decode(Buffer.from(raw, 'latin1'));
        } catch (error) {
          assert.ok(error instanceof TypeError);
          valid = false;
        }
        assert.equal(isUtf8(raw), valid);
      }),
    );
    for (const bad of ['\xed\xa0\x80', '\xc0\x80', '\xf4\x90\x80\x80', '\xe0\x80\x80'])
      assert.equal(isUtf8(bad), false);
  });
});

suite('the table of printable code points', () => {
  test('holds as many as Unicode 15.0 has, and its additions over 14.0', () => {
    let count = 0;
    for (let point = 0; point <= 0x10ffff; point++) if (isPrintable(point)) count++;
    assert.equal(count, 148_998);
    assert.ok(isPrintable(0x20) && isPrintable(0x1fae8) && isPrintable(0x31350));
    for (const point of [0x1f, 0x7f, 0xa0, 0xad, 0x200b, 0x2028, 0xd800, 0xe000, 0xfeff, 0x2ebf0, 0x10ffff])
      assert.equal(isPrintable(point), false, point.toString(16));
  });

  test('agrees with the Unicode of this Node but for code points given out since', () => {
    const printable = /[\p{L}\p{M}\p{N}\p{P}\p{S} ]/u;
    for (let point = 0; point < 0x10ffff; point += 7)
      if (isPrintable(point)) assert.match(String.fromCodePoint(point), printable);
  });
});
