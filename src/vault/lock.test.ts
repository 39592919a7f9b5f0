import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { describe, it } from 'node:test';
import { AppError } from '../base/errors.ts';
import { LOCK_LOST_MS, LOCK_REFRESH_MS, LOCK_STALE_MS } from '../base/limits.ts';
import { type Clock, type Identity, simulated, systemRandom } from '../host.ts';
import { faultStorage, memoryStorage, type Storage } from '../storage.ts';
import type { LockRequest, VaultLock } from './lock.ts';
import { encodeLock } from './lock-file.ts';
import { initVault, openVault } from './open.ts';
import { formatTime } from './snapshot.ts';
import { unlock as unlockVault } from './unlock.ts';
import type { Vault } from './vault.ts';

const HOUR_MS = 3_600_000;
const START_MS = Date.UTC(2026, 10, 21);
const SHARED = { exclusive: false };
const EXCLUSIVE = { exclusive: true };

describe('who may hold a lock', () => {
  it('shared ones stand together, an exclusive one alone', async () => {
    const world = await newWorld();
    const first = await take(world, SHARED);
    const second = await take(world, SHARED);
    await assert.rejects(take(world, EXCLUSIVE), isLocked(/shared lock of user@host, process 4711, since 2026-11-21T/));
    await first[Symbol.asyncDispose]();
    await second[Symbol.asyncDispose]();
    await using _alone = await take(world, EXCLUSIVE);
    for (const request of [SHARED, EXCLUSIVE])
      await assert.rejects(take(world, request), isLocked(/exclusive lock of user@host, process 4711/));
    assert.equal(await count(world), 1, 'who was refused leaves no lock behind');
  });

  it('of two exclusive ones that come at the same moment at most one gets it', async () => {
    const world = await newWorld();
    const both = Promise.allSettled([world.vault.lock(EXCLUSIVE), world.vault.lock(EXCLUSIVE)]);
    await world.clock.advance(1000);
    const held = (await both).filter(({ status }) => status === 'fulfilled');
    assert.ok(held.length <= 1);
    assert.equal(await count(world), held.length);
    for (const each of held) if (each.status === 'fulfilled') await each.value[Symbol.asyncDispose]();
  });

  it('who is asked to wait gets it when the other is done, and is told the holder when time is over', async () => {
    const world = await newWorld();
    const holder = await take(world, EXCLUSIVE);
    const waiting = world.vault.lock({ ...SHARED, waitMs: 60_000 });
    await world.clock.advance(30_000);
    await holder[Symbol.asyncDispose]();
    await world.clock.advance(10_000);
    await using _lock = await waiting;
    const late = world.vault.lock({ ...EXCLUSIVE, waitMs: 60_000 });
    late.catch(() => undefined);
    await world.clock.advance(70_000);
    await assert.rejects(late, isLocked(/shared lock of/));
  });
});

describe('locks left behind', () => {
  it('of a dead process of this host go away by themselves, of a living one they stay', async () => {
    const world = await newWorld({ identity: { isProcessAlive: (pid) => pid === 2 } });
    await leave(world, { pid: 1, exclusive: true });
    await using _lock = await take(world, SHARED);
    assert.equal(await count(world), 1);
    await leave(world, { pid: 2, exclusive: true });
    await assert.rejects(take(world, SHARED), isLocked(/process 2,/));
  });

  it('of another host stay, however old, and the hint says how to remove them', async () => {
    const world = await newWorld();
    await leave(world, { hostname: 'elsewhere', exclusive: true, ageMs: 30 * 24 * HOUR_MS });
    await assert.rejects(take(world, SHARED), (error) => {
      assert.ok(error instanceof AppError);
      assert.match(error.hint, /holdfast unlock/);
      return isLocked(/@elsewhere/)(error);
    });
    assert.equal(await unlock(world), 1);
    await using _lock = await take(world, EXCLUSIVE);
  });

  it('unlock keeps what is renewed, and what lies in the future by a clock that is ahead', async () => {
    const world = await newWorld();
    await leave(world, { hostname: 'elsewhere', ageMs: LOCK_STALE_MS - 60_000 });
    await leave(world, { hostname: 'ahead', ageMs: -HOUR_MS });
    assert.equal(await unlock(world), 0);
    await assert.rejects(take(world, EXCLUSIVE), isLocked(/@(elsewhere|ahead)/));
    await using _shared = await take(world, SHARED);
    await leave(world, { hostname: 'behind', ageMs: HOUR_MS });
    assert.equal(await unlock(world), 1, 'a clock an hour behind makes a lock stale');
    assert.equal(await unlock(world, { all: true }), 3);
  });

  for (const [what, bytes] of [
    ['empty', new Uint8Array(0)],
    ['garbage', randomBytes(200)],
  ] as const) {
    it(`one that is ${what} blocks, as it may be exclusive, until a person removes it`, async () => {
      const world = await newWorld();
      const name = 'ab'.repeat(32);
      await world.storage.save({ kind: 'lock', name }, bytes);
      for (const request of [SHARED, EXCLUSIVE]) {
        await assert.rejects(take(world, request), (error) => {
          assert.ok(error instanceof AppError);
          assert.match(error.hint, /unlock --remove-all/);
          return isLocked(/lock abab.* cannot be read/)(error);
        });
      }
      assert.equal(await unlock(world), 0);
      assert.equal(await unlock(world, { all: true }), 1);
      await using _lock = await take(world, EXCLUSIVE);
    });
  }

  it('one that vanishes while it is looked at is none', async () => {
    const script = [{ call: 'load', kind: 'lock', effect: 'fail', code: 'not-found' }] as const;
    const world = await newWorld({ faults: { script: [...script] } });
    await leave(world, { hostname: 'elsewhere', exclusive: true });
    await using _lock = await take(world, SHARED);
  });
});

describe('renewal', () => {
  it('keeps a lock fresh for hours under one file at a time', async () => {
    const world = await newWorld();
    await using lock = await take(world, EXCLUSIVE);
    for (let passedMs = 0; passedMs < 3 * HOUR_MS; passedMs += LOCK_REFRESH_MS) {
      await world.clock.advance(LOCK_REFRESH_MS);
      assert.deepEqual([await count(world), await unlock(world), lock.signal.aborted], [1, 0, false]);
    }
  });

  it('outlives failures shorter than the time limit', async () => {
    const script = [2, 3, 4].map((nth) => ({ call: 'save', nth, effect: 'fail', code: 'storage-failed' }) as const);
    const world = await newWorld({ faults: { script } });
    await using lock = await take(world, SHARED);
    await world.clock.advance(2 * HOUR_MS);
    assert.equal(lock.signal.aborted, false);
  });

  for (const [what, fault] of [
    ['fails', { effect: 'fail', code: 'storage-failed' }],
    ['denies', { effect: 'fail', code: 'storage-denied' }],
    ['hangs', { effect: 'hang' }],
    ['hangs already when it is read', { call: 'load', effect: 'hang' }],
  ] as const) {
    it(`a storage that ${what} for long ends the run before others take the lock for stale`, async () => {
      const hits = Array.from(
        { length: 50 },
        (_, at) => ({ call: 'save', kind: 'lock', nth: at + 2, ...fault }) as const,
      );
      const world = await newWorld({ faults: { script: hits } });
      const lock = await take(world, SHARED);
      await world.clock.advance(LOCK_LOST_MS - 60_000);
      assert.equal(lock.signal.aborted, false);
      await world.clock.advance(LOCK_STALE_MS - LOCK_LOST_MS);
      assertLost(lock, /could not be renewed: (the storage (failed|refused)|.* no answer)/);
      await lock[Symbol.asyncDispose]();
    });
  }

  it('a lock that somebody removed is lost, not made again', async () => {
    const world = await newWorld();
    const lock = await take(world, SHARED);
    await unlock(world, { all: true });
    await world.clock.advance(LOCK_REFRESH_MS);
    assertLost(lock, /somebody removed lock/);
    assert.equal(await count(world), 0);
    await lock[Symbol.asyncDispose]();
  });

  it('a process that was stopped for long finds its lock lost before it does anything else', async () => {
    let jumpMs = 0;
    const world = await newWorld({ jumpMs: () => jumpMs });
    const lock = await take(world, SHARED);
    jumpMs = HOUR_MS;
    await world.clock.advance(LOCK_REFRESH_MS);
    assertLost(lock, /the program was stopped, or a clock was set/);
    await lock[Symbol.asyncDispose]();
  });

  it('ends at once when the lock is released', async () => {
    const world = await newWorld();
    const lock = await take(world, SHARED);
    await lock[Symbol.asyncDispose]();
    assert.deepEqual([world.clock.sleeping, await count(world)], [0, 0]);
  });
});

const { fixedClock, fixedIdentity } = simulated;

interface World {
  vault: Vault;
  clock: ReturnType<typeof fixedClock>;
  storage: Storage;
}

interface WorldParts {
  identity?: Partial<Identity>;
  /** What goes wrong with the vault's storage. */
  faults?: Parameters<typeof faultStorage>[1];
  /** Milliseconds by which the wall clock has jumped. */
  jumpMs?: () => number;
}

async function newWorld({ identity = {}, faults = {}, jumpMs = () => 0 }: WorldParts = {}): Promise<World> {
  const storage = memoryStorage();
  const ticking = fixedClock(START_MS);
  const clock: Clock = {
    nowMs: () => ticking.nowMs() + jumpMs(),
    monotonicMs: () => ticking.monotonicMs(),
    sleep: (ms, signal) => ticking.sleep(ms, signal),
  };
  const surroundings = { clock, identity: fixedIdentity({ isProcessAlive: () => true, ...identity }), password: 'x' };
  await initVault(storage, { ...surroundings, random: systemRandom, scrypt: { N: 2, r: 1, p: 1 } });
  const vault = await openVault(faultStorage(storage, faults), surroundings);
  return { vault, clock: ticking, storage };
}

async function take(world: World, request: LockRequest): Promise<VaultLock> {
  const taking = world.vault.lock(request);
  taking.catch(() => undefined);
  await world.clock.advance(1000);
  return await taking;
}

interface Left {
  hostname?: string;
  pid?: number;
  exclusive?: boolean;
  ageMs?: number;
}

async function leave(
  { vault, clock }: World,
  { hostname = 'host', pid = 99, exclusive = false, ageMs = 0 }: Left,
): Promise<void> {
  const time = formatTime(clock.nowMs() - ageMs);
  const text = encodeLock({ time, exclusive, hostname, username: 'user', pid, uid: 0, gid: 0 });
  await vault.documents.save('lock', text);
}

/** @returns how many locks were removed */
async function unlock({ vault }: World, { all = false } = {}): Promise<number> {
  return (await unlockVault(vault, { all })).removed.length;
}

async function count(world: World): Promise<number> {
  return (await world.vault.documents.list('lock')).length;
}

function isLocked(message: RegExp): (error: unknown) => boolean {
  return (error) => {
    assert.ok(error instanceof AppError, String(error));
    assert.match(error.message, message);
    assert.deepEqual([error.code, error.exitCode], ['vault-locked', 11]);
    return true;
  };
}

function assertLost(lock: VaultLock, message: RegExp): void {
  const { reason } = lock.signal;
  assert.ok(reason instanceof AppError, 'the lock is lost');
  assert.match(reason.message, message);
  assert.deepEqual([reason.code, reason.exitCode], ['lock-lost', 11]);
}
