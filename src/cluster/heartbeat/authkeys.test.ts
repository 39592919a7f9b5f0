import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { inspect } from 'node:util';
import fc from 'fast-check';
import { formatAuthkeys, keyTextOf, parseAuthkeys, setKey } from './authkeys.ts';

const problems = (text: string): string[] => parseAuthkeys(text).problems.map((problem) => problem.text);

const text = fc
  .array(
    fc.oneof(
      fc.constantFrom(' ', '\n', '#', '\r\n', 'auth ', '1 ', '2 ', 'sha1 ', 'md5 ', 'crc', 'S3CRETKEY'),
      fc.string({ unit: 'grapheme' }),
    ),
  )
  .map((parts) => parts.join(''));

describe('authkeys', () => {
  it('is written back as it was, whatever it is', () => {
    fc.assert(fc.property(text, (given) => assert.equal(formatAuthkeys(parseAuthkeys(given)), given)));
  });

  it('knows numbers and methods, and which is active', () => {
    const { active, keys, problems: found } = parseAuthkeys('# keys\nauth 2\n1 crc\n2 sha1 abc\n3 md5 def\n');
    assert.equal(active, 2);
    assert.deepEqual(
      keys.map(({ id, method, hasKey, place }) => [id, method, hasKey, place.line]),
      [
        [1, 'crc', false, 3],
        [2, 'sha1', true, 4],
        [3, 'md5', true, 5],
      ],
    );
    assert.deepEqual(found, []);
  });

  it('shows a key only to who asks for it', () => {
    const parsed = parseAuthkeys('auth 1\n1 sha1 S3CRET\n');
    assert.equal(keyTextOf(parsed, 1), 'S3CRET');
    assert.equal(keyTextOf(parsed, 2), undefined);
    for (const shown of [JSON.stringify(parsed), inspect(parsed, { depth: 9, showHidden: true }), `${parsed}`])
      assert.doesNotMatch(shown, /S3CRET/);
  });

  it('lets no word of the file but methods and numbers out, wherever a key has slipped to', () => {
    const slips = [
      '1 S3CRET',
      'S3CRET',
      '1 sha1 S3CRET S3CRET',
      'auth S3CRET',
      'aS3CRET',
      '99 sha1 S3CRET',
      'S3CRET sha1 1',
    ];
    for (const slip of slips) {
      const parsed = parseAuthkeys(`auth 1\n${slip}\n`);
      assert.ok(parsed.problems.length > 0, slip);
      assert.doesNotMatch(inspect(parsed, { depth: 9 }) + JSON.stringify(parsed), /S3CRET/, slip);
    }
  });

  it('tells what Heartbeat refuses, and what it silently changes', () => {
    const wrong: Readonly<Record<string, RegExp>> = {
      '': /no auth line/,
      '1 crc\nauth 1\n': /after its key/,
      'auth 2\n1 crc\n': /no usable key 2/,
      'auth 1\n1 md5\n': /needs a key/,
      'auth 1\n1 crc x\n': /takes no key/,
      'auth 1\n1 md6 x\n': /not known/,
      'auth 1\n1 SHA1 x\n': /not known/,
      'auth 1\n16 crc\n1 crc\n': /not from 1 to 15/,
      'auth 1\n1 sha1 two words\n': /only the first word/,
      'auth 1\nauth 1\n1 crc\n': /given again/,
      'auth 1\n1 crc\n1 crc\n': /given again/,
    };
    for (const [given, message] of Object.entries(wrong)) assert.match(problems(given).join(), message, given);
    for (const given of ['auth 1\n1 crc\n', '#\n auth1 # x\n\t1crc\n', 'auth 0\n0 sha1 k\n'])
      assert.deepEqual(problems(given), []);
  });

  it('takes the last of two keys of one number', () => {
    const parsed = parseAuthkeys('auth 1\n1 sha1 a\n1 sha1 b\n');
    assert.equal(keyTextOf(parsed, 1), 'b');
    assert.equal(parsed.keys.length, 1);
  });
});

describe('changes of authkeys', () => {
  it('set a key in front of the others, and keep those', () => {
    const parsed = parseAuthkeys('# mine\nauth 1\n1 sha1 old\n');
    const changed = setKey(parsed, { id: 2, method: 'sha1', key: 'new' });
    assert.equal(formatAuthkeys(changed), '# mine\nauth 2\n2 sha1 new\n1 sha1 old\n');
    assert.equal(formatAuthkeys(setKey(changed, { id: 1, method: 'crc' })), '# mine\nauth 1\n1 crc\n2 sha1 new\n');
    assert.equal(formatAuthkeys(setKey(parseAuthkeys(''), { id: 1, method: 'crc' })), 'auth 1\n1 crc\n');
  });

  it('are read back, in any file', () => {
    fc.assert(
      fc.property(text, fc.integer({ min: 1, max: 15 }), (given, id) => {
        const changed = setKey(parseAuthkeys(given), { id, method: 'sha1', key: 'k3y' });
        assert.equal(changed.active, id);
        assert.equal(keyTextOf(changed, id), 'k3y');
      }),
    );
  });
});
