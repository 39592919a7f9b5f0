/**
 * Whole vaults with one file damaged at random, by decay (any bytes changed) or by somebody who has the key (a document
 * that is authentic but makes no sense). Everything that reads a vault either works or says so by a registered error.
 */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { AppError } from '../../src/base/errors.ts';
import type { PackId } from '../../src/base/ids.ts';
import { simulated } from '../../src/host.ts';
import type { FileKind, Storage } from '../../src/storage.ts';
import { checkVault } from '../../src/vault/check.ts';
import { nameOf, sealBytes } from '../../src/vault/documents.ts';
import { listKeys } from '../../src/vault/key-ring.ts';
import { openVault } from '../../src/vault/open.ts';
import { planPrune } from '../../src/vault/prune.ts';
import { planRepairIndex, planRepairPacks, planRepairSnapshots } from '../../src/vault/repair.ts';
import { Sealer } from '../../src/vault/seal.ts';
import { unlock } from '../../src/vault/unlock.ts';
import { decodeUnpacked } from '../../src/vault/unpacked.ts';
import type { Vault } from '../../src/vault/vault.ts';
import { browse } from '../../src/vault.ts';
import { damaged } from '../fuzz.ts';
import { copyOf, namesOf, PACK_BYTES, smallVault } from '../vaults.ts';

const RUNS = 30;
const KINDS: FileKind[] = ['config', 'key', 'snapshot', 'index', 'pack', 'lock'];

const small = await smallVault();
await small.vault.documents.save('lock', '{"time":"2026-01-01T00:00:00Z","exclusive":false,"hostname":"host","pid":7}');
const whole = await copyOf(small.storage);
for (const name of await namesOf(small.storage, 'lock'))
  await whole.save({ kind: 'lock', name }, await small.storage.load({ kind: 'lock', name }));

/** Ways to use a vault; each is tried on each damaged one. */
const USES: Record<string, (vault: Vault) => Promise<unknown>> = {
  lock: async (vault) => {
    await using _lock = await vault.lock({ exclusive: true });
  },
  unlock: (vault) => unlock(vault, { all: false }),
  keys: listKeys,
  read: async (vault) => {
    const { snapshots } = await browse.listReadableSnapshots(vault);
    for (const { tree } of snapshots)
      for await (const { node } of browse.walkTree(vault, tree)) for await (const _ of browse.contentOf(vault, node));
  },
  check: (vault) =>
    checkVault(vault, { threads: 0, readData: 'all', random: simulated.seededRandom(1), onFinding: () => {} }),
  prune: (vault) => planPrune(vault, { packBytesTarget: PACK_BYTES }, { threads: 0 }),
  'repair index': (vault) => planRepairIndex(vault, { readAllPacks: true }),
  'repair packs': async (vault) =>
    planRepairPacks(vault, { names: (await namesOf(vault.parts.storage, 'pack')) as PackId[] }),
  'repair snapshots': (vault) => planRepairSnapshots(vault),
};

describe('a vault with a damaged file', () => {
  for (const kind of KINDS)
    it(`${kind}: any bytes`, async () => {
      const [name] = await namesOf(whole, kind);
      const bytes = await whole.load({ kind, name: name! });
      await fc.assert(
        fc.asyncProperty(damaged(bytes), async (bad) => {
          const storage = await copyWithLock();
          await storage.save({ kind, name: name! }, bad);
          await useEverything(storage);
        }),
        { numRuns: RUNS },
      );
    });

  for (const kind of ['config', 'snapshot', 'index', 'lock'] as const)
    it(`${kind}: authentic but senseless`, async () => {
      const [name] = await namesOf(whole, kind);
      const sealer = new Sealer(small.vault.parts.key);
      const opened = sealer.open(await whole.load({ kind, name: name! }));
      const plain = kind === 'config' ? opened! : decodeUnpacked(opened!, kind);
      await fc.assert(
        fc.asyncProperty(damaged(Uint8Array.from(plain)), async (bad) => {
          const storage = await copyWithLock();
          const sealed = sealBytes(sealer, bad);
          if (kind === 'config') await storage.replace({ kind, name: 'config' }, sealed);
          else {
            await storage.remove({ kind, name: name! });
            await storage.save({ kind, name: nameOf(sealed) }, sealed);
          }
          await useEverything(storage);
        }),
        { numRuns: RUNS },
      );
    });

  it('the uses are those that work on a whole vault', async () => {
    assert.deepEqual(await useEverything(await copyWithLock()), Object.keys(USES));
  });
});

async function copyWithLock(): Promise<Storage> {
  const copy = await copyOf(whole);
  for (const name of await namesOf(whole, 'lock'))
    await copy.save({ kind: 'lock', name }, await whole.load({ kind: 'lock', name }));
  return copy;
}

/** @returns the uses that succeeded */
async function useEverything(storage: Storage): Promise<string[]> {
  const done: string[] = [];
  for (const [use, work] of Object.entries(USES)) {
    try {
      await work(await open(storage));
      done.push(use);
    } catch (error) {
      const text = error instanceof Error ? error.stack : String(error);
      assert.ok(error instanceof AppError && error.code !== 'worker-failed', `${use}: ${text}`);
    }
  }
  return done;
}

async function open(storage: Storage): Promise<Vault> {
  const ticking = simulated.fixedClock(Date.UTC(2026, 0, 1));
  const clock = {
    nowMs: () => ticking.nowMs(),
    monotonicMs: () => ticking.monotonicMs(),
    // Locks settle at once here, but are not renewed.
    sleep: (ms: number, signal?: AbortSignal) => (ms < 1000 ? Promise.resolve() : ticking.sleep(ms, signal)),
  };
  return await openVault(storage, { password: 'secret', clock, identity: simulated.fixedIdentity() });
}
