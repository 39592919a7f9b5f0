import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import fc from 'fast-check';
import { damaged, throwsOnlyAppError } from '../../test/fuzz.ts';
import type { BlobId, SnapshotId } from '../base/ids.ts';
import type { SnapshotDocument, SnapshotSummary } from './model.ts';
import { decodeSnapshot, encodeSnapshot, formatTime, parseTime } from './snapshot.ts';

const TREE = 'ab'.repeat(32) as BlobId;
const OTHER = 'cd'.repeat(32) as SnapshotId;
const SUMMARY: SnapshotSummary = {
  backupStart: '2023-11-14T22:13:20Z',
  backupEnd: '2023-11-14T22:13:21Z',
  ...{ filesNew: 1, filesChanged: 2, filesUnmodified: 3, dirsNew: 4, dirsChanged: 5, dirsUnmodified: 6, dataBlobs: 7 },
  ...{ treeBlobs: 8, dataAdded: 9, dataAddedPacked: 10, totalFilesProcessed: 11, totalBytesProcessed: 2 ** 50 },
};
const FULL: SnapshotDocument = {
  time: '2023-11-14T22:13:20.5+01:00',
  parent: OTHER,
  tree: TREE,
  paths: ['/a', '/b<c>'],
  hostname: 'host',
  username: 'me',
  uid: 1000,
  gid: 0xffff_ffff,
  excludes: ['*.tmp'],
  tags: ['daily'],
  original: OTHER,
  programVersion: 'holdfast 0.1.0',
  summary: SUMMARY,
};
const LEAST: SnapshotDocument = {
  ...{ time: '2023-11-14T22:13:20Z', parent: undefined, tree: TREE, paths: ['/'], hostname: '', username: '', uid: 0 },
  ...{ gid: 0, excludes: [], tags: [], original: undefined, programVersion: '', summary: undefined },
};
const decode = (text: string | Uint8Array): SnapshotDocument => decodeSnapshot(Buffer.from(text as string), 'ab12');

suite('snapshot documents', () => {
  test('have the exact text restic writes', () => {
    assert.equal(encodeSnapshot(LEAST), `{"time":"2023-11-14T22:13:20Z","tree":"${TREE}","paths":["/"]}`);
    const text =
      `{"time":"2023-11-14T22:13:20.5+01:00","parent":"${OTHER}","tree":"${TREE}","paths":["/a","/b\\u003cc\\u003e"],` +
      '"hostname":"host","username":"me","uid":1000,"gid":4294967295,"excludes":["*.tmp"],"tags":["daily"],' +
      `"original":"${OTHER}","program_version":"holdfast 0.1.0","summary":{"backup_start":"2023-11-14T22:13:20Z",` +
      '"backup_end":"2023-11-14T22:13:21Z","files_new":1,"files_changed":2,"files_unmodified":3,"dirs_new":4,' +
      '"dirs_changed":5,"dirs_unmodified":6,"data_blobs":7,"tree_blobs":8,"data_added":9,"data_added_packed":10,' +
      '"total_files_processed":11,"total_bytes_processed":1125899906842624}}';
    assert.equal(encodeSnapshot(FULL), text);
    assert.deepEqual(decode(text), FULL);
  });

  test('read back as written', () => {
    const text = fc.string({ unit: 'binary' });
    const partly = fc.record(
      {
        hostname: text,
        username: text,
        paths: fc.array(text),
        tags: fc.array(text),
        uid: fc.nat(),
        excludes: fc.array(text),
      },
      { noNullPrototype: true },
    );
    fc.assert(
      fc.property(partly, fc.constantFrom(FULL, LEAST), (fields, rest) => {
        const document = { ...rest, ...fields };
        assert.deepEqual(decode(encodeSnapshot(document)), document);
      }),
    );
  });

  test('may have fields nobody knows, and null for none', () => {
    const text = `{"tree":"${TREE}","tags":null,"parent":null,"x":[{}],"paths":["/"],"time":"2023-11-14T22:13:20Z"}`;
    assert.deepEqual(decode(text), LEAST);
  });

  test('that cannot be true are refused by name', () => {
    const text = encodeSnapshot(FULL);
    const bad = [
      ...['', '[]', 'null', text.replace('"tree"', '"trees"'), text.replace('ab', 'AB'), text.replace('/a"', '/a",1')],
      ...[
        text.replace('T22', 'X22'),
        text.replace('1000', '-1'),
        text.replace('1000', '4294967296'),
        text.replace('"me"', '5'),
      ],
      ...[text.replace('"files_new":1', '"files_new":0.5'), text.replace(/"summary":.*/, '"summary":[]}')],
    ];
    for (const each of bad) assert.throws(() => decode(each), { code: 'file-damaged', message: /snapshot ab12/ }, each);
  });

  test('damaged anyhow raise nothing but an error of the registry', () => {
    fc.assert(
      fc.property(damaged(Buffer.from(encodeSnapshot(FULL))), (bytes) => throwsOnlyAppError(() => decode(bytes))),
      { numRuns: 500 },
    );
  });
});

suite('times of snapshots', () => {
  test('are milliseconds, rounded down, of any zone', () => {
    assert.equal(parseTime('2023-11-14T23:13:20.9999+01:00'), 1_700_000_000_999);
    assert.equal(parseTime('1969-12-31T23:59:59.9985Z'), -2);
    assert.throws(() => parseTime('yesterday'), { code: 'file-damaged' });
  });

  test('are written in UTC', () => {
    assert.equal(formatTime(1_700_000_000_120), '2023-11-14T22:13:20.12Z');
    assert.equal(formatTime(-1, 5), '1969-12-31T23:59:59.999000005Z');
    const ms = fc.integer({ min: -(10 ** 12), max: 10 ** 13 });
    fc.assert(fc.property(ms, fc.nat(999_999), (time, nanos) => parseTime(formatTime(time, nanos)) === time));
  });
});
