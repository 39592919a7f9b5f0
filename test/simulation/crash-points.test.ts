/**
 * A backup struck at every single change it makes to its vault: by death before and after, by a torn write, a lost
 * answer, a full storage, a storage that denies. Whatever it is, the vault stays whole, and the next run finishes with
 * what is indexed already.
 */
import assert from 'node:assert/strict';
import { cpSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, it } from 'node:test';
import { hasCode } from '../../src/base/errors.ts';
import { simulated } from '../../src/host.ts';
import { pathOf } from '../../src/storage/layout.ts';
import { type FileRef, faultStorage } from '../../src/storage.ts';
import type { Vault } from '../../src/vault.ts';
import { type Ran, World } from '../compat/backup-world.ts';
import { describePeer } from '../peers.ts';
import { assertSound, contents } from '../vaults.ts';

type Faults = NonNullable<Parameters<typeof faultStorage>[1]>;

/** Small packs, so that there are many changes; and one thread, so that they come in the same order each time. */
const SMALL = { packBytesTarget: 64 * 1024, threads: 1 } as const;
const FILES = 5;
const FILE_BYTES = 50 * 1024;

const STRIKES: Record<string, (at: number) => Faults> = {
  'death before it': (mutation) => ({ crash: { mutation } }),
  'death after it': (mutation) => ({ crash: { mutation, after: true } }),
  'a torn write': (nth) => ({ script: [{ call: 'save', nth, effect: 'torn' }] }),
  'a lost answer': (nth) => ({ script: [{ call: 'save', nth, effect: 'lost-answer' }] }),
  'a full storage': (nth) => ({
    script: [0, 1, 2, 3, 4, 5, 6, 7, 8].map((more) => {
      return { call: 'save', nth: nth + more, effect: 'fail', code: 'storage-full' } as const;
    }),
  }),
  'a storage that denies': (nth) => ({ script: [{ call: 'save', nth, effect: 'fail', code: 'storage-denied' }] }),
};

describePeer('a backup that goes wrong at any of its changes', ['restic'], () => {
  const world = new World();
  let clean: Ran;
  let mutations = 0;
  let blobsBefore = 0;
  let kept: Map<string, string>;

  before(async () => {
    await world.init();
    for (let at = 0; at < FILES; at++) writeFileSync(world.at(`file${at}`), noise(at, FILE_BYTES));
    await world.ours(['.'], SMALL);
    for (let at = 0; at < FILES; at++) writeFileSync(world.at(`file${at}`), noise(100 + at, FILE_BYTES));
    mkdirSync(world.at('more'));
    writeFileSync(world.at('more', 'file'), noise(200, FILE_BYTES));
    await using vault = await world.open();
    kept = await contents(vault);
    blobsBefore = await countBlobs(vault);
    copyVault(world, 'clean');
    const counted = faultStorage(world.storage('clean'));
    clean = await world.ours(['.'], { ...SMALL, into: await world.open('clean', counted) });
    mutations = counted.mutations;
    assert.ok(mutations >= 6 && clean.dataBlobs === FILES + 1, `${mutations} changes, ${clean.dataBlobs} blobs`);
  });
  after(() => world[Symbol.dispose]());

  for (const [strike, faults] of Object.entries(STRIKES))
    it(`${strike} loses nothing`, async () => {
      let failed = 0;
      for (let at = 1; at <= mutations; at++) failed += await strikeAt(strike, at, faults(at));
      assert.ok(failed >= mutations - 1, `only ${failed} of ${mutations} runs failed`);
    });

  /** @returns 1 when the run failed, which is not so when the answer to the last change was lost on the way only */
  async function strikeAt(strike: string, at: number, faults: Faults): Promise<0 | 1> {
    copyVault(world, 'struck');
    const inner = world.storage('struck');
    const storage = faultStorage(inner, { ...faults, tear: (ref, part) => tear(world.path('struck'), ref, part) });
    const isDone = await run(world.ours(['.'], { ...SMALL, into: await world.open('struck', storage) }));
    assert.ok(storage.struck > 0, `nothing struck at ${at}`);
    await using vault = await world.open('struck');
    await assertSound(inner, vault, kept);
    const indexed = (await countBlobs(vault)) - blobsBefore;
    const next = await world.ours(['.'], { ...SMALL, into: await world.open('struck') });
    const all = clean.dataBlobs + clean.treeBlobs;
    assert.equal(next.dataBlobs + next.treeBlobs + indexed, all, `at ${at}: what is indexed is not stored again`);
    const after = await assertSound(inner, vault, kept);
    assert.ok(after.snapshots >= 2);
    assert.equal(next.tree, clean.tree);
    if (strike !== 'death after it') return isDone ? 0 : 1;
    const checked = world.restic(['check', '--read-data'], {}, 'struck');
    assert.equal(checked.status, 0, checked.stderr);
    return isDone ? 0 : 1;
  }
});

/** Blobs that an index names, those that two name once. */
async function countBlobs(vault: Vault): Promise<number> {
  vault.dropIndex();
  const { table } = await vault.index();
  return new Set(Array.from({ length: table.count }, (_, blob) => `${table.kindOf(blob)} ${table.idOf(blob)}`)).size;
}

/** Nothing of it can be compressed. */
function noise(seed: number, length: number): Uint8Array {
  return simulated.seededRandom(seed).bytes(length);
}

async function run(work: Promise<Ran>): Promise<boolean> {
  try {
    await work;
    return true;
  } catch (error) {
    // Never as the interruption that the threads meet when their buffers are closed.
    if (hasCode(error, 'failed', 'storage-failed', 'storage-full', 'storage-denied')) return false;
    throw error;
  }
}

function copyVault(world: World, name: string): void {
  rmSync(world.path(name), { recursive: true, force: true });
  cpSync(world.path('vault'), world.path(name), { recursive: true });
}

/** What a write that broke off leaves in a local vault: part of a file under a temporary name. */
async function tear(vault: string, ref: FileRef, part: Uint8Array): Promise<void> {
  writeFileSync(`${join(vault, pathOf(ref))}-tmp-0123456789abcdef`, part);
}
