import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { BlobId, FileId, PackId } from '../base/ids.ts';
import { INDEX_CACHE_BLOBS_MIN } from '../base/limits.ts';
import type { Cache } from '../host.ts';
import { simulated } from '../host.ts';
import { BlobTable } from './blob-table.ts';
import type { VaultIndex } from './index.ts';
import { loadCachedIndex, saveCachedIndex } from './index-cache.ts';
import { Sealer } from './seal.ts';

const random = simulated.seededRandom(7);
const sealer = new Sealer({ encrypt: random.bytes(32), macK: random.bytes(16), macR: random.bytes(16) });

describe('index cache', () => {
  it('gives back what it was given, and can be added to', async () => {
    const cache = memoryCache();
    const index = indexOf(INDEX_CACHE_BLOBS_MIN);
    await saveCachedIndex(cache, sealer, index);
    const loaded = await loadCachedIndex(cache, sealer, [...index.files, fileId(99)]);
    assert.ok(loaded);
    assert.deepEqual(loaded.packs, index.packs);
    assert.deepEqual(loaded.files, index.files);
    assert.equal(loaded.table.count, index.table.count);
    for (const entry of [0, 1, 4711, index.table.count - 1]) {
      const id = index.table.idOf(entry);
      const kind = index.table.kindOf(entry);
      assert.deepEqual(
        loaded.table.placeOf(loaded.table.findHex(kind, id), loaded.packs),
        index.table.placeOf(entry, index.packs),
      );
    }
    const added = random.bytes(32);
    loaded.table.add(added, { kind: 'data', pack: 0, offset: 1, length: 50, uncompressedLength: 0 });
    assert.equal(loaded.table.find('data', added), index.table.count);
    assert.equal(loaded.table.findHex('data', 'f'.repeat(64) as BlobId), -1);
  });

  it('is not used once one of its index files is gone', async () => {
    const cache = memoryCache();
    const index = indexOf(INDEX_CACHE_BLOBS_MIN);
    await saveCachedIndex(cache, sealer, index);
    assert.equal(await loadCachedIndex(cache, sealer, index.files.slice(1)), undefined);
  });

  it('is not used when a bit of it was changed, when it was cut, or when it is of another vault', async () => {
    const cache = memoryCache();
    const index = indexOf(INDEX_CACHE_BLOBS_MIN);
    await saveCachedIndex(cache, sealer, index);
    const whole = cache.stored!;
    for (const at of [0, 20, 1000, whole.length - 1]) {
      cache.stored = Uint8Array.from(whole);
      cache.stored[at]! ^= 4;
      assert.equal(await loadCachedIndex(cache, sealer, index.files), undefined, `byte ${at}`);
    }
    cache.stored = whole.slice(0, -5);
    assert.equal(await loadCachedIndex(cache, sealer, index.files), undefined);
    cache.stored = whole.slice();
    const other = new Sealer({ encrypt: random.bytes(32), macK: random.bytes(16), macR: random.bytes(16) });
    assert.equal(await loadCachedIndex(cache, other, index.files), undefined);
  });

  it('leaves small indexes alone', async () => {
    const cache = memoryCache();
    await saveCachedIndex(cache, sealer, indexOf(INDEX_CACHE_BLOBS_MIN - 1));
    assert.equal(cache.stored, undefined);
  });
});

function memoryCache(): Cache & { stored: Uint8Array | undefined } {
  return {
    stored: undefined,
    async load() {
      return this.stored?.slice();
    },
    async save(_name, bytes) {
      this.stored = bytes;
    },
  };
}

function indexOf(blobs: number): VaultIndex {
  const table = new BlobTable(100);
  for (let blob = 0; blob < blobs; blob++) {
    const kind = blob % 3 === 0 ? 'tree' : 'data';
    table.add(random.bytes(32), {
      kind,
      pack: blob % 2,
      offset: blob * 100,
      length: 100,
      uncompressedLength: blob % 5,
    });
  }
  return { table, packs: [fileId(1), fileId(2)] as PackId[], files: [fileId(3), fileId(4)] };
}

function fileId(number: number): FileId {
  return number.toString(16).padStart(64, '0') as FileId;
}
