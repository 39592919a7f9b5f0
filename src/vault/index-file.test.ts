import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import fc from 'fast-check';
import { damaged, throwsOnlyAppError } from '../../test/fuzz.ts';
import type { BlobId } from '../base/ids.ts';
import { hexAt } from '../base/ids.ts';
import { encodeIndex, readIndex } from './index-file.ts';
import type { BlobKind, PackedBlob } from './model.ts';

interface Read {
  packs: { pack: string; blobs: PackedBlob[] }[];
  supersedes: string[];
}

function read(text: string | Uint8Array): Read {
  const result: Read = { packs: [], supersedes: [] };
  readIndex(Buffer.from(text as string), {
    name: 'index of the test',
    pack: (pack) => result.packs.push({ pack, blobs: [] }),
    blob: (id, kind, offset, length, uncompressedLength) =>
      result.packs.at(-1)!.blobs.push({ id: hexAt(id) as BlobId, kind, offset, length, uncompressedLength }),
    supersedes: (id) => result.supersedes.push(id),
  });
  return result;
}

const hexId = fc.uint8Array({ minLength: 32, maxLength: 32 }).map((bytes) => Buffer.from(bytes).toString('hex'));
const blob = fc.record(
  {
    id: hexId.map((id) => id as BlobId),
    kind: fc.constantFrom<BlobKind>('data', 'tree'),
    offset: fc.nat(0xffff_ffff - 1000),
    length: fc.integer({ min: 32, max: 1000 }),
    uncompressedLength: fc.oneof(fc.constant(0), fc.nat(0xffff_ffff)),
  },
  { noNullPrototype: true },
);
const packs = fc.array(fc.record({ pack: hexId, blobs: fc.array(blob, { maxLength: 5 }) }, { noNullPrototype: true }), {
  maxLength: 4,
});
const A = 'a1'.repeat(32);
const B = 'b2'.repeat(32);
const BLOB = `{"id":"${B}","type":"tree","offset":5,"length":40}`;
const ONE: { pack: string; blobs: PackedBlob[] }[] = [
  { pack: A, blobs: [{ id: B as BlobId, kind: 'tree', offset: 5, length: 40, uncompressedLength: 0 }] },
];

suite('index files', () => {
  test('have the exact text restic writes', () => {
    const blobs: PackedBlob[] = [
      { id: B as BlobId, kind: 'data', offset: 0, length: 50, uncompressedLength: 70 },
      { id: A as BlobId, kind: 'tree', offset: 50, length: 40, uncompressedLength: 0 },
    ];
    assert.equal(
      encodeIndex([{ pack: A, blobs }]).toString(),
      `{"packs":[{"id":"${A}","blobs":[{"id":"${B}","type":"data","offset":0,"length":50,"uncompressed_length":70},` +
        `{"id":"${A}","type":"tree","offset":50,"length":40}]}]}\n`,
    );
  });

  test('read back as written', () => {
    fc.assert(fc.property(packs, (wanted) => assert.deepEqual(read(encodeIndex(wanted).toString()).packs, wanted)));
  });

  test('are read with keys in any order, spaces, and keys nobody knows', () => {
    const shuffled = `{ "x":{"packs":[1]}, "packs" : [ {"blobs":[ {"length":40,"new":[null],"offset":5,"type":"t\\u0072ee",
      "id":"${B}"} ], "y":"}", "id":"${A}"} ] , "supersedes":["${B}"]}`;
    assert.deepEqual(read(shuffled), { packs: ONE, supersedes: [B] });
  });

  test('of the oldest form, a bare array, are read', () => {
    assert.deepEqual(read(`[{"id":"${A}","blobs":[${BLOB}]}]`).packs, ONE);
  });

  test('a reader that does not ask what is superseded still finds the packs behind it', () => {
    const found: string[] = [];
    const sink = { name: 'index of the test', pack: (id: string) => void found.push(id), blob: () => {} };
    readIndex(Buffer.from(`{"supersedes":["${A}","${B}"],"packs":[{"id":"${A}","blobs":[]}]}`), sink);
    assert.deepEqual(found, [A]);
  });

  test('may be empty', () => {
    for (const text of ['{}', '{"packs":null,"supersedes":null}', '{"packs":[]}'])
      assert.deepEqual(read(text).packs, []);
    assert.deepEqual(read(`{"packs":[{"id":"${A}","blobs":null}]}`).packs, [{ pack: A, blobs: [] }]);
  });

  test('that cannot be true are refused with the place', () => {
    const withBlob = (text: string): string => `{"packs":[{"id":"${A}","blobs":[${text}]}]}`;
    const bad = [
      ...['', '{"packs":[{}]}', '{"packs":[]', '{"packs":[]}x', `{"packs":[{"id":"${A}","id":"${A}"}]}`],
      ...[withBlob('{}'), withBlob(BLOB.replace('tree', 'leaf')), withBlob(BLOB.replace('40', '31'))],
      ...[withBlob(BLOB.replace('5', '4294967290')), withBlob(BLOB.replace('"offset":5', '"offset":-5'))],
      ...[withBlob(BLOB.replace('40', '40.5')), withBlob(BLOB.replace('b2', 'B2')), withBlob(`${BLOB},`)],
    ];
    for (const text of bad)
      assert.throws(() => read(text), { code: 'file-damaged', message: /index of the test: .* at byte \d+/ }, text);
  });

  test('damaged anyhow raise nothing but an error of the registry', () => {
    const seed = encodeIndex([...ONE, ...ONE]);
    fc.assert(
      fc.property(damaged(seed), (bytes) => throwsOnlyAppError(() => read(bytes))),
      { numRuns: 1000 },
    );
  });
});
