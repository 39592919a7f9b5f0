import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { it } from 'node:test';
import { World } from '../compat/backup-world.ts';
import { holdfast } from '../simulation/program.ts';

it('tagging again after a run that was killed between making and removing leaves each snapshot once', async () => {
  using world = new World();
  await world.init();
  const environment = { HOLDFAST_VAULT: world.path('vault'), HOLDFAST_PASSWORD: 'quick' };
  writeFileSync(world.at('file'), 'content');
  const { snapshotId } = await world.ours(['.']);
  const storage = world.storage();
  const old = await storage.load({ kind: 'snapshot', name: snapshotId! });
  assert.equal((await holdfast(['tag', '--add', 'kept'], environment)).status, 0);
  await storage.save({ kind: 'snapshot', name: snapshotId! }, old);
  assert.equal((await holdfast(['tag', '--add', 'kept'], environment)).status, 0);
  await using vault = await world.open();
  const snapshots = await vault.listSnapshots();
  assert.deepEqual(
    snapshots.map(({ tags, original }) => [tags, original]),
    [[['kept'], snapshotId]],
  );
});
