import assert from 'node:assert/strict';
import { createHash, randomBytes } from 'node:crypto';
import { test } from 'node:test';
import { KIB, MIB } from '../base/bytes.ts';
import type { BlobId } from '../base/ids.ts';
import { PACK_HEADER_BYTES_MAX } from '../base/limits.ts';
import { codec } from '../host.ts';
import { BlobReader } from './blob-reader.ts';
import { BlobTable } from './blob-table.ts';
import { BlobWriter, type BlobWriterSeed, type FilledPack } from './blob-writer.ts';
import { Claims } from './claims.ts';
import { COMPRESS_PROBE_BYTES, looksIncompressible } from './compression.ts';
import type { BlobKind, PackedBlob } from './model.ts';
import { decodePackHeader } from './pack-header.ts';
import { PackSlots } from './pack-slots.ts';
import { type MasterKey, SEAL_OVERHEAD } from './seal.ts';

const TARGET = 256 * KIB;
const SLOT = 512 * KIB;

interface Stored extends FilledPack {
  bytes: Uint8Array;
}

class Bench {
  readonly key: MasterKey = { encrypt: randomBytes(32), macK: randomBytes(16), macR: randomBytes(16) };
  readonly slots: PackSlots;
  readonly packs: Stored[] = [];
  readonly seed: BlobWriterSeed;
  readonly writer: BlobWriter;
  readonly #id = new Uint8Array(32);

  constructor(options: Partial<BlobWriterSeed> = {}, slotBytes = SLOT) {
    this.slots = PackSlots.create(4, slotBytes);
    const table = new BlobTable().share();
    const sharing = { key: this.key, table, claims: new Claims().memory, slots: this.slots.memory };
    this.seed = { ...sharing, compression: 'auto', packBytesTarget: TARGET, canCompress: true, ...options };
    this.writer = this.another();
  }

  /** A writer as a further thread has one. */
  another(): BlobWriter {
    return new BlobWriter(this.seed, (pack) => {
      const from = pack.oversize === undefined ? this.slots.bytes(pack.slot) : new Uint8Array(pack.oversize);
      this.packs.push({ ...pack, bytes: from.slice(0, pack.length) });
      if (pack.oversize === undefined) this.slots.release(pack.slot);
    });
  }

  store(kind: BlobKind, data: Uint8Array, writer = this.writer): boolean {
    const isNew = writer.store(kind, data, this.#id);
    assert.equal(Buffer.from(this.#id).toString('hex'), idOf(data));
    return isNew;
  }

  /** Every blob of the packs handed over so far, by what it is, as a reader without any index finds it. */
  read(): Map<string, Uint8Array> {
    const reader = new BlobReader(this.key);
    const found = new Map<string, Uint8Array>();
    for (const pack of this.packs) {
      assert.equal(idOf(pack.bytes), pack.id);
      const sealedLength = Buffer.from(pack.bytes).readUInt32LE(pack.length - 4);
      const headerAt = pack.length - 4 - sealedLength;
      const header = reader.openUnnamed(pack.bytes.slice(headerAt, pack.length - 4), 0, 'header').slice();
      assert.deepEqual(header, pack.header);
      const blobs = decodePackHeader(header);
      assert.equal(blobs.length, pack.blobs);
      assert.equal(endOf(blobs), headerAt);
      for (const blob of blobs) {
        assert.equal(blob.kind, pack.kind);
        const sealed = pack.bytes.slice(blob.offset, blob.offset + blob.length);
        found.set(blob.kind + blob.id, reader.open(sealed, blob).slice());
      }
    }
    return found;
  }

  blobs(): PackedBlob[] {
    return this.packs.flatMap((pack) => decodePackHeader(pack.header));
  }
}

function idOf(data: Uint8Array): BlobId {
  return createHash('sha256').update(data).digest('hex') as BlobId;
}

function endOf(blobs: readonly PackedBlob[]): number {
  return blobs.reduce((sum, { length }) => sum + length, 0);
}

test('what was stored is read back, whatever it is and however it is compressed', () => {
  const blobs = [0, 1, 31, 1000, 70_000, 200_000, 300_000].flatMap((size) => [
    randomBytes(size),
    Buffer.alloc(size, 'text '),
    Buffer.concat([randomBytes(size / 2), Buffer.alloc(size / 2)]),
  ]);
  for (const compression of ['auto', 'off', 'max'] as const) {
    const bench = new Bench({ compression });
    const expected = new Map<string, Buffer>();
    for (const blob of blobs)
      for (const kind of ['data', 'tree'] as const) {
        assert.equal(bench.store(kind, blob), !expected.has(kind + idOf(blob)));
        expected.set(kind + idOf(blob), blob);
      }
    bench.writer.flush();
    const found = bench.read();
    assert.equal(found.size, expected.size);
    for (const [key, blob] of expected) assert.deepEqual(Buffer.from(found.get(key)!), blob);
    assert.equal(new Set(bench.packs.map(({ id }) => id)).size, bench.packs.length);
    const plainBytes = bench.packs.reduce((sum, pack) => sum + pack.plainBytes, 0);
    assert.equal(
      plainBytes,
      [...expected.values()].reduce((sum, blob) => sum + blob.length, 0),
    );
  }
});

test('a blob is stored once, also by two writers, and not when the vault has it', () => {
  const known = Buffer.from('known');
  const table = new BlobTable();
  table.add(Buffer.from(idOf(known), 'hex'), { kind: 'data', pack: 0, offset: 0, length: 37, uncompressedLength: 0 });
  const bench = new Bench({ table: table.share() });
  const other = bench.another();
  assert.equal(bench.store('data', known), false);
  assert.equal(bench.store('tree', known), true);
  assert.equal(bench.store('data', Buffer.from('new')), true);
  assert.equal(bench.store('data', Buffer.from('new'), other), false);
  for (const writer of [bench.writer, other]) writer.flush();
  assert.equal(bench.read().size, 2);
});

test('packs end at their target, and data never shares one with trees', () => {
  const bench = new Bench({ compression: 'off' });
  for (let i = 0; i < 100; i++) bench.store(i % 10 === 0 ? 'tree' : 'data', randomBytes(20_000));
  const before = bench.packs.length;
  assert.ok(before >= 6);
  for (const { length, kind } of bench.packs)
    if (kind === 'data') assert.ok(length >= TARGET && length < TARGET + 21_000);
  bench.writer.flush();
  assert.equal(bench.packs.length, before + 2);
  bench.writer.flush();
  assert.equal(bench.packs.length, before + 2);
  assert.equal(bench.read().size, 100);
});

test('a blob larger than any buffer gets a pack of its own', () => {
  const bench = new Bench();
  const tree = Buffer.alloc(3 * MIB, 'a large directory, ');
  bench.store('tree', Buffer.from('before'));
  bench.store('tree', tree);
  bench.store('tree', randomBytes(2 * MIB));
  bench.store('tree', Buffer.from('after'));
  bench.writer.flush();
  assert.ok(bench.packs.some(({ oversize }) => oversize !== undefined));
  assert.deepEqual(Buffer.from(bench.read().get(`tree${idOf(tree)}`)!), tree);
});

test('nothing is compressed in a vault of version 1, and only trees when it is off', () => {
  const text = Buffer.alloc(50_000, 'text ');
  for (const [options, expected] of [
    [{ canCompress: false, compression: 'max' }, [false, false]],
    [{ compression: 'off' }, [false, true]],
    [{ compression: 'auto' }, [true, true]],
  ] as const) {
    const bench = new Bench(options);
    bench.store('data', text);
    bench.store('tree', text);
    bench.writer.flush();
    const isCompressed = bench.blobs().map(({ uncompressedLength }) => uncompressedLength > 0);
    assert.deepEqual(isCompressed, expected);
  }
});

test('what does not shrink is stored as it is, but a tree is always compressed', () => {
  const bench = new Bench();
  const small = randomBytes(1000);
  for (const blob of [small, randomBytes(200_000)]) bench.store('data', blob);
  bench.store('tree', small);
  bench.writer.flush();
  const [first, second, tree] = bench.blobs();
  assert.deepEqual([first?.uncompressedLength, first?.length], [0, 1000 + SEAL_OVERHEAD]);
  assert.deepEqual([second?.uncompressedLength, second?.length], [0, 200_000 + SEAL_OVERHEAD]);
  assert.ok(tree!.uncompressedLength === 1000 && tree!.length > 1000 + SEAL_OVERHEAD);
});

test('the look that spares compressing is taken in when all of the samples are, and never of small blobs', () => {
  const zstd = new codec.Zstd();
  const looks = (data: Uint8Array): boolean => looksIncompressible(zstd, data, new Uint8Array(COMPRESS_PROBE_BYTES));
  const random = randomBytes(MIB);
  assert.equal(looks(random), true);
  assert.equal(looks(random.subarray(0, 100_000)), false);
  for (const at of [0, Math.floor((MIB - 8192) / 3), MIB - 8192]) {
    const mixed = Buffer.from(random);
    mixed.fill('text ', at, at + 8192);
    assert.equal(looks(mixed), false, `text at ${at}`);
  }
});

test('a pack of tiny blobs ends before its header is more than readers take', () => {
  const bench = new Bench({ compression: 'off', packBytesTarget: 64 * MIB }, 80 * MIB);
  const id = randomBytes(32);
  for (let i = 0; i < 500_000 && bench.packs.length === 0; i++) bench.writer.append('data', id.subarray(0, 1), id);
  const [pack] = bench.packs;
  assert.ok(pack !== undefined && pack.header.length + SEAL_OVERHEAD <= PACK_HEADER_BYTES_MAX);
  assert.ok(pack.blobs > 400_000);
});
