import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { AppError } from '../base/errors.ts';
import { remoteError } from './ssh-error.ts';
import { readDigests, readListing } from './ssh-output.ts';
import { ENDING } from './ssh-scripts.ts';

const none = () => assert.fail('no problem was to be told');
const MD5 = '0123456789abcdef0123456789abcdef';
const SHA = MD5 + MD5;

test('a listing is read, with names and contents of every kind', () => {
  const text =
    'd/a b\0f12/1368010000.1234567890/a b/x\ny\0f3/-5.5000000000/x.dna\0f0/0/e.sha256\0//\0' +
    './x.dna\0one // two\n./x.dna\0three\n//0 0';
  const { listing, isWhole } = readListing(Buffer.from(text), none);
  assert.equal(isWhole, true);
  assert.deepEqual(listing.files, [
    { path: 'a b/x\ny', bytes: 12, modifiedMs: 1368010000123 },
    { path: 'x.dna', bytes: 3, modifiedMs: -5500 },
    { path: 'e.sha256', bytes: 0, modifiedMs: 0 },
  ]);
  assert.deepEqual(listing.folders, ['a b']);
  assert.deepEqual(
    [...listing.sidecars],
    [
      ['x.dna', 'one // two\nthree\n'],
      ['e.sha256', ''],
    ],
  );
  assert.deepEqual(readListing(Buffer.from('//\0//0 0'), none).listing.files, []);
});

test('a search that failed is told', () => {
  assert.equal(readListing(Buffer.from('//\0//1 0'), none).isWhole, false);
  assert.equal(readListing(Buffer.from('//\0//0 1'), none).isWhole, false);
});

test('what is no listing, or was cut anywhere, is refused', () => {
  const whole = Buffer.from('d/a\0f1/2.0/a/x.dna\0//\0./a/x.dna\0{}\n//0 0');
  assert.equal(readListing(whole, none).listing.files.length, 1);
  for (let length = 0; length < whole.length; length++)
    assert.throws(() => readListing(whole.subarray(0, length), none), { code: 'command-failed' }, `${length}`);
  fc.assert(
    fc.property(fc.uint8Array(), (bytes) => {
      try {
        readListing(Buffer.from(bytes), () => {});
      } catch (error) {
        assert.ok(error instanceof AppError, String(error));
      }
    }),
  );
});

test('digests are read in any order, and only when all went well', () => {
  const lines = [`${MD5}  -`, `${SHA}  -`, '0+1 records in', '12 bytes (12 B) copied, 0.1 s, 1 kB/s', 'dd 0'];
  const expected = { bytes: 12, md5: MD5, sha256: SHA };
  assert.deepEqual(readDigests(lines.join('\n')), expected);
  assert.deepEqual(readDigests(lines.toReversed().join('\n')), expected);
  assert.equal(readDigests([...lines.slice(0, 3), '1 byte copied, 0.1 s, 1 kB/s', 'dd 0'].join('\n'))?.bytes, 1);
  for (const missing of [0, 1, 3, 4]) assert.equal(readDigests(lines.toSpliced(missing, 1).join('\n')), undefined);
  assert.equal(readDigests(lines.with(4, 'dd 1').join('\n')), undefined);
});

test('failures of the tools are told by their words', () => {
  const codeOf = (errorText: string, exitCode = 1) =>
    remoteError({ exitCode, errorText }, { address: 'far:/data', doing: 'writing far:/data/x' }).code;
  const cases = {
    "dd: error writing './x': No space left on device\n": 'storage-full',
    "dd: error writing './x': Disk quota exceeded\n": 'storage-full',
    "banner\ndd: failed to open './x': Permission denied\n": 'storage-denied',
    "mkdir: cannot create directory './x': Read-only file system": 'storage-denied',
    "dd: failed to open './x': Too many levels of symbolic links": 'target-unsafe',
    "stat: cannot statx './x': No such file or directory": 'not-found',
    "dd: error writing './x': Input/output error": 'storage-failed',
    '': 'storage-failed',
  };
  for (const [text, code] of Object.entries(cases)) assert.equal(codeOf(text), code, text);
  const byEnding = Object.fromEntries(Object.entries(ENDING).map(([name, exit]) => [name, codeOf('', exit)]));
  assert.deepEqual(byEnding, {
    noRoot: 'not-found',
    notFound: 'not-found',
    unsafe: 'target-unsafe',
    denied: 'storage-denied',
    beyondEnd: 'storage-failed',
    notPlain: 'storage-failed',
    taken: 'refused',
    cutShort: 'host-unreachable',
  });
  const told = remoteError(
    { exitCode: 1, errorText: 'dd: error writing: No space left on device' },
    { address: 'a', doing: 'writing a/x' },
  );
  assert.equal(told.message, 'the storage is full: writing a/x: dd: error writing: No space left on device');
});
