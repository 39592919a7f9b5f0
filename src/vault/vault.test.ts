import assert from 'node:assert/strict';
import { test } from 'node:test';
import { namesOf, PACK_BYTES, smallVault, vaultOn } from '../../test/vaults.ts';
import type { BlobId } from '../base/ids.ts';
import { faultStorage } from '../storage.ts';
import { executeForget } from './forget.ts';
import { executePrune, planPrune } from './prune.ts';

test('an index loaded before the lock was certain is not believed when others pruned meanwhile', async () => {
  const { storage, vault, snapshots } = await smallVault();
  const early = vaultOn(storage, vault);
  const before = (await early.index()).table;
  await executeForget(vault, { seen: snapshots.map(({ id }) => id), remove: [snapshots[0]!.id] });
  await early.confirmIndex();
  assert.equal((await early.index()).table, before, 'forgetting alone leaves the index as it is');
  const plan = await planPrune(vault, { maxUnused: { share: 0 }, packBytesTarget: PACK_BYTES }, { threads: 0 });
  await executePrune(vault, plan, { threads: 0, compression: 'auto', packBytesTarget: PACK_BYTES });
  const packs = new Set<string>(await namesOf(storage, 'pack'));
  assert.ok(
    (await early.index()).packs.some((pack) => !packs.has(pack)),
    'what it knows is gone',
  );
  await early.confirmIndex();
  assert.ok((await early.index()).packs.every((pack) => packs.has(pack)));
});

test('an index that could not be loaded is loaded again once the lock is certain', async () => {
  const { storage, vault } = await smallVault();
  const script = [{ call: 'load', kind: 'index', nth: 1, effect: 'fail', code: 'not-found' } as const];
  const early = vaultOn(faultStorage(storage, { script }), vault);
  await assert.rejects(early.index(), /not found/);
  await early.confirmIndex();
  assert.ok((await early.index()).table.count > 0);
});

test('a damaged blob is named with its pack, and one that is hidden is found by nobody', async () => {
  const { storage, vault, snapshots } = await smallVault();
  const tree = snapshots.at(-1)!.tree;
  const flipping = vaultOn(faultStorage(storage, { script: [{ call: 'load', kind: 'pack', effect: 'flip' }] }), vault);
  const { pack } = await flipping.placeOf('tree', tree);
  await assert.rejects(flipping.loadBlob('tree', tree), new RegExp(`damaged: pack ${pack}, blob ${tree}: its auth`));
  const { table } = await vault.index();
  const entries = Array.from({ length: table.count }, (_, at) => at);
  const hidden = table.packOf(table.findHex('tree', tree));
  const others = entries
    .filter((at) => table.kindOf(at) === 'data' || table.packOf(at) !== hidden)
    .map((at) => table.idOf(at));
  table.hide('tree', tree);
  assert.deepEqual([table.findHex('tree', tree), table.findAll('tree', tree)], [-1, []]);
  assert.ok(others.every((id: BlobId) => table.findHex('tree', id) >= 0 || table.findHex('data', id) >= 0));
});
