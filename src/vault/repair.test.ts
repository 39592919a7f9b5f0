import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  assertSound,
  type Checked,
  check,
  contents,
  copyOf,
  namesOf,
  PACK_BYTES,
  smallVault,
  vaultOn,
} from '../../test/vaults.ts';
import { fileId, type PackId } from '../base/ids.ts';
import { type FileKind, faultStorage, type Storage } from '../storage.ts';
import {
  executeRepairIndex,
  executeRepairPacks,
  executeRepairSnapshots,
  planRepairIndex,
  planRepairPacks,
  planRepairSnapshots,
  type RepairIndexResult,
} from './repair.ts';
import type { Vault } from './vault.ts';

const WRITE = { threads: 0, compression: 'auto', packBytesTarget: PACK_BYTES } as const;

async function repairIndex(vault: Vault, readAllPacks = false): Promise<RepairIndexResult> {
  return await executeRepairIndex(vault, await planRepairIndex(vault, { readAllPacks }));
}

async function repairPacks(vault: Vault, ...names: PackId[]): Promise<void> {
  await executeRepairPacks(vault, await planRepairPacks(vault, { names }), WRITE);
}

async function repairSnapshots(vault: Vault, forget = true): Promise<number> {
  vault.dropIndex();
  return (await executeRepairSnapshots(vault, await planRepairSnapshots(vault), { forget })).length;
}

async function change(
  storage: Storage,
  ref: { kind: FileKind; name: string },
  edit: (bytes: Uint8Array) => Uint8Array,
): Promise<void> {
  await storage.save(ref, edit(await storage.load(ref)));
}

const flip =
  (at: number) =>
  (bytes: Uint8Array): Uint8Array => {
    bytes[at < 0 ? bytes.length + at : at]! ^= 1;
    return bytes;
  };

async function dataPack(vault: Vault): Promise<string> {
  const { table, packs } = await vault.index();
  return packs[table.packOf([...Array(table.count).keys()].find((blob) => table.kindOf(blob) === 'data')!)]!;
}

function errors({ findings }: Checked): string[] {
  return findings.filter(({ severity }) => severity === 'error').map(({ message }) => message);
}

test('an index is made anew from the packs, whatever became of it', async () => {
  const { storage, vault } = await smallVault();
  const kept = await contents(vault);
  const files = await namesOf(storage, 'index');
  const cases: ((copy: Storage) => Promise<unknown>)[] = [
    ...files.map((name) => (copy: Storage) => copy.remove({ kind: 'index', name })),
    ...files.map((name) => (copy: Storage) => change(copy, { kind: 'index', name }, flip(50))),
    (copy) => Promise.all(files.map((name) => copy.remove({ kind: 'index', name }))),
  ];
  for (const damage of cases) {
    const copy = await copyOf(storage);
    await damage(copy);
    assert.ok((await check(copy, vault)).errors > 0);
    const result = await repairIndex(vaultOn(copy, vault));
    assert.ok(result.packsIndexed > 0 && result.unreadable.length === 0);
    assert.equal((await assertSound(copy, vault, kept)).hints, 0);
    const counted = faultStorage(copy);
    await repairIndex(vaultOn(counted, vault));
    assert.equal(counted.mutations, 0);
  }
});

test('entries that do not fit their pack are corrected, and reading all packs gives the same index', async () => {
  const { storage, vault } = await smallVault();
  const kept = await contents(vault);
  const [name] = await namesOf(storage, 'index');
  const text = Buffer.from(await vault.documents.load('index', fileId(name!))).toString();
  const wrong = text.replace(/,\{"id":"[0-9a-f]{64}","type":"data"[^}]*\}/, '');
  assert.notEqual(wrong, text);
  await vault.documents.save('index', wrong);
  await storage.remove({ kind: 'index', name: name! });
  assert.ok((await check(storage, vault)).errors > 0);
  await repairIndex(vault);
  await assertSound(storage, vault, kept);
  const packs = await namesOf(storage, 'pack');
  assert.equal((await repairIndex(vault, true)).packsIndexed, packs.length);
  assert.equal((await assertSound(storage, vault, kept)).hints, 0);
  assert.equal((await namesOf(storage, 'index')).length, 1);
});

test('packs that are gone leave the index, unreadable ones stay and are told', async () => {
  const { storage, vault } = await smallVault();
  const [gone, cut] = await namesOf(storage, 'pack');
  await storage.remove({ kind: 'pack', name: gone! });
  await change(storage, { kind: 'pack', name: cut! }, (bytes) => bytes.subarray(0, bytes.length >> 1));
  const result = await repairIndex(vault);
  assert.deepEqual([result.packsDropped, result.unreadable.map(({ name }) => name)], [1, [cut]]);
  const kinds = new Set((await check(storage, vault)).findings.map(({ kind }) => kind));
  assert.ok(!kinds.has('pack-missing') && kinds.has('pack-size'));
});

test('what is good in a damaged pack is saved, and snapshots are repaired around the rest', async () => {
  const { storage, vault } = await smallVault();
  for (const name of await namesOf(storage, 'pack')) {
    const copy = await copyOf(storage);
    await change(copy, { kind: 'pack', name }, flip(20));
    const damaged = vaultOn(copy, vault);
    const plan = await planRepairPacks(damaged, { names: [name as PackId] });
    assert.equal(plan.packs[0]!.bad.length, 1);
    await executeRepairPacks(damaged, plan, WRITE);
    assert.ok(!(await namesOf(copy, 'pack')).includes(name));
    const before = errors(await check(copy, vault));
    assert.ok(before.length > 0 && before.every((message) => message.includes('in no index')));
    assert.ok((await repairSnapshots(damaged)) > 0);
    assert.deepEqual(errors(await check(copy, vault)), []);
    for (const { tags, original } of await damaged.listSnapshots())
      assert.equal(tags.includes('repaired'), original !== undefined);
    assert.equal(await repairSnapshots(damaged), 0);
  }
});

test('packs cut off, without header, or in no index are saved too', async () => {
  const { storage, vault } = await smallVault();
  const kept = await contents(vault);
  const [name] = await namesOf(storage, 'pack');
  for (const edit of [flip(-1), flip(-60), (bytes: Uint8Array) => Buffer.concat([bytes, Buffer.from('more')])]) {
    const copy = await copyOf(storage);
    await change(copy, { kind: 'pack', name: name! }, edit);
    await repairPacks(vaultOn(copy, vault), name as PackId);
    await assertSound(copy, vault, kept);
  }
  for (const index of await namesOf(storage, 'index')) await storage.remove({ kind: 'index', name: index });
  await repairPacks(vault, ...((await namesOf(storage, 'pack')) as PackId[]));
  await assertSound(storage, vault, kept);
  await assert.rejects(repairPacks(vault, fileId('ab'.repeat(32))), { code: 'not-found' });
});

test('lost packs, trees and snapshot files leave snapshots that can be restored', async () => {
  const { storage, vault, snapshots } = await smallVault();
  for (const name of await namesOf(storage, 'pack')) {
    const copy = await copyOf(storage);
    await copy.remove({ kind: 'pack', name });
    const damaged = vaultOn(copy, vault);
    await repairSnapshots(damaged);
    await repairIndex(damaged);
    assert.deepEqual(errors(await check(copy, vault)), []);
    await contents(damaged);
  }
  await change(storage, { kind: 'snapshot', name: snapshots[0]!.id }, flip(30));
  const plan = await planRepairSnapshots(vault);
  assert.deepEqual([plan.damaged.map(({ id }) => id), plan.intact, plan.repairs], [[snapshots[0]!.id], 2, []]);
  await executeRepairSnapshots(vault, plan, { forget: true });
  assert.deepEqual(errors(await check(storage, vault)), []);
});

test('without forgetting, the old snapshots stay and a second run adds nothing', async () => {
  const { storage, vault } = await smallVault();
  const name = await dataPack(vault);
  await storage.remove({ kind: 'pack', name });
  const counted = faultStorage(storage);
  await planRepairSnapshots(vaultOn(counted, vault));
  assert.equal(counted.mutations, 0);
  const made = await repairSnapshots(vault, false);
  assert.ok(made > 0);
  assert.equal((await vault.listSnapshots()).length, 3 + made);
  assert.equal(await repairSnapshots(vault, false), 0);
});

const DAMAGED: Record<
  string,
  { damage: (storage: Storage) => Promise<void>; repair: (vault: Vault) => Promise<unknown> }
> = {
  index: {
    damage: async (storage) => {
      const [first, second, third] = await namesOf(storage, 'index');
      await storage.remove({ kind: 'index', name: first! });
      for (const name of [second!, third!]) await change(storage, { kind: 'index', name }, flip(30));
    },
    repair: (vault) => repairIndex(vault),
  },
  packs: {
    damage: async (storage) => {
      for (const name of (await namesOf(storage, 'pack')).slice(0, 2))
        await change(storage, { kind: 'pack', name }, (bytes) => Buffer.concat([bytes, Buffer.from('more')]));
    },
    repair: async (vault) => {
      const { findings } = await check(vault.parts.storage, vault);
      const names = findings.filter(({ kind }) => kind === 'pack-size').map(({ id }) => id as PackId);
      await repairPacks(vault, ...names);
    },
  },
};

for (const [what, { damage, repair }] of Object.entries(DAMAGED))
  test(`repairing ${what} loses nothing whatever call a crash comes at, and the next run finishes`, async () => {
    const { storage, vault } = await smallVault();
    const kept = await contents(vault);
    await damage(storage);
    const whole = faultStorage(await copyOf(storage));
    await repair(vaultOn(whole, vault));
    assert.ok(whole.mutations > 2, `${whole.mutations} calls`);
    for (let mutation = 1; mutation <= whole.mutations; mutation++)
      for (const after of [false, true]) {
        const copy = await copyOf(storage);
        const dying = vaultOn(faultStorage(copy, { crash: { mutation, after } }), vault);
        await assert.rejects(repair(dying), { message: /died here/ });
        await repair(vaultOn(copy, vault));
        await assertSound(copy, vault, kept);
      }
  });

test('repairing snapshots can be cut short anywhere and run again', async () => {
  const { storage, vault } = await smallVault();
  const name = await dataPack(vault);
  await storage.remove({ kind: 'pack', name });
  await repairIndex(vault);
  const intact = new Set((await planRepairSnapshots(vault)).repairs.map(({ snapshot }) => snapshot.id));
  const whole = faultStorage(await copyOf(storage));
  await repairSnapshots(vaultOn(whole, vault));
  assert.ok(whole.mutations >= 4 && intact.size > 0);
  for (let mutation = 1; mutation <= whole.mutations; mutation++)
    for (const after of [false, true]) {
      const copy = await copyOf(storage);
      await assert.rejects(repairSnapshots(vaultOn(faultStorage(copy, { crash: { mutation, after } }), vault)));
      await repairSnapshots(vaultOn(copy, vault));
      assert.deepEqual(errors(await check(copy, vault)), []);
      assert.equal((await contents(vaultOn(copy, vault))).size, 3);
    }
});
