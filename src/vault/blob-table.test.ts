import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { test } from 'node:test';
import fc from 'fast-check';
import type { BlobId } from '../base/ids.ts';
import { BlobTable, type TablePlace } from './blob-table.ts';
import type { BlobKind } from './model.ts';

/** Few ids, whose first words are often equal, so that searches collide. */
const ids = Array.from({ length: 12 }, (_, at) => {
  const id = createHash('sha256').update(`${at}`).digest();
  if (at % 3 !== 0) id.fill(7, 0, 4);
  if (at % 5 === 0) id.fill(7, 0, 28);
  return id;
});
const word = fc.oneof(fc.nat(3), fc.constantFrom(0xffff_ffff, 0x8000_0000));
const adding = fc.record({
  id: fc.constantFrom(...ids),
  place: fc.record<TablePlace>({
    kind: fc.constantFrom<BlobKind>('data', 'tree'),
    pack: fc.nat(0x7fff_ffff),
    offset: word,
    length: word,
    uncompressedLength: word,
  }),
});

test('finds what was added, first place first, as a map would', () => {
  fc.assert(
    fc.property(fc.array(adding, { maxLength: 40 }), (added) => {
      const table = new BlobTable();
      const model = new Map<string, number[]>();
      for (const [entry, { id, place }] of added.entries()) {
        table.add(id, place);
        const key = place.kind + id.toString('hex');
        model.set(key, [...(model.get(key) ?? []), entry]);
      }
      assert.equal(table.count, added.length);
      for (const view of [table, new BlobTable(0, table.share())]) assertSame(view, added, model);
    }),
  );
});

function assertSame(
  table: BlobTable,
  added: { id: Buffer; place: TablePlace }[],
  model: ReadonlyMap<string, number[]>,
): void {
  for (const id of ids)
    for (const kind of ['data', 'tree'] as const) {
      const hex = id.toString('hex') as BlobId;
      const entries = model.get(kind + hex) ?? [];
      const first = entries[0] ?? -1;
      assert.deepEqual(table.findAll(kind, hex), entries);
      assert.deepEqual(copiesOf(table, first), entries);
      assert.deepEqual([table.find(kind, id), table.findHex(kind, hex)], [first, first]);
      assert.equal(table.find(kind, Buffer.concat([Buffer.alloc(3), id]), 3), first);
      assert.equal(table.findHexAt(kind, `"content":["${hex}"]`, 12), first);
    }
  for (const [entry, { id, place }] of added.entries()) {
    assert.deepEqual([table.kindOf(entry), table.idOf(entry)], [place.kind, id.toString('hex')]);
    const { pack, offset, length, uncompressedLength } = place;
    assert.deepEqual(
      [table.packOf(entry), table.offsetOf(entry), table.lengthOf(entry), table.uncompressedLengthOf(entry)],
      [pack, offset, length, uncompressedLength],
    );
  }
}

test('grows far beyond its first size and stays under 64 bytes a blob', () => {
  const table = new BlobTable(1);
  const place: TablePlace = { kind: 'data', pack: 1, offset: 2, length: 3, uncompressedLength: 4 };
  const count = 100_000;
  const id = (at: number): Buffer => createHash('sha256').update(`grow ${at}`).digest();
  for (let at = 0; at < count; at++) table.add(id(at), { ...place, offset: at });
  for (let at = 0; at < count; at++) assert.equal(table.find('data', id(at)), at);
  assert.equal(table.find('tree', id(0)), -1);
  assert.equal(table.find('data', id(count)), -1);
  for (const blobs of [50_000, 1_000_000, 3_333_333]) {
    const { byteLength } = new BlobTable(blobs);
    assert.ok(byteLength / blobs <= 64, `${byteLength / blobs} bytes a blob at ${blobs}`);
  }
});

test('names the pack of a place, and refuses one that is unknown', () => {
  const table = new BlobTable();
  table.add(ids[0]!, { kind: 'tree', pack: 1, offset: 5, length: 6, uncompressedLength: 0 });
  assert.deepEqual(table.placeOf(0, ['x', 'y']), { pack: 'y', offset: 5, length: 6, uncompressedLength: 0 });
  assert.throws(() => table.placeOf(0, ['x']), /unknown pack/);
});

/** Every place from the first on, one after the other. */
function copiesOf(table: BlobTable, first: number): number[] {
  const copies: number[] = [];
  for (let entry = first; entry >= 0; entry = table.copyAfter(entry)) copies.push(entry);
  return copies.sort((a, b) => a - b);
}
