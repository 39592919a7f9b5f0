import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { copyOf, namesOf, type SmallVault, smallVault, vaultOn } from '../../test/vaults.ts';
import type { PackId } from '../base/ids.ts';
import { faultStorage } from '../storage.ts';
import { BlobSaver } from './blob-saver.ts';
import type { Finding } from './check/finding.ts';
import type { Snapshot } from './model.ts';
import type { Vault } from './vault.ts';
import { packsOf, readBack, surveyPacks } from './verify.ts';

async function read(
  vault: Vault,
  packs: Iterable<string>,
  threads = 0,
): Promise<Awaited<ReturnType<typeof readBack>> & { about: Finding[] }> {
  const about: Finding[] = [];
  const options = { packs: packs as Iterable<PackId>, threads, onFinding: (found: Finding) => void about.push(found) };
  return { ...(await readBack(vault, options)), about };
}

/** What each snapshot needs, found by loading every tree of it. */
async function packsByLoading(vault: Vault, { tree }: Snapshot): Promise<string[]> {
  const packs = new Set<string>();
  const stack = [tree];
  for (let id = stack.pop(); id !== undefined; id = stack.pop()) {
    packs.add((await vault.placeOf('tree', id)).pack);
    for (const { content = [], subtree } of (await vault.loadTree(id)).nodes) {
      for (const blob of content) packs.add((await vault.placeOf('data', blob)).pack);
      if (subtree !== undefined) stack.push(subtree);
    }
  }
  return [...packs].sort();
}

type Change = (bytes: Uint8Array) => Uint8Array | undefined;

/** The same vault with a pack changed; undefined takes it away. */
async function struck({ storage, vault }: SmallVault, name: string, change: Change): Promise<Vault> {
  const copy = await copyOf(storage);
  const bytes = change((await storage.load({ kind: 'pack', name })).slice());
  if (bytes === undefined) await copy.remove({ kind: 'pack', name });
  else await copy.save({ kind: 'pack', name }, bytes);
  return vaultOn(copy, vault);
}

const flipped =
  (at: (length: number) => number): Change =>
  (bytes) => {
    bytes[at(bytes.length)]! ^= 1;
    return bytes;
  };

describe('reading back', () => {
  for (const threads of [0, 2])
    test(`all packs of a good vault are verified, with ${threads} threads`, async () => {
      const { storage, vault } = await smallVault();
      const names = await namesOf(storage, 'pack');
      assert.ok(names.length > 5);
      const progress: number[] = [];
      const result = await readBack(vault, {
        packs: names as PackId[],
        threads,
        onFinding: ({ message }) => assert.fail(message),
        onProgress: ({ done, total, bytesDone, bytesTotal }) => {
          assert.equal(total, names.length);
          assert.ok(bytesDone <= bytesTotal);
          progress.push(done);
        },
      });
      assert.deepEqual([...result.verified].sort(), names);
      assert.deepEqual([result.damaged, result.findings], [[], 0]);
      assert.deepEqual(
        progress,
        names.map((_, i) => i + 1),
      );
      let bytes = 0;
      for await (const { size } of storage.list('pack')) bytes += size;
      assert.equal(result.bytesRead, bytes);
    });

  test('reads what was asked for, each once, and nothing else', async () => {
    const { storage, vault } = await smallVault();
    const [first, , third] = await namesOf(storage, 'pack');
    const { verified, bytesRead } = await read(vault, [first!, third!, first!]);
    assert.deepEqual(verified.sort(), [first, third]);
    const sizes = [
      await storage.stat({ kind: 'pack', name: first! }),
      await storage.stat({ kind: 'pack', name: third! }),
    ];
    assert.equal(bytesRead, sizes[0]!.size + sizes[1]!.size);
    assert.deepEqual((await read(vault, [])).verified, []);
  });

  const CHANGES: Record<string, [kind: string, change: Change]> = {
    'a flipped bit in the first byte': ['pack-damaged', flipped(() => 0)],
    'a flipped bit in the middle': ['pack-damaged', flipped((length) => length >> 1)],
    'a flipped bit in the last byte': ['pack-damaged', flipped((length) => length - 1)],
    'half of it': ['pack-size', (bytes) => bytes.subarray(0, bytes.length >> 1)],
    'one byte less': ['pack-size', (bytes) => bytes.subarray(0, -1)],
    'one byte more': ['pack-size', (bytes) => Buffer.concat([bytes, Buffer.of(0)])],
    'nothing in it': ['pack-size', () => new Uint8Array(0)],
    'nothing there': ['pack-missing', () => undefined],
  };
  for (const [what, [kind, change]] of Object.entries(CHANGES))
    test(`a pack with ${what} is not verified, the others are`, async () => {
      const small = await smallVault();
      const names = await namesOf(small.storage, 'pack');
      for (const name of names.slice(0, 3)) {
        const { verified, damaged, findings, about } = await read(await struck(small, name, change), names);
        assert.deepEqual(damaged, [name]);
        assert.deepEqual(
          verified.sort(),
          names.filter((each) => each !== name),
        );
        assert.ok(findings > 0 && about.some((found) => found.kind === kind));
        assert.ok(about.every(({ id, severity }) => id === name && severity === 'error'));
      }
    });

  test('a pack that belongs to another place is not verified', async () => {
    const small = await smallVault();
    const [name, other] = await namesOf(small.storage, 'pack');
    const bytes = await small.storage.load({ kind: 'pack', name: other! });
    const { damaged } = await read(await struck(small, name!, () => bytes), [name!, other!]);
    assert.deepEqual(damaged, [name]);
  });

  test('a pack that no index names is not verified', async () => {
    const { vault } = await smallVault();
    const name = 'ab'.repeat(32);
    const { damaged, verified, about } = await read(vault, [name]);
    assert.deepEqual([damaged, verified, about[0]!.kind], [[name], [], 'pack-missing']);
  });

  test('tells of each pack at once, so that a failure loses nothing', async () => {
    const { storage, vault } = await smallVault();
    const packs = (await namesOf(storage, 'pack')) as PackId[];
    const failing = vaultOn(
      faultStorage(storage, {
        script: [{ call: 'load', kind: 'pack', effect: 'fail', code: 'storage-failed', nth: 5 }],
      }),
      vault,
    );
    const told: PackId[] = [];
    const options = {
      packs,
      threads: 0,
      onFinding: () => assert.fail(),
      onVerified: (pack: PackId) => told.push(pack),
    };
    await assert.rejects(readBack(failing, options), { code: 'storage-failed' });
    assert.ok(told.length >= 1 && told.length < packs.length, String(told.length));
    await readBack(vault, options);
    assert.deepEqual([...new Set(told)].sort(), packs);
  });

  test('stops when told to', async () => {
    const { storage, vault } = await smallVault();
    const packs = (await namesOf(storage, 'pack')) as PackId[];
    const signal = AbortSignal.abort(new Error('enough'));
    await assert.rejects(readBack(vault, { packs, threads: 0, onFinding: () => {}, signal }), /enough/);
  });
});

describe('the packs that snapshots need', () => {
  for (const threads of [0, 2])
    test(`are those that loading everything comes upon, with ${threads} threads`, async () => {
      for (const seed of [1, 2, 3]) {
        const { vault, snapshots } = await smallVault(seed);
        const needed = await packsOf(vault, snapshots, { threads });
        assert.equal(needed.length, 3);
        for (const [i, { snapshotId, packs, lack }] of needed.entries()) {
          assert.deepEqual([snapshotId, lack], [snapshots[i]!.id, undefined]);
          const expected = await packsByLoading(vault, snapshots[i]!);
          assert.deepEqual([...packs].sort(), expected);
          assert.deepEqual([...packs].sort(), expected, 'and again');
        }
        const sizes = needed.map(({ packs }) => [...packs].length);
        assert.ok(new Set(sizes).size > 1, 'snapshots need different packs');
      }
    });

  test('are the same for the same snapshot given twice, and none for no snapshot', async () => {
    const { vault, snapshots } = await smallVault();
    const [first] = snapshots;
    const [one, two] = await packsOf(vault, [first!, first!], { threads: 0 });
    assert.deepEqual([...one!.packs], [...two!.packs]);
    assert.deepEqual(await packsOf(vault, [], { threads: 0 }), []);
  });

  test('a blob in two packs needs the one that is preferred', async () => {
    const { storage, vault, snapshots } = await smallVault();
    const before = await namesOf(storage, 'pack');
    await storeAgain(vault);
    const added = (await namesOf(storage, 'pack')).filter((name) => !before.includes(name));
    assert.ok(added.length > 0);
    for (const preferred of [before, added]) {
      const prefers = (pack: string): boolean => preferred.includes(pack);
      for (const { packs } of await packsOf(vault, snapshots, { threads: 0, prefers }))
        assert.deepEqual(
          [...packs].filter((pack) => !prefers(pack)),
          [],
        );
    }
  });

  test('of a snapshot with a lost tree are not known, which is told; of the others they are', async () => {
    const small = await smallVault();
    const { vault, snapshots } = small;
    const subtree = (await vault.loadTree(snapshots[1]!.tree)).nodes[0]!.subtree!;
    for (const tree of [snapshots[1]!.tree, subtree]) {
      const { pack } = await vault.placeOf('tree', tree);
      const needing = (await Promise.all(snapshots.map((each) => treesIn(vault, each, pack)))) as boolean[];
      assert.ok(needing[1] && needing.includes(false));
      for (const change of [() => undefined, flipped(() => 40)] as Change[]) {
        const needed = await packsOf(await struck(small, pack, change), snapshots, { threads: 0 });
        assert.deepEqual(
          needed.map(({ lack }) => lack !== undefined),
          needing,
        );
        assert.match(needed[1]!.lack!, /^tree [0-9a-f]{64} cannot be read$/);
        assert.ok([...needed[1]!.packs].includes(pack as PackId), 'the pack it was in is needed all the same');
      }
    }
  });

  test('of a snapshot with blobs in no index are told to be incomplete', async () => {
    const { storage, vault, snapshots } = await smallVault();
    const indexes = await namesOf(storage, 'index');
    const seen = new Set<string>();
    for (const name of indexes) {
      const copy = await copyOf(storage);
      await copy.remove({ kind: 'index', name });
      const needed = await packsOf(vaultOn(copy, vault), snapshots, { threads: 0 });
      assert.ok(needed.some(({ lack }) => lack !== undefined));
      for (const { lack } of needed) if (lack !== undefined) seen.add(lack.replaceAll(/[0-9a-f]{64}|\d+ of/g, '#'));
    }
    assert.deepEqual(
      [...seen].sort(),
      ['tree # is in no index', '# the blobs that tree # refers to are in no index'].sort(),
    );
  });
});

describe('a survey of the packs', () => {
  test('tells sizes, what is missing and what nothing names', async () => {
    const { storage, vault } = await smallVault();
    const [gone, cut] = await namesOf(storage, 'pack');
    const whole = await surveyPacks(vault);
    assert.ok(whole.packs.every(({ size, expected }) => size === expected));
    assert.equal(
      whole.packs.reduce((sum, { size }) => sum + size, 0),
      whole.bytes,
    );
    const bytes = await storage.load({ kind: 'pack', name: cut! });
    const lost = (await storage.stat({ kind: 'pack', name: gone! })).size;
    await storage.remove({ kind: 'pack', name: gone! });
    await storage.save({ kind: 'pack', name: cut! }, bytes.subarray(0, 100));
    await storage.save({ kind: 'pack', name: 'cd'.repeat(32) }, Buffer.alloc(7));
    const after = await surveyPacks(vault);
    assert.deepEqual(
      after.packs.filter(({ size, expected }) => size !== expected).map(({ name, size }) => [name, size]),
      whole.packs.flatMap(({ name }) => (name === gone ? [[name, -1]] : name === cut ? [[name, 100]] : [])),
    );
    assert.deepEqual([after.orphanBytes, after.bytes], [7, whole.bytes - lost - bytes.length + 100 + 7]);
  });
});

/** Stores every blob once more, in packs of its own. */
async function storeAgain(vault: Vault): Promise<void> {
  const { table } = await vault.index();
  const saver = new BlobSaver(vault, { compression: 'off', packBytesTarget: 16 * 1024 });
  for (let entry = 0; entry < table.count; entry++) {
    const [kind, id] = [table.kindOf(entry), table.idOf(entry)];
    await saver.add(kind, await vault.loadBlob(kind, id), table.idBytesOf(entry));
  }
  await saver.finish();
  vault.dropIndex();
}

/** Whether a tree of the snapshot lies in the pack. */
async function treesIn(vault: Vault, { tree }: Snapshot, pack: string): Promise<boolean> {
  const below = (await vault.loadTree(tree)).nodes.flatMap(({ subtree }) => (subtree === undefined ? [] : [subtree]));
  for (const id of [tree, ...below]) if ((await vault.placeOf('tree', id)).pack === pack) return true;
  return false;
}
