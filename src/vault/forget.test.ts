import assert from 'node:assert/strict';
import { test } from 'node:test';
import { assertSound, contents, copyOf, namesOf, smallVault, vaultOn } from '../../test/vaults.ts';
import { faultStorage } from '../storage.ts';
import { executeForget } from './forget.ts';

test('only snapshot files go, in any number of attempts', async () => {
  const { storage, vault, snapshots } = await smallVault();
  const all = snapshots.map(({ id }) => id);
  const [first, second, last] = [all[0]!, all[1]!, all[2]!];
  const kept = await contents(vault);
  kept.delete(first);
  kept.delete(second);
  for (const mutation of [1, 2])
    for (const after of [false, true]) {
      const copy = await copyOf(storage);
      const dying = vaultOn(faultStorage(copy, { crash: { mutation, after } }), vault);
      await assert.rejects(executeForget(dying, { seen: all, remove: all.slice(0, 2) }), /died here/);
      await assertSound(copy, vault, kept);
      const now = (await vaultOn(copy, vault).listSnapshots()).map(({ id }) => id);
      await executeForget(vaultOn(copy, vault), { seen: now, remove: now.filter((id) => id !== last) });
      assert.deepEqual(await namesOf(copy, 'snapshot'), [last]);
      for (const kind of ['pack', 'index'] as const)
        assert.deepEqual(await namesOf(copy, kind), await namesOf(storage, kind));
    }
});

test('a plan of another state of the vault is refused', async () => {
  const { vault, snapshots } = await smallVault();
  const seen = snapshots.map(({ id }) => id);
  await vault.removeSnapshot(seen[2]!);
  await assert.rejects(executeForget(vault, { seen, remove: [seen[0]!] }), { code: 'refused' });
  await assert.rejects(executeForget(vault, { seen: seen.slice(0, 1), remove: [seen[0]!] }), { code: 'refused' });
  assert.equal((await vault.listSnapshots()).length, 2);
  await executeForget(vault, { seen, remove: [] });
});
