import assert from 'node:assert/strict';
import { test } from 'node:test';
import { smallVault, vaultOn } from '../../test/vaults.ts';
import type { BlobId } from '../base/ids.ts';
import { faultStorage, type Storage } from '../storage.ts';
import type { Vault } from './vault.ts';

/** The trees of the first snapshot, each with the pack it lies in. */
async function treesOf(vault: Vault): Promise<Map<BlobId, string>> {
  const [snapshot] = await vault.listSnapshots();
  const trees = new Map<BlobId, string>();
  const waiting = [snapshot!.tree];
  for (const id of waiting) {
    trees.set(id, (await vault.placeOf('tree', id)).pack);
    for (const { subtree } of (await vault.loadTree(id)).nodes) if (subtree !== undefined) waiting.push(subtree);
  }
  return trees;
}

/** Counts what is loaded from packs. */
function counted(inner: Storage): { storage: Storage; count: () => number } {
  let loads = 0;
  const storage = new Proxy(inner, {
    get(target, name) {
      if (name !== 'load') return Reflect.get(target, name).bind?.(target) ?? Reflect.get(target, name);
      return (...[ref, options]: Parameters<Storage['load']>) => {
        if (ref.kind === 'pack') loads++;
        return target.load(ref, options);
      };
    },
  });
  return { storage, count: () => loads };
}

test('trees that lie together are fetched together', async () => {
  const { vault, storage } = await smallVault();
  const watched = counted(storage);
  const trees = await treesOf(vaultOn(watched.storage, vault));
  assert.equal(trees.size, 3);
  assert.equal(watched.count(), new Set(trees.values()).size);
});

test('a tree whose segment comes cut off, or not at all, is asked for again', async () => {
  const { vault, storage } = await smallVault();
  const [id] = (await treesOf(vault)).keys();
  const expected = await vault.loadTree(id!);
  const short = faultStorage(storage, { script: [{ call: 'load', kind: 'pack', nth: 1, effect: 'short' }] });
  assert.deepEqual(await vaultOn(short, vault).loadTree(id!), expected);
  const failing = faultStorage(storage, {
    script: [{ call: 'load', kind: 'pack', nth: 1, effect: 'fail', code: 'storage-failed' }],
  });
  const again = vaultOn(failing, vault);
  await assert.rejects(again.loadTree(id!), { code: 'storage-failed' });
  assert.deepEqual(await again.loadTree(id!), expected);
});
