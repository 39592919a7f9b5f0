/** From packs of a vault on disk to what is proven, and what damage takes away. */
import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, truncateSync, unlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, test } from 'node:test';
import { namesOf, smallVault, vaultOn } from '../../test/vaults.ts';
import { openStorage } from '../storage.ts';
import type { Snapshot, Vault } from '../vault.ts';
import { executeReading, type Judgement, packSizes, planReading, proveSnapshots } from '../verification.ts';

const DAY = 86_400_000;
const NOW = Date.UTC(2026, 0, 1);
const POLICY = { nowMs: NOW, provenForMs: 40 * DAY };

describe('a vault on disk', () => {
  let folder: string;
  let vault: Vault;
  let snapshots: Snapshot[];
  let names: string[];

  beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), 'holdfast-'));
    const small = await smallVault();
    const storage = openStorage(folder);
    await storage.create();
    for (const kind of ['config', 'key', 'snapshot', 'index', 'pack'] as const)
      for (const name of await namesOf(small.storage, kind))
        await storage.save({ kind, name }, await small.storage.load({ kind, name }));
    vault = vaultOn(storage, small.vault);
    snapshots = small.snapshots;
    names = await namesOf(storage, 'pack');
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  function fileOf(pack: string): string {
    return join(folder, 'data', pack.slice(0, 2), pack);
  }

  async function readAll(at = NOW): Promise<Map<string, number>> {
    const { verified } = await executeReading(vault, names, { threads: 0 });
    return new Map(verified.map((name) => [name, at]));
  }

  async function judge(verifiedMs: ReadonlyMap<string, number>): Promise<Judgement[]> {
    return await proveSnapshots(vault, snapshots, { verifiedMs, ...POLICY });
  }

  /** A pack that some of the snapshots need, and which. */
  async function partlyNeeded(): Promise<{ pack: string; needing: boolean[] }> {
    const needed = (await judge(new Map())).map((each) => new Set(each.needed));
    for (const pack of names) {
      const needing = needed.map((set) => set.has(pack));
      if (needing.includes(true) && needing.includes(false)) return { pack, needing };
    }
    return assert.fail('every pack is needed by all');
  }

  test('proves nothing until it was read, and everything then', async () => {
    for (const { isProven, provenMs, reason, missing } of await judge(new Map())) {
      assert.deepEqual([isProven, provenMs], [false, undefined]);
      assert.match(reason!, new RegExp(`^${missing} packs of it never read back and found right$`));
    }
    for (const [i, judgement] of (await judge(await readAll())).entries()) {
      const { snapshotId, isProven, provenMs, reason } = judgement;
      assert.deepEqual([snapshotId, isProven, provenMs, reason], [snapshots[i]!.id, true, NOW, undefined]);
    }
  });

  test('is proven only for so long, and again once the oldest were read', async () => {
    const verified = await readAll(NOW - 41 * DAY);
    for (const { isProven, aged, reason } of await judge(verified)) {
      assert.equal(isProven, false);
      assert.equal(reason, `${aged} packs of it read back too long ago`);
    }
    const sizes = await packSizes(vault);
    for (let turn = 0; turn < 3; turn++) {
      const { packs } = planReading(sizes, verified, { ...POLICY, shareOfBytes: 1 / 3 });
      assert.ok(packs.length < names.length);
      const result = await executeReading(vault, packs, { threads: 0 });
      for (const pack of result.verified) verified.set(pack, NOW);
    }
    assert.ok((await judge(verified)).every(({ isProven }) => isProven));
  });

  const DAMAGE: Record<string, [strike: (path: string) => void, reason: RegExp]> = {
    'a flipped bit': [flipMiddle, /^does not have the content it was stored with/],
    'a missing file': [unlinkSync, /^is in the index but not in the vault$/],
    'a file cut off': [(path) => truncateSync(path, 1000), /^has 1000 bytes where the index tells of \d+$/],
    'a file with a byte more': [(path) => writeFileSync(path, 'x', { flag: 'a' }), /^has \d+ bytes where/],
  };
  for (const [what, [strike, reason]] of Object.entries(DAMAGE))
    test(`loses the proof of the snapshots that need a pack with ${what}, and of no other`, async () => {
      const { pack, needing } = await partlyNeeded();
      strike(fileOf(pack));
      const { damaged, verified, bytes } = await executeReading(vault, names, { threads: 0 });
      assert.deepEqual(
        damaged.map((each) => each.pack),
        [pack],
      );
      assert.match(damaged[0]!.reason, reason);
      assert.equal(verified.length, names.length - 1);
      assert.ok(bytes > 0);
      const judged = await judge(new Map(verified.map((name) => [name, NOW])));
      assert.deepEqual(
        judged.map(({ isProven }) => !isProven),
        needing,
      );
      for (const { isProven, missing, reason: why } of judged)
        if (!isProven) assert.ok(missing === 1 && why !== undefined);
    });

  test('shows packs that are gone or cut off in the listing already, and reads those first', async () => {
    const verified = await readAll();
    unlinkSync(fileOf(names[3]!));
    truncateSync(fileOf(names[5]!), 10);
    const sizes = await packSizes(vault);
    assert.deepEqual(
      sizes
        .filter(({ isWhole }) => !isWhole)
        .map(({ name, bytes }) => [name, bytes])
        .sort(),
      [
        [names[3], 0],
        [names[5], 10],
      ].sort(),
    );
    const plan = planReading(sizes, verified, { ...POLICY, shareOfBytes: 0.001 });
    assert.deepEqual(plan.packs.slice(0, 2).sort(), [names[3], names[5]].sort());
    const { damaged } = await executeReading(vault, plan.packs, { threads: 0 });
    assert.equal(damaged.length, 2);
  });

  test('proves nothing of a snapshot whose trees are lost, even when every pack was once read', async () => {
    const verified = await readAll();
    const { pack } = await vault.placeOf('tree', snapshots[0]!.tree);
    unlinkSync(fileOf(pack));
    const [first, ...others] = await judge(verified);
    assert.equal(first!.isProven, false);
    assert.equal(first!.reason, `tree ${snapshots[0]!.tree} cannot be read`);
    assert.ok(others.some(({ isProven }) => isProven));
  });

  test('goes on where it was after a restart: what was read is all there is to remember', async () => {
    const before = await executeReading(vault, names.slice(0, 4), { threads: 0 });
    const again = vaultOn(openStorage(folder), vault);
    const verified = new Map(before.verified.map((name) => [name, NOW]));
    const plan = planReading(await packSizes(again), verified, { ...POLICY, shareOfBytes: 1 });
    assert.deepEqual(plan.packs.slice(0, names.length - 4).sort(), names.slice(4).sort());
    assert.equal(plan.coverage.unread, names.length - 4);
    const after = await executeReading(again, plan.packs, { threads: 1 });
    for (const name of after.verified) verified.set(name, NOW);
    const judged = await proveSnapshots(again, snapshots, { verifiedMs: verified, ...POLICY, threads: 2 });
    assert.ok(judged.every(({ isProven }) => isProven));
  });
});

function flipMiddle(path: string): void {
  const bytes = readFileSync(path);
  bytes[bytes.length >> 1]! ^= 1;
  writeFileSync(path, bytes);
}
