import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  assertSound,
  check,
  contents,
  copyOf,
  namesOf,
  PACK_BYTES,
  type SmallVault,
  smallVault,
  vaultOn,
} from '../../test/vaults.ts';
import { faultStorage, type Storage } from '../storage.ts';
import { executeForget } from './forget.ts';
import { executePrune, type PrunePlan, type PrunePolicy, parseUnusedLimit, planPrune } from './prune.ts';
import type { Vault } from './vault.ts';

const POLICY: PrunePolicy = { maxUnused: { share: 0 }, packBytesTarget: PACK_BYTES };
const EXECUTE = { threads: 0, compression: 'auto', packBytesTarget: PACK_BYTES } as const;

async function prune(vault: Vault, policy = POLICY, threads = 0): Promise<PrunePlan> {
  const plan = await planPrune(vault, policy, { threads });
  await executePrune(vault, plan, { ...EXECUTE, threads });
  return plan;
}

/** The small vault without its first snapshot. */
async function forgotten(): Promise<SmallVault & { kept: Map<string, string> }> {
  const small = await smallVault();
  const [first, ...others] = small.snapshots;
  await executeForget(small.vault, { seen: small.snapshots.map(({ id }) => id), remove: [first!.id] });
  return { ...small, snapshots: others, kept: await contents(small.vault) };
}

for (const threads of [0, 2])
  test(`what no snapshot needs goes, with ${threads} threads`, async () => {
    const { storage, vault, kept } = await forgotten();
    const before = await namesOf(storage, 'pack');
    const plan = await prune(vault, POLICY, threads);
    assert.ok(plan.totals.unusedBlobs > 0 && plan.totals.repackedPacks > 0 && plan.totals.freedBytes > 0);
    assert.notDeepEqual(await namesOf(storage, 'pack'), before);
    const { hints } = await assertSound(storage, vault, kept);
    assert.equal(hints, 0);
    const again = await planPrune(vault, POLICY, { threads: 0 });
    assert.deepEqual([again.repack, again.remove, again.orphans, again.totals.unusedBlobs], [[], [], [], 0]);
  });

test('a plan alone changes nothing, and nothing is done without need', async () => {
  const { storage, vault } = await smallVault();
  const counted = faultStorage(storage);
  await planPrune(vaultOn(counted, vault), POLICY, { threads: 0 });
  assert.equal(counted.mutations, 0);
  await prune(vaultOn(counted, vault));
  assert.equal(counted.mutations, 0);
});

test('limits leave packs alone', async () => {
  const { vault } = await forgotten();
  const plan = async (policy: Partial<PrunePolicy>): Promise<PrunePlan> =>
    await planPrune(vault, { ...POLICY, ...policy }, { threads: 0 });
  const full = await plan({});
  const isTree = (pack: number): boolean => full.inventory.table.kindOf(full.inventory.blobsOf(pack)[0]!) === 'tree';
  assert.ok(full.repack.some((pack) => !isTree(pack)));
  const unlimited = await plan({ maxUnused: 'unlimited' });
  assert.ok(unlimited.repack.every(isTree));
  assert.deepEqual((await plan({ maxRepackBytes: 0 })).repack, []);
  assert.ok((await plan({ repackCacheableOnly: true })).repack.every(isTree));
  assert.equal((await plan({ maxUnused: { bytes: 10 ** 9 } })).repack.filter((pack) => !isTree(pack)).length, 0);
});

test('uncompressed data and small packs are rewritten on request', async () => {
  const { storage, vault } = await smallVault();
  const kept = await contents(vault);
  const small = await planPrune(vault, { ...POLICY, packBytesTarget: 1 << 20, repackSmall: true }, { threads: 0 });
  assert.equal(small.repack.length, small.inventory.packs.length);
  await executePrune(vault, small, { ...EXECUTE, packBytesTarget: 1 << 20 });
  assert.equal((await namesOf(storage, 'pack')).length, 2);
  await assertSound(storage, vault, kept);
  const plain = await planPrune(vault, { ...POLICY, repackUncompressed: true }, { threads: 0 });
  assert.equal(plain.repack.length, 1);
  await executePrune(vault, plain, { ...EXECUTE, framesAll: true });
  const again = await planPrune(vault, { ...POLICY, repackUncompressed: true }, { threads: 0 });
  assert.equal(again.repack.length, 0, 'what does not shrink is not found again');
  await assertSound(storage, vault, kept);
});

test('of duplicates one copy stays, also after an interrupted run', async () => {
  const { storage, vault, kept } = await forgotten();
  const base = await copyOf(storage);
  await prune(vaultOn(base, vault));
  for (const kind of ['pack', 'index'] as const)
    for await (const { name } of base.list(kind)) await storage.save({ kind, name }, await base.load({ kind, name }));
  const plan = await prune(vaultOn(storage, vault));
  assert.ok(plan.totals.duplicateBlobs >= 3);
  assert.equal((await assertSound(storage, vault, kept)).hints, 0);
});

for (const [what, kind, code] of [
  ['an index is gone', 'index', 'blob-missing'],
  ['a pack is gone', 'pack', 'file-missing'],
] as const)
  test(`nothing is planned when ${what}`, async () => {
    const { storage, vault } = await smallVault();
    for (const name of await namesOf(storage, kind)) {
      const copy = await copyOf(storage);
      await copy.remove({ kind, name });
      const planned = planPrune(vaultOn(copy, vault), POLICY, { threads: 0 });
      await assert.rejects(planned, ({ code: found }: { code: string }) => [code, 'file-damaged'].includes(found));
    }
  });

test('a pack of another size stops the plan and is named', async () => {
  const { storage, vault } = await smallVault();
  for (const name of await namesOf(storage, 'pack')) {
    const copy = await copyOf(storage);
    await copy.save({ kind: 'pack', name }, (await storage.load({ kind: 'pack', name })).subarray(0, -1));
    const planned = planPrune(vaultOn(copy, vault), POLICY, { threads: 0 });
    await assert.rejects(planned, { code: 'file-damaged', message: new RegExp(name) });
  }
});

for (const threads of [0, 2])
  test(`a damaged blob stops the rewriting and nothing is removed, with ${threads} threads`, async () => {
    const { storage, vault, kept } = await forgotten();
    const plan = await planPrune(vault, POLICY, { threads });
    const pack = plan.repack.find((each) => plan.inventory.table.kindOf(plan.inventory.blobsOf(each)[0]!) === 'data')!;
    const name = plan.inventory.packs[pack]!;
    const blob = plan.inventory.blobsOf(pack).find((each) => plan.keep.has(each))!;
    const good = await storage.load({ kind: 'pack', name });
    const bad = good.slice();
    bad[plan.inventory.table.offsetOf(blob) + 20]! ^= 1;
    await storage.save({ kind: 'pack', name }, bad);
    const before = await namesOf(storage, 'pack');
    await assert.rejects(executePrune(vault, plan, { ...EXECUTE, threads }), {
      code: 'file-damaged',
      message: new RegExp(name),
    });
    const after = await namesOf(storage, 'pack');
    assert.ok(before.every((each) => after.includes(each)));
    await storage.save({ kind: 'pack', name }, good);
    await assertSound(storage, vault, kept);
  });

for (const threads of [0, 2])
  test(`a storage that is full stops the rewriting, with ${threads} threads`, async () => {
    const { storage, vault, kept } = await forgotten();
    const script = [{ effect: 'fail', code: 'storage-full', call: 'save', kind: 'pack' }] as const;
    const full = faultStorage(storage, { script: [...script] });
    const before = await namesOf(storage, 'pack');
    await assert.rejects(prune(vaultOn(full, vault), POLICY, threads), { code: 'storage-full' });
    assert.ok(full.struck > 0);
    assert.deepEqual(await namesOf(storage, 'pack'), before);
    await assertSound(storage, vault, kept);
    await prune(vault, POLICY, threads);
    assert.equal((await assertSound(storage, vault, kept)).hints, 0);
  });

test('a plan is not executed on a vault that has changed', async () => {
  const { storage, vault, snapshots } = await forgotten();
  const plan = await planPrune(vault, POLICY, { threads: 0 });
  const { id: _, timeMs: __, ...document } = snapshots[0]!;
  const added = await vault.saveSnapshot({ ...document, hostname: 'other' });
  await assert.rejects(executePrune(vault, plan, EXECUTE), { code: 'refused' });
  await vault.removeSnapshot(added);
  const [index] = await namesOf(storage, 'index');
  await storage.remove({ kind: 'index', name: index! });
  await assert.rejects(executePrune(vault, plan, EXECUTE), { code: 'refused' });
});

test('packs in no index go first', async () => {
  const { storage, vault } = await smallVault();
  const name = 'ab'.repeat(32);
  await storage.save({ kind: 'pack', name }, Buffer.from('left behind'));
  const plan = await prune(vault);
  assert.deepEqual([plan.orphans, plan.totals.orphanBytes, plan.totals.freedBytes], [[name], 11, 11]);
  assert.equal((await check(storage, vault)).hints, 0);
});

test('whatever call a crash comes at, nothing is lost and the next run finishes', async () => {
  const { storage, vault, kept } = await forgotten();
  await storage.save({ kind: 'pack', name: 'cd'.repeat(32) }, Buffer.from('left behind'));
  const whole = faultStorage(await copyOf(storage));
  await prune(vaultOn(whole, vault));
  assert.ok(whole.mutations > 10, `${whole.mutations} calls`);
  for (let mutation = 1; mutation <= whole.mutations; mutation++)
    for (const after of [false, true]) await crashAt(await copyOf(storage), { mutation, after }, { vault, kept });
});

async function crashAt(
  storage: Storage,
  crash: { mutation: number; after: boolean },
  { vault, kept }: { vault: Vault; kept: Map<string, string> },
): Promise<void> {
  const dying = faultStorage(storage, { crash });
  await assert.rejects(prune(vaultOn(dying, vault)), { message: /died here/ });
  await assertSound(storage, vault, kept);
  await prune(vaultOn(storage, vault));
  const { hints } = await assertSound(storage, vault, kept);
  assert.equal(hints, 0);
}

test('amounts that may stay unused are read', () => {
  assert.deepEqual(['5%', '0', '10M', 'unlimited'].map(parseUnusedLimit), [
    { share: 0.05 },
    { bytes: 0 },
    { bytes: 10 * 2 ** 20 },
    'unlimited',
  ]);
  for (const wrong of ['101%', 'x', '-1']) assert.throws(() => parseUnusedLimit(wrong), { code: 'usage' });
});
