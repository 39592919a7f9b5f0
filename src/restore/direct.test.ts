/** Large files, whose pieces go past the page cache where the filesystem is one for that; the result is the same everywhere. */
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { closeSync, mkdtempSync, openSync, readdirSync, readFileSync, rmSync, statfsSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, it } from 'node:test';
import fc from 'fast-check';
import { damageBlob, emptyVault, plant, restoreFrom } from '../../test/planted.ts';
import { RESTORE_DIRECT_BUFFERS } from '../base/limits.ts';
import { memoryStorage } from '../storage.ts';
import { DirectWriter, openDirect } from './direct.ts';

/** On a disk where there is one: what is in memory takes no direct writes. */
const PLACE = '/var/tmp';
const DIRECT_TYPES = [0xef53, 0x58465342];
const MIB = 2 ** 20;

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(PLACE, 'holdfast-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

describe('pieces of a file', () => {
  it('come out as they went in, wherever they begin and end, in any order and side by side', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.integer({ min: 1, max: 300_000 }), { minLength: 1, maxLength: 12 }),
        fc.infiniteStream(fc.nat()),
        async (lengths, order) => {
          const content = randomBytes(lengths.reduce((sum, length) => sum + length, 0));
          const pieces = lengths.map((length, i) => ({
            offset: lengths.slice(0, i).reduce((sum, before) => sum + before, 0),
            length,
            rank: order.next().value!,
          }));
          const path = join(folder, 'file');
          rmSync(path, { force: true });
          const fd = openSync(path, 'wx');
          const direct = openDirect(fd);
          const writers = [new DirectWriter(), new DirectWriter()];
          const writes = pieces
            .sort((a, b) => a.rank - b.rank)
            .map(async ({ offset: at, length }, i) => {
              const writer = writers[i % 2]!;
              const room = await writer.take(at, length);
              room.bytes.set(content.subarray(at, at + length));
              await writer.write({ fd, direct }, at, room.bytes);
              room.release();
            });
          await Promise.all(writes);
          for (const each of [fd, direct]) if (each !== undefined) closeSync(each);
          assert.ok(readFileSync(path).equals(content));
        },
      ),
      { numRuns: 30 },
    );
  });

  it('go past the page cache on filesystems made for it, and nowhere else', () => {
    for (const place of [folder, '/dev/shm']) {
      const path = join(mkdtempSync(join(place, 'holdfast-')), 'file');
      const fd = openSync(path, 'wx');
      const direct = openDirect(fd);
      assert.equal(direct !== undefined, DIRECT_TYPES.includes(statfsSync(place).type), place);
      for (const each of [fd, direct]) if (each !== undefined) closeSync(each);
      rmSync(join(path, '..'), { recursive: true });
    }
  });

  it('wait for room, and whoever closes waits for them', async () => {
    const writer = new DirectWriter();
    const rooms = await Promise.all(Array.from({ length: RESTORE_DIRECT_BUFFERS }, () => writer.take(0, 1)));
    let events = '';
    const next = writer.take(0, 1).then((room) => {
      events += 'taken ';
      room.release();
    });
    const idle = writer.idle().then(() => {
      events += 'idle';
    });
    await new Promise((resolve) => setImmediate(resolve));
    assert.equal(events, '');
    for (const room of rooms) room.release();
    await Promise.all([next, idle]);
    assert.equal(events, 'taken idle');
  });
});

describe('a large file', () => {
  const parts = Array.from({ length: 40 }, (_, i) => randomBytes(MIB / 4 + i * 1111).toString('base64'));
  /** One part lies in three places, two of them side by side. */
  const mixed = [
    ...parts.slice(0, 9),
    parts[3]!,
    parts[3]!,
    ...parts.slice(9),
    ...parts.map((part) => `again ${part}`),
  ];

  it('is restored as it was', async () => {
    const vault = await emptyVault(memoryStorage());
    const tree = await plant(vault, { other: { parts: [...parts].reverse() }, small: 'x', large: { parts: mixed } });
    const { problems } = await restoreFrom(vault, { tree, target: folder, verify: true });
    assert.deepEqual(problems, []);
    assert.ok(readFileSync(join(folder, 'large'), 'utf8') === mixed.join(''));
    assert.ok(readFileSync(join(folder, 'other'), 'utf8') === [...parts].reverse().join(''));
  });

  it('loses its name and only the part that is damaged', async () => {
    const storage = memoryStorage();
    const vault = await emptyVault(storage);
    const tree = await plant(vault, { large: { parts: mixed }, other: 'whole' });
    const bad = parts[20]!;
    await damageBlob({ storage, vault }, bad);
    const { problems } = await restoreFrom(vault, { tree, target: folder });
    assert.deepEqual(
      problems.map(({ path }) => path),
      ['large'],
    );
    assert.deepEqual(readdirSync(folder).sort(), ['large.holdfast-incomplete', 'other']);
    const rest = readFileSync(join(folder, 'large.holdfast-incomplete'), 'utf8');
    assert.ok(rest === mixed.map((part) => (part === bad ? '\0'.repeat(bad.length) : part)).join(''));
  });
});
