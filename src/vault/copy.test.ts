import assert from 'node:assert/strict';
import { test } from 'node:test';
import { assertSound, check, contents, namesOf, PACK_BYTES, smallVault, vaultOn } from '../../test/vaults.ts';
import { simulated } from '../host.ts';
import { faultStorage, memoryStorage, type Storage } from '../storage.ts';
import { type CopyOptions, type CopyProgress, copySnapshots } from './copy.ts';
import { initVault } from './open.ts';
import type { Vault } from './vault.ts';

const OPTIONS: CopyOptions = {
  compression: 'auto',
  packBytesTarget: PACK_BYTES,
  threads: 2,
  dryRun: false,
  signal: new AbortController().signal,
  onProgress: () => undefined,
};

async function emptyVault(): Promise<{ storage: Storage; vault: Vault }> {
  const storage = memoryStorage();
  const vault = await initVault(storage, {
    password: 'other',
    clock: simulated.fixedClock(Date.UTC(2026, 0, 9)),
    identity: simulated.fixedIdentity(),
    random: simulated.seededRandom(9),
    scrypt: { N: 2, r: 1, p: 1 },
  });
  return { storage, vault };
}

test('copies read as their originals, come from them by name, and are not made twice', async () => {
  const { vault: from, snapshots } = await smallVault();
  const { storage, vault: to } = await emptyVault();
  let last: CopyProgress | undefined;
  const onProgress = (progress: CopyProgress): void => {
    last = progress;
  };
  const planned = await copySnapshots({ from, to }, snapshots, { ...OPTIONS, dryRun: true });
  assert.deepEqual([planned.copied.length, await namesOf(storage, 'pack')], [3, []]);
  const { copied, blobs } = await copySnapshots({ from, to }, snapshots, { ...OPTIONS, onProgress });
  assert.deepEqual(
    [blobs, last?.blobs, last?.blobsTotal, last?.bytes],
    [planned.blobs, blobs, blobs, last?.bytesTotal],
  );
  assert.deepEqual([...(await contents(to)).values()], [...(await contents(from)).values()]);
  const copies = await to.listSnapshots();
  assert.deepEqual(
    copies.map(({ id, original, parent }) => [id, original, parent]),
    copied.map(({ id, source }) => [id, source, undefined]),
  );
  assert.deepEqual((await check(storage, to)).findings, []);
  const again = await copySnapshots({ from, to }, snapshots, OPTIONS);
  assert.deepEqual([again.copied, again.skipped.length, again.blobs], [[], 3, 0]);
  // A copy goes back under the name of its original, which is there.
  const back = await copySnapshots({ from: to, to: from }, copies, OPTIONS);
  assert.deepEqual([back.copied, back.skipped.length], [[], 3]);
});

test('what the destination has is not read again, also when only parts of a tree are there', async () => {
  const { vault: from, snapshots } = await smallVault();
  const { storage, vault: to } = await emptyVault();
  await copySnapshots({ from, to }, snapshots.slice(0, 1), OPTIONS);
  const all = await copySnapshots({ from, to }, snapshots, { ...OPTIONS, dryRun: true });
  const rest = await copySnapshots({ from, to }, snapshots, OPTIONS);
  assert.deepEqual([rest.skipped.length, rest.copied.length, rest.blobs], [1, 2, all.blobs]);
  const { table } = await to.index();
  assert.equal(
    table.count,
    new Set(Array.from({ length: table.count }, (_, at) => `${table.kindOf(at)}${table.idOf(at)}`)).size,
  );
  assert.deepEqual((await check(storage, to)).findings, []);
});

test('a damaged source gives no snapshot, and says which blob in which vault', async () => {
  const { storage: source, vault: from, snapshots } = await smallVault();
  const { storage, vault: to } = await emptyVault();
  const content = (await from.loadTree((await from.loadTree(snapshots[0]!.tree)).nodes[0]!.subtree!)).nodes[0]!
    .content!;
  const { pack } = await from.placeOf('data', content[0]!);
  const bytes = Uint8Array.from(await source.load({ kind: 'pack', name: pack }));
  bytes[(await from.placeOf('data', content[0]!)).offset + 20]! ^= 1;
  await source.remove({ kind: 'pack', name: pack });
  await source.save({ kind: 'pack', name: pack }, bytes);
  const damaged = vaultOn(source, from);
  await assert.rejects(copySnapshots({ from: damaged, to }, snapshots, OPTIONS), { code: 'file-damaged' });
  assert.deepEqual(await namesOf(storage, 'snapshot'), []);
  await source.remove({ kind: 'index', name: (await namesOf(source, 'index'))[0]! });
  const poorer = vaultOn(source, from);
  await assert.rejects(copySnapshots({ from: poorer, to }, snapshots, OPTIONS), { code: 'blob-missing' });
  assert.deepEqual(await namesOf(storage, 'snapshot'), []);
});

test('a copy that dies anywhere leaves a sound vault, and the next one finishes it', async () => {
  const { vault: from, snapshots } = await smallVault();
  const expected = [...(await contents(from)).values()];
  for (const mutation of [1, 8, 13])
    for (const after of [false, true]) {
      const { storage, vault: to } = await emptyVault();
      const dying = vaultOn(faultStorage(storage, { crash: { mutation, after } }), to);
      await copySnapshots({ from, to: dying }, snapshots, { ...OPTIONS, threads: 1 }).catch(() => undefined);
      await assertSound(storage, to, new Map());
      const next = vaultOn(storage, to);
      await copySnapshots({ from, to: next }, snapshots, { ...OPTIONS, threads: 1 });
      assert.deepEqual([...(await contents(next)).values()], expected);
    }
});

test('snapshots that are whole are saved before the next ones are copied', async () => {
  const { vault: from, snapshots } = await smallVault();
  const reached = new Set<number>();
  for (let mutation = 2; mutation < 20; mutation++) {
    const { storage, vault: to } = await emptyVault();
    const dying = vaultOn(faultStorage(storage, { crash: { mutation, after: true } }), to);
    const one = { ...OPTIONS, threads: 1, batchBytes: 1 };
    await copySnapshots({ from, to: dying }, snapshots, one).catch(() => undefined);
    await assertSound(storage, to, new Map());
    reached.add((await vaultOn(storage, to).listSnapshots()).length);
  }
  assert.deepEqual([...reached].sort(), [0, 1, 2, 3]);
});
