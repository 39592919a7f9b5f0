/** Two that want a vault's lock in the same moment, step by step. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { hasCode } from '../base/errors.ts';
import { simulated, systemRandom } from '../host.ts';
import { memoryStorage, type Storage } from '../storage.ts';
import type { LockRequest, VaultLock } from './lock.ts';
import { encodeLock } from './lock-file.ts';
import { initVault, openVault } from './open.ts';
import { formatTime } from './snapshot.ts';
import type { Vault } from './vault.ts';

const START_MS = Date.UTC(2026, 10, 21);
const SHARED = { exclusive: false };
const EXCLUSIVE = { exclusive: true };
/** Promises a lock waits for one after the other, and more. */
const STEPS = 120;

describe('two at the same moment', () => {
  it('where saves are listed at once, a shared one is certain at once and still never beside an exclusive one', async () => {
    const outcomes = new Set<string>();
    for (let shift = -STEPS; shift <= STEPS; shift++) {
      const world = await newWorld({ listsAtOnce: true });
      const after = async (steps: number, request: LockRequest): Promise<VaultLock> => {
        for (let i = 0; i < steps; i++) await Promise.resolve();
        return await world.vault.lock(request);
      };
      const both = Promise.allSettled([after(Math.max(0, shift), SHARED), after(Math.max(0, -shift), EXCLUSIVE)]);
      await world.clock.advance(1000);
      const held = (await both).filter(({ status }) => status === 'fulfilled');
      assert.equal(held.length, 1, `${shift} steps apart`);
      assert.equal((await locksOf(world)).length, 1, 'who was refused leaves no lock behind');
      outcomes.add((await both).map(({ status }) => status).join());
      for (const each of held) if (each.status === 'fulfilled') await each.value[Symbol.asyncDispose]();
    }
    assert.deepEqual([...outcomes].sort(), ['fulfilled,rejected', 'rejected,fulfilled']);
  });

  it('one that is renewed while others look is not missed', async () => {
    let renew: (() => Promise<void>) | undefined;
    const world = await newWorld({ listsAtOnce: false, beforeLoad: async () => await renew?.() });
    const attempt = world.vault.lock(SHARED);
    attempt.catch(() => undefined);
    await world.clock.advance(1);
    // It comes after the first look, and is renewed during the second.
    await leaveExclusive(world, 60_000);
    const old = (await locksOf(world)).at(-1)!;
    renew = async () => {
      renew = undefined;
      await leaveExclusive(world, 0);
      await world.storage.remove({ kind: 'lock', name: old });
    };
    await world.clock.advance(1000);
    await assert.rejects(attempt, (error) => hasCode(error, 'vault-locked') && error.message.includes('user@other'));
    assert.equal(renew, undefined);
  });
});

interface World {
  vault: Vault;
  clock: ReturnType<typeof simulated.fixedClock>;
  storage: Storage;
}

async function newWorld({
  listsAtOnce,
  beforeLoad,
}: {
  listsAtOnce: boolean;
  beforeLoad?: () => Promise<void>;
}): Promise<World> {
  const inner = memoryStorage();
  const storage: Storage = {
    url: inner.url,
    connections: inner.connections,
    listsAtOnce,
    create: () => inner.create(),
    list: (kind, signal) => inner.list(kind, signal),
    stat: (ref) => inner.stat(ref),
    load: async (ref, options) => {
      if (ref.kind === 'lock') await beforeLoad?.();
      return await inner.load(ref, options);
    },
    save: (ref, bytes, signal) => inner.save(ref, bytes, signal),
    replace: (ref, bytes) => inner.replace(ref, bytes),
    remove: (ref) => inner.remove(ref),
    sweep: () => inner.sweep(),
    close: () => inner.close(),
  };
  const clock = simulated.fixedClock(START_MS);
  const identity = simulated.fixedIdentity({ isProcessAlive: () => true });
  const surroundings = { clock, identity, password: 'x' };
  await initVault(storage, { ...surroundings, random: systemRandom, scrypt: { N: 2, r: 1, p: 1 } });
  return { vault: await openVault(storage, surroundings), clock, storage };
}

async function locksOf({ storage }: World): Promise<string[]> {
  return (await Array.fromAsync(storage.list('lock'))).map(({ name }) => name);
}

async function leaveExclusive({ vault, clock }: World, ageMs: number): Promise<void> {
  const time = formatTime(clock.nowMs() - ageMs);
  const lock = { time, exclusive: true, hostname: 'other', username: 'user', pid: 99, uid: 0, gid: 0 };
  await vault.documents.save('lock', encodeLock(lock));
}
