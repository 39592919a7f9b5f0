import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { archiveOfSidecar, formatDna, formatSha256, parseDna, parseSha256 } from './sidecar.ts';

const MD5 = '0123456789abcdef0123456789abcdef';
const SHA256 = `${MD5}${MD5}`;

test('a .dna is written as existing trees have it: 64 bytes for an archive of ten digits', () => {
  const text = formatDna({ md5: MD5, bytes: 1531229474 });
  assert.equal(text, `{'dig': '${MD5}', 'size': 1531229474}\n`);
  assert.equal(Buffer.byteLength(text), 64);
});

test('a .dna is read in every spelling there is', () => {
  const spellings = [
    `{'dig': '${MD5}', 'size': 2457600000}`,
    `{'dig': '${MD5}', 'size': 2457600000L}\n`,
    `{'size': 2457600000, 'dig': '${MD5}'}`,
    `  { 'dig' :"${MD5}" ,'size':2457600000 , }\r\n`,
    `{"dig": "${MD5.toUpperCase()}", "size": 2457600000}`,
    `{\n  "size": 2457600000,\n  "dig": "${MD5}",\n  "host": "cms01"\n}`,
  ];
  for (const text of spellings) assert.deepEqual(parseDna(text), { value: { md5: MD5, bytes: 2457600000 } }, text);
});

test('what is no .dna is said to be none', () => {
  const wrong = [
    '',
    '{}',
    '{',
    `{'dig': '${MD5}'}`,
    `{'size': 12}`,
    `{'dig': '${MD5.slice(1)}', 'size': 12}`,
    `{'dig': '${MD5}', 'size': -1}`,
    `{'dig': '${MD5}', 'size': '12'}`,
    `{'dig': '${MD5}', 'size': 99999999999999999999}`,
    `{'dig': '${MD5}', 'size': 12, 'size': 13}`,
    `{'dig': '${MD5}' 'size': 12}`,
    `{'dig': __import__('os').system('true'), 'size': 12}`,
    `{'dig': '${MD5}', 'size': 12} {}`,
    `[{'dig': '${MD5}', 'size': 12}]`,
    ' '.repeat(5000),
  ];
  for (const text of wrong) assert.ok('problem' in parseDna(text), text);
});

test('a .dna is read back as written; anything else is read without harm', () => {
  const digest = fc.stringMatching(/^[0-9a-f]{32}$/);
  fc.assert(
    fc.property(digest, fc.maxSafeNat(), (md5, bytes) => {
      assert.deepEqual(parseDna(formatDna({ md5, bytes })), { value: { md5, bytes } });
      assert.deepEqual(parseDna(JSON.stringify({ dig: md5, size: bytes })), { value: { md5, bytes } });
    }),
  );
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), fc.nat(70), fc.string(), (noise, at, more) => {
      const valid = formatDna({ md5: MD5, bytes: 12 });
      for (const text of [noise, valid.slice(0, at) + more + valid.slice(at)]) {
        const read = parseDna(text);
        assert.ok('problem' in read || /^[0-9a-f]{32}$/.test(read.value.md5));
      }
    }),
  );
});

test('a .sha256 is read as sha256sum writes it', () => {
  assert.equal(formatSha256(SHA256, 'a.tar.gz'), `${SHA256}  a.tar.gz\n`);
  assert.deepEqual(parseSha256(`${SHA256}  a.tar.gz\n`, 'a.tar.gz'), { value: SHA256 });
  assert.deepEqual(parseSha256(`${SHA256} *a.tar.gz\n`, 'a.tar.gz'), { value: SHA256 });
  assert.deepEqual(parseSha256(`${SHA256}  ./x/a.tar.gz\r\n`, 'a.tar.gz'), { value: SHA256 });
  assert.deepEqual(parseSha256(`${SHA256.toUpperCase()}\n`, 'a.tar.gz'), { value: SHA256 });
  assert.deepEqual(parseSha256(`\\${SHA256}  a\\nb\\\\c\n`, 'a\nb\\c'), { value: SHA256 });
  assert.deepEqual(parseSha256(`${'1'.repeat(64)}  b\n${SHA256}  a\n`, 'a'), { value: SHA256 });
});

test('what is no .sha256 of the archive is said to be none', () => {
  const wrong = [
    '',
    'x',
    `${SHA256}  b\n`,
    `${SHA256} a`,
    `${MD5}  a\n`,
    `${SHA256}  a\nnoise\n`,
    `${SHA256}  a\n${'1'.repeat(64)}  a\n`,
  ];
  for (const text of wrong) assert.ok('problem' in parseSha256(text, 'a'), text);
});

test('a .sha256 of any name is read back', () => {
  const name = fc.string({ unit: 'binary', minLength: 1 }).filter((each) => !/[/\0]/.test(each));
  fc.assert(
    fc.property(name, fc.stringMatching(/^[0-9a-f]{64}$/), (file, digest) => {
      assert.deepEqual(parseSha256(formatSha256(digest, file), file), { value: digest });
    }),
  );
  fc.assert(fc.property(fc.string({ unit: 'binary' }), fc.string(), (text, file) => void parseSha256(text, file)));
});

test('sidecars know whose they are', () => {
  assert.equal(archiveOfSidecar('a/b.tar.gz.dna'), 'a/b.tar.gz');
  assert.equal(archiveOfSidecar('a/b.sha256'), 'a/b');
  assert.equal(archiveOfSidecar('a/b.tar.gz'), undefined);
  assert.equal(archiveOfSidecar('a/.dna'), undefined);
});
