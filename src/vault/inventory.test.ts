import assert from 'node:assert/strict';
import { test } from 'node:test';
import { copyOf, namesOf, smallVault, vaultOn } from '../../test/vaults.ts';
import { fileId } from '../base/ids.ts';
import { takeInventory } from './inventory.ts';

test('blobs are told pack by pack, with sizes as the files have them', async () => {
  const { storage, vault } = await smallVault();
  const inventory = await takeInventory(vault);
  assert.deepEqual([...inventory.packs].sort(), await namesOf(storage, 'pack'));
  assert.equal(inventory.order.length, inventory.table.count);
  for (const [pack, name] of inventory.packs.entries()) {
    assert.equal(inventory.sizeOf(pack), (await storage.stat({ kind: 'pack', name })).size);
    let end = 0;
    for (const blob of inventory.blobsOf(pack)) {
      const { id, kind, offset, length } = inventory.packedBlob(blob);
      assert.equal(offset, end);
      assert.equal(inventory.firstCopy(blob), inventory.table.findHex(kind, id));
      end += length;
    }
  }
  assert.deepEqual(inventory.repeatedPacks(), []);
});

test('a pack named twice has its blobs once, one split over files has all of them', async () => {
  const { storage, vault } = await smallVault();
  const before = await takeInventory(vault);
  const [name] = await namesOf(storage, 'index');
  const text = Buffer.from(await vault.documents.load('index', fileId(name!))).toString();
  await vault.documents.save('index', text);
  const blobs = /\{"id":"[0-9a-f]{64}","type"[^}]*\}/g;
  const half = text.replace(blobs, (blob, at: number) => (at % 2 === 0 ? blob : '')).replace(/,{2,}/g, ',');
  await vault.documents.save('index', half.replace(/\[,/g, '[').replace(/,\]/g, ']'));
  const inventory = await takeInventory(vault);
  assert.equal(inventory.table.count, before.table.count);
  assert.equal(inventory.files.length, before.files.length + 2);
  assert.ok(inventory.repeatedPacks().length > 0);
  for (const [pack, id] of inventory.packs.entries())
    assert.equal(inventory.sizeOf(pack), before.sizeOf(before.packs.indexOf(id)));
});

test('index files that cannot be read are thrown, or told and left out', async () => {
  const { storage, vault } = await smallVault();
  const copy = await copyOf(storage);
  const [name] = await namesOf(copy, 'index');
  await copy.save({ kind: 'index', name: name! }, Buffer.from('not an index'));
  const damaged = vaultOn(copy, vault);
  await assert.rejects(takeInventory(damaged), { code: 'file-damaged', message: new RegExp(name!) });
  const told: string[] = [];
  const inventory = await takeInventory(damaged, { onDamaged: (file) => told.push(file.name) });
  assert.deepEqual([told, inventory.files.length], [[name], 2]);
});
