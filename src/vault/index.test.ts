import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { it } from 'node:test';
import { GIB, MIB } from '../base/bytes.ts';
import type { BlobId, PackId } from '../base/ids.ts';
import { INDEX_AGE_MS_MAX, INDEX_BLOBS_MAX } from '../base/limits.ts';
import { simulated } from '../host.ts';
import { faultStorage, memoryStorage, type Storage } from '../storage.ts';
import { Documents } from './documents.ts';
import { type IndexedPack, IndexWriter, loadIndex } from './index.ts';
import { Sealer } from './seal.ts';

const KEY = { encrypt: randomBytes(32), macK: randomBytes(16), macR: randomBytes(16) };

it('old packs are joined to large index files, whatever their size', async () => {
  const { writer } = newWriter();
  for (let at = 0; at < 300; at++) await writer.add(pack({ blobs: 100 }));
  assert.equal(writer.written.length, 0);
  await writer.flush();
  assert.equal(writer.written.length, 1);
});

it('many blobs, or a long time, make an index file', async () => {
  const { writer, clock } = newWriter();
  await writer.add(pack({ blobs: INDEX_BLOBS_MAX }));
  assert.equal(writer.written.length, 1);
  await writer.add(pack());
  await clock.advance(INDEX_AGE_MS_MAX + 1);
  await writer.add(pack());
  assert.equal(writer.written.length, 2);
});

it('a killed run repeats at most 1 GiB or an eighth, with few index files', async () => {
  const { writer } = newWriter();
  let indexed = 0;
  let stored = 0;
  // One blob stands for the 16 of a pack, so that only the bytes decide.
  for (let at = 0; at < 64 * 512; at++) {
    const files = writer.written.length;
    await writer.add(pack({ newBytes: 32 * MIB }));
    stored += 32 * MIB;
    if (writer.written.length > files) indexed = stored;
    assert.ok(stored - indexed <= Math.max(GIB, indexed / 8), `${stored - indexed} of ${stored} bytes are not indexed`);
  }
  assert.ok(writer.written.length < 60, `${writer.written.length} index files for a TiB`);
});

it('packs whose index file could not be stored wait for the next attempt', async () => {
  const inner = memoryStorage();
  const script = [1, 2].map((nth) => ({ call: 'save', nth, effect: 'fail', code: 'storage-full' }) as const);
  const { writer } = newWriter(faultStorage(inner, { script }));
  const packs = [pack({ blobs: 3 }), pack({ blobs: 4 })];
  for (const each of packs) await writer.add(each);
  for (const _ of script) await assert.rejects(writer.flush(), /the storage is full/);
  await writer.flush();
  const documents = new Documents(inner, new Sealer(KEY), 2);
  const index = await loadIndex(documents, { files: await documents.list('index'), storedBytes: 0 });
  assert.deepEqual([index.files.length, index.table.count], [1, 7]);
  assert.deepEqual(
    index.packs,
    packs.map(({ pack: name }) => name),
  );
});

function newWriter(storage: Storage = memoryStorage()): {
  writer: IndexWriter;
  clock: ReturnType<typeof simulated.fixedClock>;
} {
  const clock = simulated.fixedClock();
  return { writer: new IndexWriter(new Documents(storage, new Sealer(KEY), 2), clock), clock };
}

function pack({ blobs = 1, newBytes }: { blobs?: number; newBytes?: number } = {}): IndexedPack {
  const all = Array.from({ length: blobs }, (_, at) => {
    const id = randomBytes(32).toString('hex') as BlobId;
    return { id, kind: 'data' as const, offset: at * 100, length: 100, uncompressedLength: 0 };
  });
  const name = randomBytes(32).toString('hex') as PackId;
  return newBytes === undefined ? { pack: name, blobs: all } : { pack: name, blobs: all, newBytes };
}
